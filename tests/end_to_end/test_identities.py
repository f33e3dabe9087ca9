"""Sign-in with another provider over HTTP, as a browser does it, against oidc-provider; access tokens that others verify; the edge."""

import base64
import json
import re
import subprocess
import urllib.parse

import pytest

from engines import OpenIdProvider
from http_api import Api
from programs import Server, free_port, run_cli

APPLICATION = "http://127.0.0.1:9/app"  # nothing is fetched from there
FORWARDED = ("Cf-Access-Authenticated-User-Email", "CF-Connecting-IP", "X-Forwarded-Email", "X-Forwarded-User", "X-Auth-Request-Email",
             "Remote-User", "X-Goog-Authenticated-User-Email", "Cf-Access-Jwt-Assertion", "X-Amzn-Oidc-Identity")

# Verifies a token as another service would: with Node's own crypto and the published key.
VERIFIER = """
const [token, keys] = [process.argv[1], JSON.parse(process.argv[2]).keys];
const [header, claims, signature] = token.split(".");
const kid = JSON.parse(Buffer.from(header, "base64url")).kid;
const key = require("crypto").createPublicKey({ key: keys.find((one) => one.kid === kid), format: "jwk" });
const good = require("crypto").verify(null, Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, "base64url"));
process.exit(good ? 0 : 1);
"""


class Browser:
    """Cookies by host, and redirects one at a time."""

    def __init__(self):
        self.cookies = {}

    def _note(self, host, answer):
        for header in answer.headers.get_all("Set-Cookie") or []:
            name, value = header.split(";")[0].split("=", 1)
            if not value or "Max-Age=0" in header:
                self.cookies.get(host, {}).pop(name, None)
            else:
                self.cookies.setdefault(host, {})[name] = value

    def open(self, url, form=None):
        parts = urllib.parse.urlsplit(url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.get(parts.netloc, {}).items())}
        api = Api(f"{parts.scheme}://{parts.netloc}")
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        answer = api.request("POST" if form is not None else "GET", target, urllib.parse.urlencode(form) if form is not None else None, headers)
        self._note(parts.netloc, answer)
        location = answer.headers.get("Location")
        return answer, urllib.parse.urljoin(url, location) if location else None

    def sign_in(self, url, person, end=APPLICATION):
        """Follows redirects and fills in the provider's forms; the address that begins with `end`."""
        for _ in range(20):
            answer, location = self.open(url)
            if answer.status == 200:
                action = re.search(r'action="([^"]+)"', answer.text).group(1)
                prompt = re.search(r'name="prompt" value="(\w+)"', answer.text).group(1)
                answer, location = self.open(urllib.parse.urljoin(url, action), {"prompt": prompt, "login": person, "password": "any"})
            assert location, f"{url}: {answer.status} {answer.body[:300]!r}"
            if location.startswith(end):
                return location
            url = location
        raise AssertionError(url)


def query(url, name):
    return urllib.parse.parse_qs(urllib.parse.urlsplit(url).query).get(name, [""])[0]


def application(folder, accounts):
    folder.mkdir()
    (folder / "app.yaml").write_text("name: keys\naccounts:\n" + accounts)
    return folder


@pytest.fixture(scope="module")
def signing(tmp_path_factory):
    """An application that signs people in with oidc-provider."""
    folder, port = tmp_path_factory.mktemp("signing"), free_port()
    place = folder / "issuer"
    place.mkdir()
    with OpenIdProvider(place, f"http://127.0.0.1:{port}") as provider:
        made = application(folder / "keys", f"""
  algorithm: EdDSA
  providers:
    basic: {{ issuer: "{provider.issuer}", client_id: basic, client_secret: secret of the test }}
    public: {{ issuer: "{provider.issuer}", client_id: public }}
  redirects: ["{APPLICATION}"]
""")
        serving = Server(made, folder / "data", PORT=port)
        serving.port = port  # which the issuer knows
        with serving as server:
            yield server


