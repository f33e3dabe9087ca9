"""`slipway verify` against real servers: whole ones, and such as something on the way has broken."""

import http.client
import http.server
import json
import threading
import urllib.parse

import pytest

from http_api import Api
from programs import ROOT, WWHD, Provider, Server, run_cli

MANIFEST = """
name: checked
stores: { cache: "memory:" }
accounts: { secret: "a secret of this test, longer than 32 bytes" }
models: { order: [openai, local] }
knowledge: { documents: docs, embedding: { order: [local] } }
files:
  artifacts: { read: workspace, write: member }
  pictures: { types: [image/], read: owner }
  sessions: { types: [application/json], read: owner }
  reports: { write: scripts }
site: { starters: ["Hello"] }
deploy:
  verify:
    question: When should I water the garden?
    requests:
      me: { request: GET /api/me, signed_in: true, contains: owner }
      nobody: { request: GET /api/me, status: 401 }
      search: { request: "GET /api/search?q=garden", signed_in: true, contains: morning }
"""
RELEASE = "sha256:" + "b" * 64
PASSWORD = "correct horse battery"
GARDEN = "# The garden\n\nWater the garden in the morning, when the soil is cool and the leaves dry before the night.\n"
RULES = [{"when": {"path": "/chat/completions"}, "answer": "Water the garden in the morning [1]. " * 6, "chunk_delay_ms": 40}]


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """A server with an owner and a member, and a model that takes its time."""
    place = tmp_path_factory.mktemp("checked")
    (place / "app").mkdir()
    (place / "app/docs").mkdir()
    (place / "app/app.yaml").write_text(MANIFEST)
    (place / "app/docs/garden.md").write_text(GARDEN)
    with Provider(place, RULES) as provider, Server(place / "app", place / "data", SLIPWAY_RELEASE=RELEASE, **provider.environment()) as server:
        server.wait_for_documents()
        for name, role in (("owner", "owner"), ("member", "member")):
            run_cli("users", "create", place / "app", name, "--email", f"{name}@example.org", "--role", role, "--password", PASSWORD,
                    "--data", place / "data", folder=place)
        server.app = place / "app"
        yield server


def verify(server, place, url=None, user="owner", password=PASSWORD, code=0, *more):
    done = run_cli("verify", url or server.url, "--app", server.app, "--user", user, "--json", *more, folder=place, check=code,
                   environment={"SLIPWAY_VERIFY_PASSWORD": password})
    return {check["name"]: check for check in json.loads(done.stdout)["checks"]}


def colours(checks, *names):
    return [checks[name]["colour"] for name in names]


class Edge:
    """A proxy in front of a server, with one thing wrong."""

    def __init__(self, url, **faults):
        upstream = urllib.parse.urlsplit(url).netloc

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def pass_on(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection", "upgrade")}
                if "token" in faults:
                    headers.setdefault("Authorization", "Bearer " + faults["token"])
                connection = http.client.HTTPConnection(upstream, timeout=60)
                connection.request(self.command, self.path, body, headers)
                answer = connection.getresponse()
                content = b"" if faults.get("token") and self.path == "/api/events" else answer.read()  # the stream is kept back to its end
                if self.path.endswith("/content") and "content" in faults:
                    content = faults["content"]
                status = faults.get(self.path, answer.status)
                if self.command in faults and "999999999" in self.path:  # what stands for nothing that is there
                    status = faults[self.command]
                self.send_response(status)
                self.send_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
                if status != 204:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content if status != 204 else b"")
                connection.close()

            do_GET = do_POST = do_DELETE = pass_on

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


def test_a_whole_deployment_is_green(checked, tmp_path):
    checks = verify(checked, tmp_path)
    assert colours(checks, "health", "openapi", "closed", "sign-in", "stores", "database", "files", "websocket", "streaming") == ["green"] * 9, checks
    assert colours(checks, "release", "direct") == ["skipped"] * 2
    assert "artifacts, pictures, sessions" in checks["files"]["detail"]  # not reports, which scripts alone write
    assert "database" in checks["stores"]["detail"] and "cache" in checks["stores"]["detail"]
    assert "tokens" in checks["streaming"]["detail"] and "too fast" not in checks["streaming"]["detail"]


