"""A sandbox of AWS Lambda for tests: the Runtime API and the Extensions API as they are documented, in front of one `slipway lambda`.

Answers are taken as they come, so a test sees each part of a stream when it was written. Faults are asked for by name:
    drop next       the connection of a waiting `next` is closed without an answer, once
    refuse answer   an answer is refused with 413, as one that is too large
    no extensions   the Extensions API is not there, as in some emulators
    close after     each connection is closed after one answer
"""

import base64
import http.server
import json
import os
import pathlib
import queue
import signal
import subprocess
import sys
import threading
import time
import uuid

from programs import BINARY, PATIENCE, Lines, clean_environment, event_of

ANSWER_MAX = 6 * 1024 * 1024 + 100


class Outcome:
    """What became of an invocation. `parts` are those of a stream, with `kind` "stream" and what its trailers say."""

    def __init__(self):
        self.kind, self.body, self.headers, self.trailers = "", b"", {}, {}
        self.parts, self.done = queue.Queue(), threading.Event()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def prelude(self):
        return json.loads(self.body.split(b"\0" * 8, 1)[0])

    @property
    def content(self):
        """The body of an HTTP answer, out of its JSON or its stream."""
        if self.kind == "stream":
            return self.body.split(b"\0" * 8, 1)[1]
        answer = self.json
        return base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def _answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        if "close after" in self.server.sandbox.faults:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body)

    def _body(self, outcome):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers["Content-Length"]))
        whole = b""
        while True:
            size = int(self.rfile.readline(), 16)
            if size == 0:
                break
            part = self.rfile.read(size)
            assert self.rfile.read(2) == b"\r\n"
            whole += part
            outcome.parts.put((time.monotonic(), part))
        for line in iter(self.rfile.readline, b"\r\n"):
            name, value = line.decode().rstrip("\r\n").split(": ", 1)
            outcome.trailers[name] = value
        return whole

    def do_GET(self):
        sandbox = self.server.sandbox
        if self.path == "/2020-01-01/extension/event/next":
            assert self.headers["Lambda-Extension-Identifier"] == sandbox.extension
            sandbox.extension_waits.set()
            sandbox.ended.wait(PATIENCE)
            self.close_connection = True
            return
        assert self.path == "/2018-06-01/runtime/invocation/next", self.path
        sandbox.connections.add(self.client_address)
        if sandbox.joined_in_time is None:
            sandbox.joined_in_time = sandbox.extension is not None
        sandbox.waiting.set()
        invocation = None
        while invocation is None and not sandbox.ended.is_set():
            if "drop next" in sandbox.faults:
                sandbox.faults.discard("drop next")
                self.close_connection = True
                return
            try:
                invocation = sandbox.invocations.get(timeout=0.05)
            except queue.Empty:
                pass
        if invocation is None:
            self.close_connection = True
            return
        sandbox.waiting.clear()
        number, payload, deadline, outcome = invocation
        sandbox.outcomes[number] = outcome
        self._answer(200, payload, Content_Type="application/json", Lambda_Runtime_Aws_Request_Id=number,
                     Lambda_Runtime_Deadline_Ms=str(int(deadline * 1000)), Lambda_Runtime_Trace_Id="Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=1",
                     Lambda_Runtime_Invoked_Function_Arn="arn:aws:lambda:us-east-1:123456789012:function:probe")

    def do_POST(self):
        sandbox = self.server.sandbox
        if self.path == "/2020-01-01/extension/register":
            asked = json.loads(self._body(None))
            if "no extensions" in sandbox.faults:
                return self._answer(404)
            assert asked == {"events": []} and self.headers["Lambda-Extension-Name"], "one inside the process has no events"
            sandbox.extension = str(uuid.uuid4())
            return self._answer(200, b'{"functionName":"probe"}', Lambda_Extension_Identifier=sandbox.extension)
        parts = self.path.split("/")
        if parts[-2:] == ["init", "error"]:
            sandbox.init_error = json.loads(self._body(None)) | {"type": self.headers["Lambda-Runtime-Function-Error-Type"]}
            return self._answer(202)
        assert parts[1:4] == ["2018-06-01", "runtime", "invocation"] and parts[5] in ("response", "error"), self.path
        outcome = sandbox.outcomes.pop(parts[4], None)
        body = self._body(outcome or Outcome())
        if outcome is None:
            return self._answer(400, b'{"errorType":"InvalidRequestID"}')
        streams = self.headers.get("Lambda-Runtime-Function-Response-Mode") == "streaming"
        outcome.kind = "error" if parts[5] == "error" else "stream" if streams else "response"
        outcome.headers, outcome.body = dict(self.headers), body
        refused = "refuse answer" in sandbox.faults or (len(body) > ANSWER_MAX and not streams)
        outcome.kind = "too large" if refused else outcome.kind
        outcome.parts.put(None)
        outcome.done.set()
        self._answer(413 if refused else 202, b'{"status":"OK"}')


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a sandbox that was killed
            super().handle_error(request, client_address)