def sign_in(server, person, provider="basic", **begin):
    browser = Browser()
    url = f"{server.url}/api/auth/oauth/{provider}?" + urllib.parse.urlencode(begin)
    return browser.sign_in(url, person)


def test_a_browser_signs_in_with_a_provider(signing):
    api = Api(signing.url)
    assert api.get("/api/auth/oauth").json == {"providers": ["basic", "public"]}
    tokens = api.post("/api/auth/oauth/token", {"code": query(sign_in(signing, "ada"), "code")}).json
    me = Api(signing.url, tokens["access_token"]).get("/api/me").json
    assert me["email"] == "ada@example.org"
    assert api.post("/api/auth/refresh", {"refresh_token": tokens["refresh_token"]}).json["user"]["id"] == me["id"]
    again = api.post("/api/auth/oauth/token", {"code": query(sign_in(signing, "ada"), "code")}).json
    assert again["user"]["id"] == me["id"]


def test_the_cookie_of_a_flow_is_kept_from_scripts_and_other_sites(signing):
    answer = Api(signing.url).get("/api/auth/oauth/basic", 302)
    assert re.fullmatch(r"slipway_oauth=[\w-]{43}; Path=/; Max-Age=600; HttpOnly; SameSite=Lax", answer.headers["Set-Cookie"])
    assert answer.headers["Cache-Control"] == "no-store" and answer.headers["Referrer-Policy"] == "no-referrer"


def test_a_callback_without_the_browsers_cookie_is_refused(signing):
    browser = Browser()
    back = browser.sign_in(f"{signing.url}/api/auth/oauth/basic", "ada", end=f"{signing.url}/api/auth/oauth/basic/callback")
    path = back[len(signing.url):]
    assert Api(signing.url).get(path, 400).json["error"]["code"] == "invalid"
    browser.open(back)  # the state is used up
    assert browser.open(back)[0].status == 400
    for query_text in ("", "?state=a", "?code=a", "?state=a&code=b&error=c", "?state=a&state=b&code=c", "?error=%3Cscript%3E&state=a"):
        Api(signing.url).get("/api/auth/oauth/basic/callback" + query_text, 400)


def test_a_code_is_of_use_once_and_to_its_page_alone(signing):
    api, verifier = Api(signing.url), "v" * 43
    challenge = base64.urlsafe_b64encode(__import__("hashlib").sha256(verifier.encode()).digest()).decode().rstrip("=")
    code = query(sign_in(signing, "grace", challenge=challenge), "code")
    api.post("/api/auth/oauth/token", {"code": code}, 401)
    api.post("/api/auth/oauth/token", {"code": code, "verifier": verifier}, 401)  # used up by the attempt
    code = query(sign_in(signing, "grace", challenge=challenge), "code")
    api.post("/api/auth/oauth/token", {"code": code, "verifier": verifier})
    api.post("/api/auth/oauth/token", {"code": code, "verifier": verifier}, 401)


def test_identities_are_linked_listed_and_unlinked(signing):
    user = Api(signing.url).post("/api/auth/register",
                                 {"email": "lin@example.org", "username": "lin", "password": "correct horse battery"}, 201).json
    api = Api(signing.url, user["access_token"])
    assert query(sign_in(signing, "lin"), "error") == "account_exists"
    begun = api.post("/api/auth/identities/basic", {})
    browser = Browser()
    browser._note(urllib.parse.urlsplit(signing.url).netloc, begun)
    assert query(browser.sign_in(begun.json["url"], "lin"), "linked") == "basic"
    assert [one["provider"] for one in api.get("/api/auth/identities").json["identities"]] == ["basic"]
    tokens = Api(signing.url).post("/api/auth/oauth/token", {"code": query(sign_in(signing, "lin"), "code")}).json
    assert tokens["user"]["id"] == user["user"]["id"]
    api.delete("/api/auth/identities/basic", 204)
    api.delete("/api/auth/identities/basic", 404)
    Api(signing.url).get("/api/auth/identities", 401)
    Api(signing.url).post("/api/auth/identities/basic", {}, 401)


