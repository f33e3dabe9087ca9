"""Ways in beside a password: keys, tokens of testers and services, second factors, no account at all, users of another system."""

import base64
import hashlib
import hmac
import json
import re
import struct
import time

import pytest

from http_api import Api, register
from programs import Server, run_cli

MANIFEST = """name: ways-in
title: Ways in
accounts:
  anonymous: true
  argon2: {passes: 1, memory: 64KB}
  keys: {prefix: qx_}
  beta: {tokens: "${BETA_TOKENS:-}", pattern: "uma_beta_{year}_{suffix}", role: viewer, rate_per_minute: 5}
  service_header: X-BARE-PASSWORD
  service_tokens:
    letta: {secret: "${LETTA_SERVER_PASSWORD:-}", role: owner}
"""
ROUTES = """
route.get("/lua/keys", {}, function(request) return slipway.keys.list{} end)
route.post("/lua/keys", {body = {type = "object"}}, function(request) return slipway.keys.create(request.body) end)
route.post("/lua/sign-in", {auth = false, body = {type = "object"}}, function(request) return slipway.accounts.sign_in(request.body) end)
route.post("/lua/finish", {auth = false, body = {type = "object"}}, function(request)
  return slipway.factors.finish_sign_in(request.body)
end)
route.get("/lua/factors", {}, function(request) return slipway.factors.list{} end)
route.post("/lua/anonymous", {auth = false}, function(request) return slipway.accounts.sign_in_anonymously{} end)
"""
BETA = "uma_beta_2026_one, uma_beta_2026_two"
SERVICE = "the password of the server, long enough"


@pytest.fixture(scope="module")
def application(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ways") / "ways-in"
    folder.mkdir()
    (folder / "app.yaml").write_text(MANIFEST)
    (folder / "routes.lua").write_text(ROUTES)
    return folder


@pytest.fixture(scope="module")
def server(application):
    with Server(application, application.parent / "data", BETA_TOKENS=BETA, LETTA_SERVER_PASSWORD=SERVICE) as running:
        yield running


def slipway(server, *arguments, **options):
    return run_cli(*arguments[:2], server.application, *arguments[2:], "--data", server.data, folder=server.application.parent, **options)


def totp(secret, steps=0):
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30 + steps), hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start:start + 4])[0] & 0x7fffffff) % 1000000:06}"


def protect(user):
    """Gives the user a second factor; the secret and the recovery codes."""
    factor = user.post("/api/auth/factors", {"name": "Phone"}, 201).json
    assert factor["uri"].startswith("otpauth://totp/Ways%20in:") and factor["secret"] in factor["uri"]
    confirmed = user.post(f"/api/auth/factors/{factor['id']}/confirm", {"code": totp(factor["secret"])}).json
    return factor, confirmed["recovery_codes"]


def reason(answer):
    return answer.json["error"]["details"]["reason"]


# Keys ---------------------------------------------------------------------------------------------------------------


def test_a_key_is_made_used_changed_and_revoked(server):
    user = register(server.url)
    made = user.post("/api/keys", {"name": "robot", "rate_per_minute": 100, "expires_in_days": 1}, 201)
    assert made.headers["Cache-Control"] == "no-store"
    key = made.json
    assert re.fullmatch(r"qx_[\w-]{43}", key["key"]) and key["prefix"] == key["key"][:8]
    robot = Api(server.url, key["key"])
    assert robot.get("/api/me").json["username"] == user.name
    assert "key" not in user.get(f"/api/keys/{key['id']}").json
    assert [entry["id"] for entry in user.get("/api/keys").json["keys"]] == [key["id"]]
    assert user.patch(f"/api/keys/{key['id']}", {"name": "android"}).json["name"] == "android"
    assert register(server.url).get(f"/api/keys/{key['id']}", 404)
    assert user.post("/api/keys", {"name": "x", "acts_for": "itself", "role": "owner"}, None).status == 403
    assert robot.post("/api/auth/factors", {}, None).status == 403, "a key changes no sign-in"
    user.delete(f"/api/keys/{key['id']}", 204)
    assert robot.get("/api/me", 401).json["error"]["code"] == "unauthorized"
    user.get(f"/api/keys/{key['id']}", 404)