class Sandbox:
    """`with Sandbox(application, folder, NAME=value) as sandbox: sandbox.invoke(event)`; one invocation at a time, as in Lambda."""

    def __init__(self, application, folder, *arguments, handler="bootstrap", faults=(), command=None, **environment):
        self.invocations, self.outcomes, self.faults = queue.Queue(), {}, set(faults)
        self.extension, self.joined_in_time, self.init_error, self.connections = None, None, None, set()
        self.waiting, self.extension_waits, self.ended = threading.Event(), threading.Event(), threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.sandbox = self
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.api = f"127.0.0.1:{self._server.server_port}"
        self.environment = {"AWS_LAMBDA_RUNTIME_API": self.api, "_HANDLER": handler, "AWS_LAMBDA_FUNCTION_NAME": "probe",
                            "LAMBDA_TASK_ROOT": str(folder), "TMPDIR": str(folder), "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256"} | {
                                name: str(value) for name, value in environment.items()}
        self.command = command or [str(BINARY), "lambda", str(application), *map(str, arguments)]
        self.folder = folder
        self.process = self.log = None

    def start(self):
        self.process = subprocess.Popen(self.command, cwd=self.folder, env=clean_environment(**self.environment), stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True)
        self.log = Lines(self.process.stderr)
        return self

    def send(self, event, seconds=60):
        """Hands in an event without waiting for its answer."""
        outcome = Outcome()
        payload = event if isinstance(event, bytes) else json.dumps(event).encode()
        self.invocations.put((str(uuid.uuid4()), payload, time.time() + seconds, outcome))
        return outcome

    def invoke(self, event, seconds=60):
        outcome = self.send(event, seconds)
        end = time.monotonic() + PATIENCE
        while not outcome.done.wait(0.1):
            assert self.process.poll() is None, f"it ended with {self.process.returncode}:\n" + "".join(self.log.all[-30:])
            assert time.monotonic() < end, "no answer:\n" + "".join(self.log.all[-30:])
        return outcome

    def call(self, method, path, body=None, headers=None):
        """One HTTP request by payload format 2.0: status and JSON."""
        outcome = self.invoke(http_api(method, path, body, headers))
        assert outcome.kind in ("response", "stream"), outcome.body
        answer = outcome.json if outcome.kind == "response" else outcome.prelude
        return answer["statusCode"], json.loads(outcome.content) if outcome.content else None

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def events(self, name):
        return [entry for entry in map(event_of(name), list(self.log.all)) if entry]

    def end(self):
        """As Lambda ends a sandbox with an extension inside: SIGTERM. The exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()
        self.log.finish()
        return code

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        code = self.end()
        assert code == 0, f"exit {code}\n" + "".join(self.log.all[-60:])


def _text(body):
    """The body of an event, and whether it is base64."""
    if body is None:
        return None, False
    if isinstance(body, bytes):
        return base64.b64encode(body).decode(), True
    return (body if isinstance(body, str) else json.dumps(body)), False


def _headers(body, headers):
    typed = {} if body is None or isinstance(body, (bytes, str)) else {"content-type": "application/json"}
    return {"host": "abc.execute-api.us-east-1.amazonaws.com", "x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.9"} | typed | (headers or {})


def http_api(method, path, body=None, headers=None, cookies=None, stage="$default"):
    """An HTTP API or a function URL: payload format 2.0."""
    text, binary = _text(body)
    raw_path, _, query = path.partition("?")
    event = {"version": "2.0", "routeKey": "$default", "rawPath": raw_path, "rawQueryString": query, "headers": _headers(body, headers),
             "requestContext": {"stage": stage, "domainName": "abc.execute-api.us-east-1.amazonaws.com", "requestId": "id", "timeEpoch": 1,
                                "http": {"method": method, "path": raw_path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.9", "userAgent": "test"}},
             "isBase64Encoded": binary}
    return event | ({"cookies": cookies} if cookies else {}) | ({"body": text} if text is not None else {})


def rest_api(method, path, body=None, headers=None, query=None):
    """A REST API: payload format 1.0. `query`: {name: [value, …]}, decoded as API Gateway gives it."""
    text, binary = _text(body)
    fields = _headers(body, headers)
    return {"resource": path, "path": path, "httpMethod": method, "headers": fields, "multiValueHeaders": {name: [value] for name, value in fields.items()},
            "queryStringParameters": {name: values[-1] for name, values in (query or {}).items()} or None, "multiValueQueryStringParameters": query,
            "requestContext": {"stage": "prod", "httpMethod": method, "identity": {"sourceIp": "203.0.113.9"}, "requestId": "id"},
            "body": text, "isBase64Encoded": binary}


def load_balancer(method, path, body=None, headers=None, query=None, several=False):
    """An Application Load Balancer; `several`: with multi-value headers."""
    text, binary = _text(body)
    fields = _headers(body, headers)
    event = {"requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/probe/1"}},
             "httpMethod": method, "path": path, "body": text or "", "isBase64Encoded": binary}
    if several:
        return event | {"multiValueHeaders": {name: [value] for name, value in fields.items()},
                        "multiValueQueryStringParameters": {name: [value] for name, value in (query or {}).items()}}
    return event | {"headers": fields, "queryStringParameters": query or {}}


def messages(*bodies, handles=(), receives=1):
    """A batch of SQS."""
    records = [{"messageId": f"message-{number}", "receiptHandle": handles[number] if handles else f"handle-{number}", "body": body,
                "attributes": {"ApproximateReceiveCount": str(receives), "SentTimestamp": str(int(time.time() * 1000))}, "messageAttributes": {},
                "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:queue", "awsRegion": "us-east-1"}
               for number, body in enumerate(bodies)]
    return {"Records": records}
