"""`slipway lambda` in a sandbox: each kind of event meets the routes that `serve` has, and its answer goes back as the sender wants it."""

import base64
import json
import os
import signal
import time

import pytest

from lambda_emulator import Sandbox, http_api, load_balancer, messages, rest_api
from programs import PATIENCE, eventually, run_cli

MANIFEST = """
name: probe
environment: production
accounts: {secret: "a secret of the tests that is long enough to sign with", registration: open}
script: {limits: {running_time: 60s, instructions: 1000000000, memory: 256MB, output: 64MB}}
functions:
  first: {routes: [/health, /probe/echo, "/probe/part/*"]}
  second: {routes: [/probe/large]}
"""
ROUTES = """
local function echo(request)
  return respond(201, {method = request.method, path = request.path, id = request.params.id, query = request.query, body = request.body,
                       headers = request.headers}, {["Set-Cookie"] = "seen=1; Path=/"})
end
local open = {auth = false, query = {q = {type = "string"}, r = {type = "string"}}}
local posted = {auth = false, body = {type = "object"}, body_max = 8000000}
route.get("/probe/echo", open, echo)
route.post("/probe/echo", posted, echo)
route.put("/probe/echo", posted, echo)
route.get("/probe/part/{id}", open, echo)
route.get("/probe/large", {auth = false, query = {bytes = {type = "integer"}}}, function(request)
  return string.rep("a", request.query.bytes)
end)
route.get("/probe/wait", function(request)
  return events(function(send, stream)
    send({first = true}, "began")
    stream:subscribe("never")
    for event in stream:events() do send(event) end
  end)
end)
route.get("/probe/stream", {auth = false}, function(request)
  return events(function(send) for number = 1, 3 do send({number = number}) end end)
end)
route.get("/probe/broken", {auth = false}, function(request) error("never tell: " .. request.path) end)
"""


@pytest.fixture(scope="module")
def application(tmp_path_factory):
    folder = tmp_path_factory.mktemp("application") / "probe"
    folder.mkdir()
    (folder / "app.yaml").write_text(MANIFEST)
    (folder / "routes.lua").write_text(ROUTES)
    return folder


def signed_in(sandbox):
    """The header of a user who may listen to channels."""
    user = {"email": "ada@example.org", "username": "ada", "password": "correct horse battery"}
    status, answer = sandbox.call("POST", "/api/auth/register", user)
    if status == 409:
        status, answer = sandbox.call("POST", "/api/auth/login", {"name": "ada", "password": user["password"]})
    assert status in (200, 201), answer
    return {"authorization": "Bearer " + answer["access_token"]}


@pytest.fixture(scope="module")
def sandbox(application, tmp_path_factory):
    with Sandbox(application, tmp_path_factory.mktemp("sandbox")) as running:
        yield running


def test_a_request_of_an_http_api_is_one_of_serve(sandbox):
    event = http_api("GET", "/probe/part/%C3%A9a?q=two%20words&r=%26", headers={"x-mine": "one,two"}, cookies=["a=1", "b=2"])
    outcome = sandbox.invoke(event)
    answer, seen = outcome.json, json.loads(outcome.content)
    assert answer["statusCode"] == 201 and answer["isBase64Encoded"] is False
    assert answer["cookies"] == ["seen=1; Path=/"] and "set-cookie" not in answer["headers"]
    assert seen["path"] == "/probe/part/éa" and seen["id"] == "éa"
    assert seen["query"] == {"q": "two words", "r": "&"}
    assert seen["headers"]["cookie"] == "a=1; b=2" and seen["headers"]["x-mine"] == "one,two"
    assert seen["headers"]["x-amzn-trace-id"].startswith("Root=1-")
    assert answer["headers"]["content-type"].startswith("application/json")
    assert not {"connection", "transfer-encoding", "content-length"} & set(answer["headers"])


def test_a_stage_with_a_name_is_no_part_of_the_path(sandbox):
    assert sandbox.invoke(http_api("GET", "/prod/probe/echo", stage="prod")).json["statusCode"] == 201


def test_a_request_of_a_rest_api_is_one_of_serve(sandbox):
    outcome = sandbox.invoke(rest_api("POST", "/probe/echo", {"text": "é"}))
    answer, seen = outcome.json, json.loads(outcome.content)
    assert answer["statusCode"] == 201 and seen["body"] == {"text": "é"} and seen["method"] == "POST"
    assert answer["multiValueHeaders"]["set-cookie"] == ["seen=1; Path=/"] and "headers" not in answer
    seen = json.loads(sandbox.invoke(rest_api("GET", "/probe/echo", query={"q": ["a&b = c"], "r": ["é"]})).content)
    assert seen["query"] == {"q": "a&b = c", "r": "é"}


def test_a_request_of_a_load_balancer_is_one_of_serve(sandbox):
    for several in (False, True):
        outcome = sandbox.invoke(load_balancer("GET", "/probe/echo", query={"q": "two%20words"}, several=several))
        answer, seen = outcome.json, json.loads(outcome.content)
        assert answer["statusDescription"] == "201 Created" and seen["query"] == {"q": "two words"}
        cookies = answer["multiValueHeaders"]["set-cookie"] if several else [answer["headers"]["set-cookie"]]
        assert cookies == ["seen=1; Path=/"]


