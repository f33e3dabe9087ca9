"""Signing up and in of Deep Sci-Fi: /api/auth/signup, the session in a cookie as NextAuth has it, and tRPC's auth.signUp and auth.me.

docs/checklist.tsv names the functions here that prove a row of the checklist.
"""

import base64
import http.cookies
import json
import urllib.parse
import uuid

import pytest

from http_api import Api
from programs import ROOT, Server

DEEPSCIFI = ROOT / "apps/deepscifi"
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(DEEPSCIFI, tmp_path_factory.mktemp("deepscifi") / "data", JWT_SECRET="of the test, with more than thirty-two bytes") as running:
        yield running


class Browser:
    """Keeps cookies, as NextAuth's own client relies on."""

    def __init__(self, url):
        self.api, self.cookies = Api(url), {}

    def send(self, method, path, fields=None, expect=200):
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        body = None
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urllib.parse.urlencode(fields)
        answer = self.api.request(method, path, body, headers, expect)
        for line in answer.headers.get_all("Set-Cookie") or []:
            for name, morsel in http.cookies.SimpleCookie(line).items():
                assert morsel["httponly"] and morsel["samesite"] == "Lax" and morsel["path"] == "/"
                self.cookies[name] = morsel.value
        return answer

    def sign_in(self, mail, password, expect=200):
        token = self.send("GET", "/api/auth/csrf").json["csrfToken"]
        return self.send("POST", "/api/auth/callback/credentials", {"csrfToken": token, "email": mail, "password": password, "json": "true"}, expect)


def signed_up(server):
    mail = f"user-{uuid.uuid4().hex[:12]}@example.org"
    made = Api(server.url).post("/api/auth/signup", {"name": "Ada", "email": mail, "password": PASSWORD}, 201).json
    assert made["user"] == {"id": made["user"]["id"], "name": "Ada", "email": mail}
    return mail, made["user"]["id"]


def test_sign_up_and_in_with_a_cookie(server):
    mail, user = signed_up(server)
    browser = Browser(server.url)
    assert browser.send("GET", "/api/auth/session").json == {}
    browser.sign_in(mail, PASSWORD)
    session = browser.send("GET", "/api/auth/session").json
    assert session["user"] == {"id": user, "name": "Ada", "email": mail} and session["expires"]
    token = browser.send("GET", "/api/auth/csrf").json["csrfToken"]
    kept = dict(browser.cookies)
    browser.send("POST", "/api/auth/signout", {"csrfToken": token})
    assert browser.send("GET", "/api/auth/session").json == {}
    browser.cookies = kept
    assert browser.send("GET", "/api/auth/session").json == {}, "the session has ended, not the cookie alone"


def test_wrong_passwords_and_forged_forms(server):
    mail, _ = signed_up(server)
    browser = Browser(server.url)
    assert "error=CredentialsSignin" in browser.sign_in(mail, "wrong horse battery", 401).json["url"]
    browser.send("POST", "/api/auth/callback/credentials", {"csrfToken": "made up", "email": mail, "password": PASSWORD}, 400)
    assert "credentials" in browser.send("GET", "/api/auth/providers").json
    Api(server.url).post("/api/auth/signup", {"name": "Ada", "email": mail, "password": PASSWORD}, 409)
    Api(server.url).post("/api/auth/signup", {"name": "Ada", "email": "x@example.org", "password": "short"}, 400)


def test_the_token_is_a_jwt_signed_with_the_secret(server):
    mail, user = signed_up(server)
    browser = Browser(server.url)
    browser.sign_in(mail, PASSWORD)
    token = browser.cookies["next-auth.session-token"]
    head, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2])
    assert head["alg"] == "HS256" and claims["sub"] == user
    import hashlib
    import hmac
    signed = hmac.new(b"of the test, with more than thirty-two bytes", token.rpartition(".")[0].encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64encode(signed).rstrip(b"=").decode() == token.rpartition(".")[2]


def test_procedures_of_trpc(server):
    api, mail = Api(server.url), f"user-{uuid.uuid4().hex[:12]}@example.org"
    made = api.post("/api/trpc/auth.signUp", {"json": {"email": mail, "password": PASSWORD, "name": "Ada"}}).json["result"]["data"]["json"]
    assert made["email"] == mail and made["name"] == "Ada"
    conflict = api.post("/api/trpc/auth.signUp", {"json": {"email": mail, "password": PASSWORD}}, 409).json["error"]["json"]
    assert conflict["data"] == {"code": "CONFLICT", "httpStatus": 409, "path": "auth.signUp"}
    api.post("/api/trpc/auth.signUp", {"json": {"email": mail}}, 400)
    assert api.get("/api/trpc/auth.me", expect=401).json["error"]["json"]["data"]["code"] == "UNAUTHORIZED"
    browser = Browser(server.url)
    browser.sign_in(mail, PASSWORD)
    path = "/api/trpc/auth.me?batch=1&input=" + urllib.parse.quote(json.dumps({"0": {"json": None}}))
    assert browser.send("GET", path).json[0]["result"]["data"]["json"]["email"] == mail
