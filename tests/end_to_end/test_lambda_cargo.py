"""`slipway lambda` under an emulator that somebody else wrote: cargo-lambda's. Where it differs from AWS (its deadline is a number of milliseconds, a
function error is HTTP 500), the difference is the emulator's."""

import http.client
import json
import os
import subprocess

import pytest

from engines import folder, wait_for
from lambda_emulator import Sandbox, http_api, load_balancer, rest_api
from programs import PATIENCE, eventually, free_port
from test_lambda import MANIFEST, ROUTES


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    """Its Runtime API for a function `probe`; yields (port, folder)."""
    program, place, port = folder("cargo-lambda") / "bin/cargo-lambda", tmp_path_factory.mktemp("cargo"), free_port()
    (place / "src").mkdir()
    (place / "src/main.rs").write_text("fn main() {}\n")
    (place / "Cargo.toml").write_text('[package]\nname = "probe"\nversion = "0.1.0"\nedition = "2021"\n')
    command = [program, "lambda", "watch", "--only-lambda-apis", "--invoke-address", "127.0.0.1", "--invoke-port", str(port)]
    with open(place / "emulator.log", "wb") as log:
        process = subprocess.Popen(command, cwd=place, env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", str(place))}, stdout=log,
                                   stderr=subprocess.STDOUT)
        try:
            wait_for(port, process, place / "emulator.log")
            yield port
        finally:
            process.terminate()
            process.wait(PATIENCE)


@pytest.fixture(scope="module")
def function(emulator, tmp_path_factory):
    application = tmp_path_factory.mktemp("application") / "probe"
    application.mkdir()
    (application / "app.yaml").write_text(MANIFEST)
    (application / "routes.lua").write_text(ROUTES)
    # Only for how it starts the program: the Runtime API is the emulator's.
    with Sandbox(application, tmp_path_factory.mktemp("sandbox"), AWS_LAMBDA_RUNTIME_API=f"127.0.0.1:{emulator}/.rt/probe") as sandbox:
        eventually(lambda: sandbox.events("function"))
        yield sandbox


def invoke(port, event):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("POST", "/2015-03-31/functions/probe/invocations", json.dumps(event), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, json.loads(body) if body else None


def test_events_are_answered(emulator, function):
    for event in (http_api("GET", "/probe/echo?q=1"), rest_api("GET", "/probe/echo", query={"q": ["1"]}), load_balancer("GET", "/probe/echo", query={"q": "1"})):
        status, answer = invoke(emulator, event)
        assert status == 200 and answer["statusCode"] == 201 and json.loads(answer["body"])["query"] == {"q": "1"}
    assert invoke(emulator, http_api("GET", "/none"))[1]["statusCode"] == 404


def test_a_failure_is_told(emulator, function):
    status, answer = invoke(emulator, {"what": "ever"})
    assert status == 500 and answer["errorType"] == "Slipway.UnknownEvent"


def test_it_goes_on_through_many(emulator, function):
    for number in range(50):
        status, answer = invoke(emulator, http_api("GET", f"/probe/part/{number}"))
        assert status == 200 and json.loads(answer["body"])["id"] == str(number)