def test_redirects_that_are_not_declared_are_refused(signing):
    for redirect in ("https://attacker.example.org", APPLICATION + "/", "//127.0.0.1:9/app"):
        Api(signing.url).get("/api/auth/oauth/basic?redirect=" + urllib.parse.quote(redirect, ""), 400)
    Api(signing.url).get("/api/auth/oauth/nobody", 404)


def verified_by_others(token, key_set):
    return subprocess.run(["/usr/bin/node", "-e", VERIFIER, token, json.dumps(key_set)], timeout=60, check=False).returncode == 0


def test_others_verify_tokens_and_rotation_signs_nobody_out(signing):
    tokens = Api(signing.url).post("/api/auth/oauth/token", {"code": query(sign_in(signing, "ada"), "code")}).json
    before, keys = tokens["access_token"], Api(signing.url).get("/.well-known/jwks.json")
    assert "max-age" in keys.headers["Cache-Control"] and all("d" not in key for key in keys.json["keys"])
    assert verified_by_others(before, keys.json)
    run_cli("keys", "rotate", signing.application, "--data", signing.data, folder=signing.data.parent)
    listed = json.loads(run_cli("keys", "list", signing.application, "--data", signing.data, "--json", folder=signing.data.parent).stdout)["keys"]
    assert [key["signs"] for key in listed] == [True, False]
    assert Api(signing.url, before).get("/api/me")
    after = Api(signing.url).post("/api/auth/refresh", {"refresh_token": tokens["refresh_token"]}).json["access_token"]
    both = Api(signing.url).get("/.well-known/jwks.json").json
    assert verified_by_others(before, both) and verified_by_others(after, both) and not verified_by_others(before[:-4] + "AAAA", both)
    run_cli("keys", "retire", signing.application, listed[1]["id"], "--data", signing.data, folder=signing.data.parent)
    Api(signing.url, before).get("/api/me", 401)
    assert Api(signing.url, after).get("/api/me")


def test_claims_and_secrets_are_the_manifests(tmp_path):
    text = """
  secret: "{secret}"
  previous_secrets: "{former}"
  issuer: unamentis
  audience: unamentis-api
  type: access
  claims: {{ email: "{{email}}", role: "{{role}}", jti: "{{jti}}", device_id: "{{device_id}}", session_id: "{{session_id}}" }}
"""
    first, second = "a" * 40, "b" * 40
    made = application(tmp_path / "keys", text.format(secret=first, former=""))
    with Server(made, tmp_path / "data") as server:
        person = {"email": "ada@example.org", "username": "ada", "password": "correct horse battery"}
        token = Api(server.url).post("/api/auth/register", person, 201).json["access_token"]
        Api(server.url).get("/.well-known/jwks.json", 404)
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims["iss"] == "unamentis" and claims["aud"] == "unamentis-api" and claims["type"] == "access"
    assert claims["email"] == "ada@example.org" and claims["role"] == "member" and claims["session_id"] == claims["sid"]
    assert claims["jti"] and "device_id" not in claims
    (made / "app.yaml").write_text((made / "app.yaml").read_text().replace(first, second).replace('previous_secrets: ""', f'previous_secrets: "{first}"'))
    with Server(made, tmp_path / "data") as server:
        assert Api(server.url, token).get("/api/me").json["username"] == "ada"


def test_headers_of_a_proxy_prove_nothing_by_themselves(signing, tmp_path):
    for header in FORWARDED:
        Api(signing.url).get("/api/me", 401, headers={header: "ada@example.org"})
    made = application(tmp_path / "keys", f"""
  edge: {{ issuer: "http://127.0.0.1:{free_port()}", audience: application, role: admin }}
""")
    with Server(made, tmp_path / "data") as server:
        for header in FORWARDED:
            Api(server.url).get("/api/me", 401, headers={header: "ada@example.org"})