def test_scripts_make_keys(server):
    user = register(server.url)
    made = user.post("/lua/keys", {"name": "robot"}).json
    assert Api(server.url, made["key"]).get("/lua/keys").json["keys"][0]["id"] == made["id"]


def test_testers_come_with_tokens_of_the_environment_each_with_its_own_rate(server):
    first, second = (Api(server.url, token.strip()) for token in BETA.split(","))
    assert first.get("/api/me").json["role"] == "viewer"
    answers = [first.get("/api/me", None) for _ in range(7)]
    assert answers[-1].status == 429 and int(answers[-1].headers["Retry-After"]) > 0
    assert second.get("/api/me").status == 200
    for wrong in ("uma_beta_2026_three", "uma_beta_2026_on", BETA, "x"):
        Api(server.url, wrong).get("/api/me", 401)


def test_an_empty_list_admits_nobody(application, tmp_path):
    with Server(application, tmp_path / "data", BETA_TOKENS="") as closed:
        for token in ("uma_beta_2026_one", ",", "''", "any"):
            Api(closed.url, token).get("/api/me", 401)
        Api(closed.url).get("/api/me", 401, headers={"X-BARE-PASSWORD": ""})
        Api(closed.url).get("/api/me", 401, headers={"X-BARE-PASSWORD": "password "})


def test_tokens_are_made_listed_and_revoked_on_the_command_line(server):
    token = slipway(server, "tokens", "create", "Tester One", "--role", "viewer", "--per-minute", "50").stdout.strip()
    assert re.fullmatch(r"uma_beta_20\d\d_[\w-]{22}", token)
    tester = Api(server.url, token)
    assert tester.get("/api/me").json["username"] == "Tester One"
    listed = slipway(server, "tokens", "list").stdout
    assert "Tester One" in listed and token not in listed
    identity = next(line.split()[0] for line in listed.splitlines() if "Tester One" in line)
    slipway(server, "tokens", "revoke", identity)
    tester.get("/api/me", 401)
    assert slipway(server, "tokens", "revoke", identity, check=1).stderr


def test_a_service_comes_with_its_password_in_either_header(server):
    assert Api(server.url, SERVICE).get("/api/me").json["role"] == "owner"
    for value in (SERVICE, "password " + SERVICE):
        assert Api(server.url).get("/api/me", headers={"X-BARE-PASSWORD": value}).json["role"] == "owner"
    Api(server.url).get("/api/me", 401, headers={"X-BARE-PASSWORD": "password wrong"})


# Second factors -----------------------------------------------------------------------------------------------------


def test_a_sign_in_needs_the_second_factor_once_there_is_one(server):
    user = register(server.url)
    factor, codes = protect(user)
    assert len(codes) == 10 and user.get("/api/auth/factors").json["recovery_codes_left"] == 10
    begun = Api(server.url).post("/api/auth/login", {"name": user.name, "password": user.password}).json
    assert "access_token" not in begun and [entry["id"] for entry in begun["factors"]] == [factor["id"]]
    second = {"factor_token": begun["factor_token"]}
    assert reason(Api(server.url).post("/api/auth/login/factor", {**second, "code": "000000"}, 401)) == "wrong"
    code = totp(factor["secret"], 1)
    tokens = Api(server.url).post("/api/auth/login/factor", {**second, "code": code}).json
    assert Api(server.url, tokens["access_token"]).get("/api/me").json["username"] == user.name
    assert reason(Api(server.url).post("/api/auth/login/factor", {**second, "code": code}, 401)) == "expired"
    Api(server.url, begun["factor_token"]).get("/api/me", 401)


def test_a_recovery_code_stands_in_once_also_for_scripts(server):
    user = register(server.url)
    _, codes = protect(user)
    for expected in (200, 401):
        begun = Api(server.url).post("/lua/sign-in", {"name": user.name, "password": user.password}).json
        answer = Api(server.url).post("/lua/finish", {"factor_token": begun["factor_token"], "code": codes[0].lower()}, expected)
    assert reason(answer) == "wrong"