def test_a_body_may_be_base64_both_ways(sandbox):
    seen = json.loads(sandbox.invoke(http_api("PUT", "/probe/echo", json.dumps({"n": 1}).encode(), {"content-type": "application/json"})).content)
    assert seen["body"] == {"n": 1}
    packed = sandbox.invoke(http_api("GET", "/probe/large?bytes=5000", headers={"accept-encoding": "gzip"})).json
    assert packed["isBase64Encoded"] and packed["headers"]["content-encoding"] == "gzip" and base64.b64decode(packed["body"])[:2] == b"\x1f\x8b"
    plain = sandbox.invoke(rest_api("GET", "/probe/large", headers={"accept-encoding": "gzip"}, query={"bytes": ["5000"]})).json
    assert plain["isBase64Encoded"] is False and plain["body"] == "a" * 5000, "a REST API would hand on the base64"


def test_errors_are_those_of_the_server(sandbox):
    """404, 405 and 500 as over the network, with the id that Lambda's log lines have; what went wrong stays inside."""
    assert sandbox.call("GET", "/none")[0] == 404
    assert sandbox.call("DELETE", "/probe/echo")[0] == 405
    outcome = sandbox.invoke(http_api("GET", "/probe/broken", headers={"authorization": "Bearer canary-token"}))
    assert outcome.json["statusCode"] == 500 and "never tell" not in outcome.body.decode()
    assert "canary-token" not in "".join(sandbox.log.all)


def test_an_event_of_no_known_kind_is_a_failure_without_its_content(sandbox):
    for event in ({"secret": "canary-payload"}, b"no json canary-payload", b"[]", {"requestContext": {"http": {}}, "rawPath": "canary-payload"},
                  {"Records": [{"eventSource": "aws:s3", "canary-payload": 1}]}):
        outcome = sandbox.invoke(event)
        assert outcome.kind == "error" and outcome.headers["Lambda-Runtime-Function-Error-Type"] == "Slipway.UnknownEvent"
        assert outcome.json["errorType"] == "Slipway.UnknownEvent" and outcome.json["stackTrace"] == []
        assert "canary-payload" not in outcome.body.decode() + "".join(sandbox.log.all)
    assert sandbox.call("GET", "/probe/echo")[0] == 201, "the next one goes well"


def test_headers_cannot_break_out_of_their_line(sandbox):
    event = http_api("GET", "/probe/echo", headers={"x-bad": "a\r\nx-forwarded-for: 127.0.0.1", "bad name": "a", "x-good": "b"})
    event["headers"]["content-length"] = "99"
    event["headers"]["transfer-encoding"] = "chunked"
    seen = json.loads(sandbox.invoke(event).content)
    assert "x-bad" not in seen["headers"] and seen["headers"]["x-good"] == "b"
    event["rawPath"] = "/probe/echo HTTP/1.1\r\nx: y"
    assert sandbox.invoke(event).json["statusCode"] == 404


def test_the_client_is_who_the_sender_saw(sandbox):
    sandbox.invoke(http_api("GET", "/probe/echo", headers={"x-forwarded-for": "127.0.0.1"}))
    assert sandbox.events("request")[-1]["remote"] == "203.0.113.9"
    assert "checks" not in sandbox.call("GET", "/readiness", headers={"x-forwarded-for": "127.0.0.1"})[1]


def test_an_answer_above_six_megabytes_is_an_error_that_says_so(sandbox):
    assert len(sandbox.invoke(http_api("GET", f"/probe/large?bytes={5 << 20}")).content) == 5 << 20
    outcome = sandbox.invoke(http_api("GET", f"/probe/large?bytes={7 << 20}"))
    assert outcome.kind == "response" and outcome.json["statusCode"] == 502 and "6 MB" in outcome.json["body"]


def test_the_deadline_cancels_the_handler_and_is_answered(sandbox):
    outcome = sandbox.invoke(http_api("GET", "/probe/wait", headers=signed_in(sandbox)), seconds=2)
    assert outcome.json["statusCode"] == 504 and json.loads(outcome.content)["error"]["code"] == "unavailable"
    assert eventually(lambda: [line for line in sandbox.events("request") if line.get("gone") and line["path"] == "/probe/wait"])
    assert sandbox.call("GET", "/probe/echo")[0] == 201


def test_connections_to_the_runtime_are_used_again(sandbox):
    for _ in range(5):
        sandbox.call("GET", "/probe/echo")
    assert sandbox.extension_waits.is_set(), "for SIGTERM there is an extension inside"
    assert sandbox.joined_in_time, "after the first question for work none can join"
    assert len(sandbox.connections) < 5


def test_messages_of_an_application_without_sqs_are_refused(sandbox):
    outcome = sandbox.invoke(messages("{}"))
    assert outcome.kind == "error" and outcome.json["errorType"] == "Slipway.NoQueue"


