"""A function on a desk: `slipway lambda --local` and `slipway lambda invoke`, without Docker and without an account."""

import json
import signal
import subprocess

import pytest

from http_api import Api
from lambda_emulator import http_api
from programs import BINARY, PATIENCE, ROOT, Lines, clean_environment, eventually, event_of, free_port, run_cli

MANIFEST = """
name: probe
environment: production
accounts: {secret: "a secret of the tests that is long enough to sign with"}
functions:
  first: {routes: ["/probe/*", /health]}
"""
ROUTES = 'route.get("/probe/who", {auth = false}, function() return {who = "%s"} end)\n'


@pytest.fixture
def application(tmp_path):
    folder = tmp_path / "probe"
    folder.mkdir()
    (folder / "app.yaml").write_text(MANIFEST)
    (folder / "routes.lua").write_text(ROUTES % "one")
    return folder


class Local:
    def __init__(self, application, *arguments):
        self.port = free_port()
        command = [str(BINARY), "lambda", str(application), "--local", "--port", str(self.port), "--data", str(application.parent / "data"), *arguments]
        self.process = subprocess.Popen(command, cwd=application.parent, env=clean_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        text=True)
        self.log = Lines(self.process.stderr)
        self.api = Api(self.log.wait_for(event_of("function served locally"))["url"])

    def get(self, path):
        return self.api.get(path, expect=None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE) == 0
        self.log.finish()


def test_the_function_answers_on_its_port_and_a_change_is_seen(application):
    """U50, U51: HTTP in front, an event behind; what was changed answers without anybody's doing, and a mistake is told."""
    with Local(application) as local:
        eventually(lambda: local.get("/probe/who").status == 200)
        assert local.get("/probe/who").json == {"who": "one"} and local.get("/health").status == 200
        (application / "routes.lua").write_text(ROUTES % "two")
        eventually(lambda: local.get("/probe/who").status == 200 and local.get("/probe/who").json == {"who": "two"})
        (application / "routes.lua").write_text("this is no Lua")
        eventually(lambda: local.get("/probe/who").status == 502)
        (application / "routes.lua").write_text(ROUTES % "three")
        eventually(lambda: local.get("/probe/who").status == 200 and local.get("/probe/who").json == {"who": "three"})


def test_streams_come_whole_and_the_invoke_api_answers(application):
    with Local(application, "--stream", "--function", "first") as local:
        eventually(lambda: local.get("/probe/who").status == 200)
        assert local.get("/probe/who").json == {"who": "one"}
        assert local.get("/api/auth/me").status == 404, "the function has its own routes alone"
        assert local.api.post("/2015-03-31/functions/second/invocations", {}, expect=404)
        failed = local.api.post("/2015-03-31/functions/first/invocations", {"what": "ever"})
        assert failed.headers["X-Amz-Function-Error"] == "Unhandled" and failed.json["errorType"] == "Slipway.UnknownEvent"


def test_one_event_is_invoked_and_its_answer_printed(application, tmp_path):
    """U52."""
    event = tmp_path / "event.json"
    event.write_text(json.dumps(http_api("GET", "/probe/who")))
    arguments = ("lambda", "invoke", "first", "--app", application, "--data", tmp_path / "data", "--event")
    answer = json.loads(run_cli(*arguments, event, folder=tmp_path).stdout)
    assert answer["statusCode"] == 200 and json.loads(answer["body"]) == {"who": "one"}
    done = run_cli(*arguments, "-", folder=tmp_path, input="{}", check=1)
    assert json.loads(done.stdout)["errorType"] == "Slipway.UnknownEvent"
    assert "first" in run_cli("lambda", "invoke", "none", "--app", application, "--event", event, folder=tmp_path, check=1).stderr
    assert "cannot be read" in run_cli(*arguments, tmp_path / "none.json", folder=tmp_path, check=1).stderr
    (application / "routes.lua").write_text("this is no Lua")
    assert "without an answer" in run_cli(*arguments, event, folder=tmp_path, check=1).stderr


def test_the_functions_of_unamentis_are_invoked_on_a_desk(tmp_path):
    """U52 with the application itself: who is nobody is refused by the same guard as over the network."""
    event = tmp_path / "event.json"
    event.write_text(json.dumps(http_api("POST", "/api/auth/login", {"name": "nobody", "password": "wrong"})))
    done = run_cli("lambda", "invoke", "auth", "--app", ROOT / "apps/unamentis", "--data", tmp_path / "data", "--event", event, folder=tmp_path)
    assert json.loads(done.stdout)["statusCode"] == 401