def test_the_manifest_adds_requests_of_its_own(checked, tmp_path):
    checks = verify(checked, tmp_path, None, "owner", PASSWORD, 0, "--only", "me,nobody,search")
    assert {name: check["colour"] for name, check in checks.items()} == {"me": "green", "nobody": "green", "search": "green"}
    member = verify(checked, tmp_path, None, "member", PASSWORD, 1, "--only", "me,nobody")
    assert member["me"]["colour"] == "red" and "does not answer with 'owner'" in member["me"]["detail"]


def test_a_request_that_is_none_is_an_error_of_the_manifest(tmp_path):
    (tmp_path / "app").mkdir()
    (tmp_path / "app/app.yaml").write_text("name: wrong\ndeploy: { verify: { requests: { it: { request: FETCH it, body: '{' } } } }\n")
    told = run_cli("check", tmp_path / "app", folder=tmp_path, check=1)
    assert 'deploy.verify.requests.it.request: "FETCH it" is no request' in told.stdout + told.stderr
    assert "deploy.verify.requests.it.body is no JSON" in told.stdout + told.stderr


def test_what_it_made_is_gone_afterwards(checked, tmp_path):
    verify(checked, tmp_path)
    owner = Api(checked.url)
    owner.token = owner.post("/api/auth/login", {"name": "owner", "password": PASSWORD}).json["access_token"]
    assert owner.get("/api/chats").json["total"] == 0
    assert all(not owner.get(f"/api/files/{purpose}").json["files"] for purpose in ("artifacts", "pictures", "sessions"))


def test_an_application_of_the_tree_is_green_with_its_own_plan(wwhd, tmp_path):
    done = run_cli("verify", wwhd.url, "--app", WWHD, "--json", folder=tmp_path)
    checks = {check["name"]: check["colour"] for check in json.loads(done.stdout)["checks"]}
    assert [checks[name] for name in ("health", "openapi", "closed", "stores", "about", "refused")] == ["green"] * 6, done.stdout
    assert "red" not in checks.values()


def test_a_member_may_verify_as_well(checked, tmp_path):
    checks = verify(checked, tmp_path, None, "member", PASSWORD, 0, "--only", "sign-in,stores,files,websocket")
    assert colours(checks, "sign-in", "stores", "files", "websocket") == ["green"] * 4 and "member (member)" in checks["sign-in"]["detail"]


def test_the_table_is_for_people(checked, tmp_path):
    done = run_cli("verify", checked.url, folder=tmp_path)
    assert "green    health" in done.stdout and "-        sign-in" in done.stdout
    assert "needs a user" in done.stdout


def test_a_wrong_password_is_red(checked, tmp_path):
    checks = verify(checked, tmp_path, password="wrong", code=1)
    assert colours(checks, "health", "sign-in", "files") == ["green", "red", "skipped"]
    assert "401" in checks["sign-in"]["detail"] and "wrong" not in checks["sign-in"]["detail"].split("401")[0]


def test_nobody_there_is_red(checked, tmp_path):
    checks = verify(checked, tmp_path, url="http://127.0.0.1:9", code=1)
    assert checks["health"]["colour"] == "red" and "Cannot connect" in checks["health"]["detail"]


def test_an_edge_that_keeps_streams_back_and_knows_no_websocket_is_red(checked, tmp_path):
    with Edge(checked.url) as edge:
        checks = verify(checked, tmp_path, url=edge.url, code=1)
    assert colours(checks, "health", "closed", "files", "streaming", "websocket") == ["green", "green", "green", "red", "red"], checks
    assert "keeps the stream back" in checks["streaming"]["detail"]
    assert "handshake" in checks["websocket"]["detail"]


def test_an_edge_that_lets_everybody_in_is_red(checked, tmp_path):
    owner = Api(checked.url).post("/api/auth/login", {"name": "owner", "password": PASSWORD}).json["access_token"]
    with Edge(checked.url, token=owner) as edge:
        checks = verify(checked, tmp_path, url=edge.url, code=1)
    assert checks["closed"]["colour"] == "red" and "GET /api/" in checks["closed"]["detail"]
    # That was enough: nothing was asked of it that changes something.
    assert "DELETE" not in checks["closed"]["detail"] and "POST" not in checks["closed"]["detail"]