def test_faults_of_the_runtime_do_not_end_it(application, tmp_path):
    """A dead connection is replaced, an answer that was refused is given up; without extensions it serves all the same."""
    with Sandbox(application, tmp_path, faults={"no extensions"}) as sandbox:
        assert sandbox.call("GET", "/probe/echo")[0] == 201
        sandbox.waiting.wait(PATIENCE)
        sandbox.faults.add("drop next")
        eventually(lambda: "drop next" not in sandbox.faults)
        assert sandbox.call("GET", "/probe/echo")[0] == 201
        sandbox.faults.add("refuse answer")
        assert sandbox.invoke(http_api("GET", "/probe/echo")).kind == "too large"
        sandbox.faults.discard("refuse answer")
        sandbox.faults.add("close after")
        for _ in range(3):
            assert sandbox.call("GET", "/probe/echo")[0] == 201
        assert sandbox.events("no extension")


def test_a_stream_comes_in_parts(application, tmp_path):
    with Sandbox(application, tmp_path, "--stream") as sandbox:
        outcome = sandbox.invoke(http_api("GET", "/probe/stream"))
        assert outcome.kind == "stream" and not outcome.trailers
        assert outcome.headers["Content-Type"] == "application/vnd.awslambda.http-integration-response"
        assert outcome.prelude["statusCode"] == 200 and outcome.prelude["headers"]["content-type"].startswith("text/event-stream")
        assert outcome.content.count(b"data: ") == 3
        outcome = sandbox.send(http_api("GET", "/probe/wait", headers=signed_in(sandbox)), seconds=4)
        text = b""
        while b"first" not in text:  # it is here while the function still runs
            text += outcome.parts.get(timeout=PATIENCE)[1]
        assert not outcome.done.is_set()
        assert outcome.done.wait(PATIENCE) and outcome.trailers["Lambda-Runtime-Function-Error-Type"] == "Slipway.Timeout"
        assert json.loads(base64.b64decode(outcome.trailers["Lambda-Runtime-Function-Error-Body"]))["errorType"] == "Slipway.Timeout"
        outcome = sandbox.invoke(http_api("GET", "/probe/echo"))
        assert outcome.prelude["cookies"] == ["seen=1; Path=/"] and json.loads(outcome.content)["method"] == "GET"
        assert len(sandbox.invoke(http_api("GET", f"/probe/large?bytes={9 << 20}")).content) == 9 << 20


def test_a_function_has_its_own_routes_alone(application, tmp_path):
    with Sandbox(application, tmp_path / "first", handler="first") as first, Sandbox(application, tmp_path / "second", "--function", "second") as second:
        assert first.call("GET", "/probe/echo")[0] == 201 and first.call("GET", "/probe/part/1")[0] == 201
        assert first.call("GET", "/probe/large?bytes=1")[0] == 404
        with Sandbox(application, tmp_path / "third", SLIPWAY_FUNCTION="second") as third:
            assert third.call("GET", "/probe/echo")[0] == 404
        assert second.call("GET", "/probe/echo")[0] == 404 and second.invoke(http_api("GET", "/probe/large?bytes=1")).content == b"a"


def test_a_start_that_fails_is_told_to_lambda(application, tmp_path):
    sandbox = Sandbox(application, tmp_path, handler="none").start()
    assert sandbox.process.wait(PATIENCE) == 1
    sandbox.end()
    assert sandbox.init_error["type"] == "Slipway.Start" and "first, second" in sandbox.init_error["errorMessage"]


def test_sigterm_ends_what_waits_and_lets_end_what_runs(application, tmp_path):
    sandbox = Sandbox(application, tmp_path / "waits").start()
    sandbox.call("GET", "/probe/echo")
    assert sandbox.end() == 0 and sandbox.events("stopped")
    sandbox = Sandbox(application, tmp_path / "runs").start()
    outcome = sandbox.send(http_api("GET", "/probe/wait", headers=signed_in(sandbox)), seconds=3)
    eventually(lambda: sandbox.outcomes)
    sandbox.process.send_signal(signal.SIGTERM)
    assert outcome.done.wait(PATIENCE) and outcome.json["statusCode"] == 504
    assert sandbox.process.wait(PATIENCE) == 0
    sandbox.end()


def test_a_frozen_sandbox_goes_on_after_the_thaw(sandbox):
    """Time passes while it stands still, also more than its limits allow; the next event is answered."""
    sandbox.waiting.wait(PATIENCE)
    sandbox.freeze()
    outcome = sandbox.send(http_api("GET", "/probe/echo"))
    time.sleep(3)
    assert not outcome.done.is_set()
    sandbox.thaw()
    assert outcome.done.wait(PATIENCE) and outcome.json["statusCode"] == 201


def test_outside_lambda_it_says_what_to_do(application, tmp_path):
    done = run_cli("lambda", application, folder=tmp_path, check=2)
    assert "AWS_LAMBDA_RUNTIME_API" in done.stderr and "--local" in done.stderr
    done = run_cli("lambda", application, folder=tmp_path, check=1, environment={"AWS_LAMBDA_RUNTIME_API": "nowhere"})
    assert "host:port" in done.stderr