def test_what_changes_a_sign_in_asks_for_the_password_and_the_factor_again(server):
    user = register(server.url)
    first = Api(server.url, Api(server.url).post("/api/auth/login", {"name": user.name, "password": user.password}).json["access_token"])
    factor, _ = protect(user)
    assert reason(first.delete(f"/api/auth/factors/{factor['id']}", 403)) == "reauthenticate", "a session without the factor"
    assert reason(first.post("/api/auth/recovery-codes", {}, 403)) == "reauthenticate"
    first.post("/api/auth/reauthenticate", {"password": "wrong"}, 401)
    first.post("/api/auth/reauthenticate", {"password": user.password}, 401)
    first.post("/api/auth/reauthenticate", {"password": user.password, "code": totp(factor["secret"], 1)}, 204)
    assert len(first.post("/api/auth/recovery-codes", {}, 201).json["recovery_codes"]) == 10
    first.delete(f"/api/auth/factors/{factor['id']}", 204)
    assert "access_token" in Api(server.url).post("/api/auth/login", {"name": user.name, "password": user.password}).json


def test_where_a_factor_is_required_nothing_else_is_open_without(application, tmp_path):
    strict = tmp_path / "strict"
    strict.mkdir()
    (strict / "app.yaml").write_text(MANIFEST + "  factors: required\n")
    (strict / "routes.lua").write_text(ROUTES)
    with Server(strict, tmp_path / "data") as server:
        user = register(server.url)
        for path in ("/api/me", "/api/documents", "/api/keys", "/lua/keys", "/lua/factors"):
            assert reason(user.get(path, 403)) == "factor_required", path
        assert user.get("/api/auth/factors").json["required"] is True
        factor, _ = protect(user)
        assert user.get("/api/me").json["username"] == user.name
        user.delete(f"/api/auth/factors/{factor['id']}", 409)


# Without an account, and from another system ------------------------------------------------------------------------


def test_somebody_begins_without_an_account_and_keeps_everything(server):
    begun = Api(server.url).post("/api/auth/anonymous", None, 201).json
    nobody = Api(server.url, begun["access_token"])
    before = nobody.get("/api/me").json
    assert before["email"] == "" and before["role"] == "viewer"
    name = "begun" + before["id"][-8:]
    after = nobody.post("/api/auth/upgrade", {"email": f"{name}@example.org", "username": name, "password": "correct horse battery"}).json
    assert after["id"] == before["id"] and after["role"] == "member"
    signed_in = Api(server.url).post("/api/auth/login", {"name": name, "password": "correct horse battery"}).json
    assert signed_in["user"]["id"] == before["id"]
    assert "access_token" in Api(server.url).post("/lua/anonymous").json


def test_common_passwords_and_ones_own_name_are_refused(server):
    for password in ("password", "Password", "qwertyuiop", "adalovelace", "short"):
        wanted = {"email": "ada@example.org", "username": "adalovelace", "password": password}
        refused = Api(server.url).post("/api/auth/register", wanted, 400).json["error"]["details"]["errors"]
        assert [entry["field"] for entry in refused] == ["password"], password
    register(server.url, password="x" * 60 + " no rules about signs " + "y" * 100)


def test_users_of_another_system_are_taken_over_with_their_passwords(server, tmp_path):
    salt = b"salt of the test"
    digest = hashlib.scrypt(b"correct horse battery", salt=salt, n=1024, r=8, p=1, dklen=32)
    encode = lambda data: base64.b64encode(data).decode().rstrip("=")
    stored = f"$scrypt$ln=10,r=8,p=1${encode(salt)}${encode(digest)}"
    lines = [json.dumps({"email": f"import{number}@example.org", "password_hash": stored}) for number in range(450)]
    lines[400] = '{"email": "nobody"}'
    file = tmp_path / "users.jsonl"
    file.write_text("\n".join(lines[:300]) + "\n")
    assert "300 users imported" in slipway(server, "users", "import", file).stdout
    file.write_text("\n".join(lines) + "\n")
    again = slipway(server, "users", "import", file, check=1)
    assert "149 users imported, 300 were there already, 1 lines were refused" in again.stdout
    assert again.stderr.startswith("line 401: ")
    for _ in range(2):
        signed_in = Api(server.url).post("/api/auth/login", {"name": "import7@example.org", "password": "correct horse battery"}).json
        assert signed_in["access_token"]
    Api(server.url).post("/api/auth/login", {"name": "import7@example.org", "password": "wrong"}, 401)