def test_an_edge_that_lets_everybody_delete_is_red(checked, tmp_path):
    with Edge(checked.url, **{"DELETE": 204}) as edge:
        checks = verify(checked, tmp_path, url=edge.url, code=1)
    assert checks["closed"]["colour"] == "red" and "DELETE /api/chats/{id} answers 204" in checks["closed"]["detail"]


@pytest.mark.parametrize("name,own", [("rikai", ("refused", "documents", "search")), ("postmagiq", ("page", "refused", "access", "artifacts"))])
def test_the_plan_of_a_document_is_green(name, own, tmp_path):
    """What its verification plan asks for, as far as it exists, with a user of its own."""
    application = ROOT / "apps" / name
    with Server(application, tmp_path / "data", JWT_SECRET="a secret of this test, longer than 32 bytes") as server:
        run_cli("users", "create", application, "owner", "--email", "owner@example.org", "--role", "owner", "--password", PASSWORD,
                "--data", tmp_path / "data", folder=tmp_path)
        server.app = application
        if name == "postmagiq":  # everybody's workspace is their own, and empty
            owner = Api(server.url, Api(server.url).post("/api/v1/auth/login", {"email": "owner@example.org", "password": PASSWORD}).json["access_token"])
            for note in sorted((application / "docs").rglob("*.md")):
                owner.post("/api/documents", {"title": note.stem, "source": note.name, "content": note.read_text()}, 201)
        checks = verify(server, tmp_path)
    assert colours(checks, "health", "closed", "sign-in", "stores", "database", "websocket", "streaming", *own) == ["green"] * (7 + len(own)), checks


def test_content_that_comes_back_changed_is_red(checked, tmp_path):
    with Edge(checked.url, content=b"<html>cached</html>") as edge:
        checks = verify(checked, tmp_path, url=edge.url, code=1)
    assert checks["files"]["colour"] == "red" and "something else" in checks["files"]["detail"]


def test_a_health_path_that_is_not_there_is_red(checked, tmp_path):
    with Edge(checked.url, **{"/health": 404}) as edge:
        checks = verify(checked, tmp_path, edge.url, "owner", PASSWORD, 1, "--only", "health")
    assert list(checks) == ["health"] and "404" in checks["health"]["detail"]


def test_the_way_past_the_edge_must_be_closed(checked, tmp_path):
    open_way = verify(checked, tmp_path, None, "owner", PASSWORD, 1, "--only", "direct", "--direct", checked.url)
    assert open_way["direct"]["colour"] == "red" and "past the edge" in open_way["direct"]["detail"]
    with Edge(checked.url, **{"/health": 403}) as edge:
        closed = verify(checked, tmp_path, None, "owner", PASSWORD, 0, "--only", "direct", "--direct", edge.url)
    assert closed["direct"]["colour"] == "green"
    nobody = verify(checked, tmp_path, None, "owner", PASSWORD, 0, "--only", "direct", "--direct", "http://127.0.0.1:9")
    assert nobody["direct"]["colour"] == "green"


def test_another_version_is_red(checked, tmp_path):
    version = Api(checked.url).get("/openapi.json").json["info"]["version"]
    assert verify(checked, tmp_path, None, "owner", PASSWORD, 0, "--only", "release", "--release", version)["release"]["colour"] == "green"
    assert verify(checked, tmp_path, None, "owner", PASSWORD, 0, "--only", "release", "--release", RELEASE)["release"]["detail"] == RELEASE
    image = verify(checked, tmp_path, None, "owner", PASSWORD, 1, "--only", "release", "--release", "sha256:" + "c" * 64)
    assert RELEASE in image["release"]["detail"]
    other = verify(checked, tmp_path, None, "owner", PASSWORD, 1, "--only", "release", "--release", "9.9.9")
    assert other["release"]["colour"] == "red" and version in other["release"]["detail"]


def test_a_check_that_does_not_exist_is_wrong_use(checked, tmp_path):
    done = run_cli("verify", checked.url, "--only", "helth", folder=tmp_path, check=2)
    assert "helth" in done.stderr and "health" in done.stderr
    run_cli("verify", "api.example.com", folder=tmp_path, check=2)
    run_cli("verify", checked.url, "--user", "owner", folder=tmp_path, check=2)  # without a password
