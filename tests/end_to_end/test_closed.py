"""What somebody who is nobody gets of the five applications in production form: health, and the ways to sign in.

Every route of the OpenAPI document is called without a credential and with ones that are worth nothing. What is open stands in
open_routes.tsv with its reason.
"""

import pathlib
import re
import uuid

import pytest

from http_api import Api, register
from programs import Server, run_cli
from test_production import DOCUMENTS, SECRET, AsDocumented, every_application

CLOSED = {401, 403, 404, 405}
WORTHLESS = [None, "x", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.", str(uuid.uuid4())]
METHODS = ("get", "post", "put", "patch", "delete")


def open_routes(name):
    rows = [line.split("\t") for line in (pathlib.Path(__file__).parent / "open_routes.tsv").read_text().splitlines() if not line.startswith("#")]
    assert all(len(row) == 4 and row[3] for row in rows), "each has a reason"
    return {(method, route) for application, method, route, _ in rows if application in ("*", name)}


def path_of(route):
    """With a parameter's place filled by something that nobody has."""
    return re.sub(r"\{[^}]*\}", lambda found: "999999" if "int" in found[0] or "id" in found[0] else "nothing", route)


@every_application
def test_every_route_but_health_and_the_ways_in_is_closed(name, tmp_path):
    # Each request from another address, as a limit counts all of one; the document is asked for from this machine.
    with AsDocumented(name, tmp_path / "data", TRUSTED_PROXIES="1", **DOCUMENTS[name].environment()) as server:
        nobody = Api(server.url)
        document = nobody.get("/openapi.json").json
        allowed, found_open, called = open_routes(name), set(), 0
        for route, operations in document["paths"].items():
            for method in METHODS:
                for token in WORTHLESS if method in operations else [None]:
                    body = None if method in ("get", "delete") else {}
                    somewhere = {"X-Forwarded-For": f"198.51.{called // 250}.{called % 250 + 1}"}
                    answer = Api(server.url, token).request(method.upper(), path_of(route), body, somewhere)
                    called += 1
                    if answer.status not in CLOSED:
                        assert (method.upper(), route) in allowed, f"{method} {route} with {token}: {answer.status} {answer.body[:200]!r}"
                        assert method in operations
                        found_open.add((method.upper(), route))
                    elif method in operations:
                        assert answer.status != 405, f"{method} {route} is in the document"
        assert called > 100 and found_open, "the document has routes"


@every_application
def test_others_learn_neither_figures_nor_the_document_nor_versions(name, tmp_path):
    """From another machine: a declared proxy says so."""
    elsewhere = {"X-Forwarded-For": "203.0.113.9"}
    server = AsDocumented(name, tmp_path / "data", TRUSTED_PROXIES="1", **DOCUMENTS[name].environment())
    with server:
        api = Api(server.url)
        for path in ("/openapi.json", "/metrics"):
            api.get(path, 404, headers=elsewhere)
        ready = api.get("/readiness", headers=elsewhere).json
        assert set(ready) <= {"ready", "timestamp"}, ready
        assert "checks" in api.get("/readiness").json
        answer = api.get("/api/me", 401, headers=elsewhere | {"X-Forwarded-Proto": "https"})
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
        assert answer.headers["X-Frame-Options"] == "DENY" and answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Referrer-Policy"] == "no-referrer" and answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Permissions-Policy"] and int(answer.headers["X-RateLimit-Remaining"]) > 0


SMALL = """name: small
environment: ENVIRONMENT
server: { host: 127.0.0.1 }
accounts:
  secret: ${JWT_SECRET}
  required: true
  open_routes: [POST /api/auth/login]
"""


def small(folder, environment="production", lua=""):
    folder.mkdir()
    (folder / "app.yaml").write_text(SMALL.replace("ENVIRONMENT", environment))
    (folder / "routes.lua").write_text('route.get("/open", {summary = "Open", auth = false}, function() return {open = true} end)\n' + lua)
    return folder


def test_where_everybody_must_be_known_nothing_else_is_open(tmp_path):
    """accounts.required closes also what a script or the API left open."""
    with Server(small(tmp_path / "app"), tmp_path / "data", JWT_SECRET=SECRET) as server:
        nobody = Api(server.url)
        nobody.get("/health")
        nobody.get("/readiness")
        nobody.get("/open", 401)
        nobody.get("/", 401)
        nobody.post("/api/auth/register", {"email": "ada@example.org", "username": "ada", "password": "correct horse battery"}, 401)
        nobody.post("/api/auth/login", {"name": "ada", "password": "wrong"}, 401)
        run_cli("users", "create", tmp_path / "app", "ada", "--email", "ada@example.org", "--password", "correct horse battery", "--owner",
                "--data", tmp_path / "data", folder=tmp_path, environment={"JWT_SECRET": SECRET})
        tokens = nobody.post("/api/auth/login", {"name": "ada", "password": "correct horse battery"}).json
        owner = Api(server.url, tokens["access_token"])
        assert owner.get("/open").json == {"open": True} and owner.get("/api/me").json["role"] == "owner"
        owner.get("/")
        Api(server.url, tokens["access_token"] + "x").get("/open", 401)


@pytest.mark.parametrize("secret", ["", "secret", "short", "dev-secret-change-in-production", "super-secret-jwt-token-with-at-least-32-characters-long",
                                    "jwt-secret-key-for-development-use-only-not-safe", "a" * 40])
def test_a_secret_that_is_missing_short_or_known_is_refused(secret, tmp_path):
    application = small(tmp_path / "app")
    refused = run_cli("check", application, folder=tmp_path, environment={"JWT_SECRET": secret} if secret else {}, check=None)
    served = run_cli("serve", application, "--data", tmp_path / "data", folder=tmp_path, environment={"JWT_SECRET": secret} if secret else {}, check=1)
    assert "accounts.secret" in served.stderr + served.stdout
    assert not secret or len(secret) < 12 or secret not in served.stderr + served.stdout + refused.stdout + refused.stderr


def test_limits_are_on_and_told(tmp_path):
    """Thirty sign-ins at once from one address, and no more; sign-ups sooner."""
    application = small(tmp_path / "app")
    (application / "app.yaml").write_text(SMALL.replace("ENVIRONMENT", "production").replace("  required: true\n", ""))
    with Server(application, tmp_path / "data", JWT_SECRET=SECRET) as server:
        user = register(server.url)
        statuses = []
        for number in range(40):
            answer = Api(server.url).request("POST", "/api/auth/login", {"name": f"nobody{number}", "password": "wrong password"})
            statuses.append(answer.status)
            if answer.status == 429:
                assert int(answer.headers["Retry-After"]) > 0 and answer.headers["X-RateLimit-Remaining"] == "0"
                assert answer.headers["X-RateLimit-Limit"] == "60" and answer.headers["X-RateLimit-Window"] == "300"
                assert answer.json["error"]["code"] == "rate_limited" and answer.json["error"]["details"]["retry_after_seconds"] > 0
        assert statuses[:30] == [401] * 30 and 429 in statuses[30:]
        assert user.get("/api/me").headers["X-RateLimit-Limit"] == "1000", "who is signed in has a limit of their own"
