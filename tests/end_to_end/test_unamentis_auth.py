"""The eleven auth routes of UnaMentis in the shapes that its web client (M), Android app (A) and functions (L) read.

docs/checklist.tsv names the functions here that prove a row of the checklist.
"""

import email
import email.policy
import re
import uuid

import pytest

from http_api import Api
from programs import ROOT, Server, eventually

UNAMENTIS = ROOT / "apps/unamentis"
PASSWORD = "correct horse battery"
ANDROID = {"X-Client-Platform": "Android", "X-Client-Version": "1.0"}
WEB = {"fingerprint": "web-1", "name": "Firefox", "type": "web"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unamentis")
    settings = {"SMTP_FROM": "tutor@example.org", "APP_BASE_URL": "https://app.example.org", "BETA_TOKENS": "uma_beta_2026_ada,uma_beta_2026_ben"}
    with Server(UNAMENTIS, folder / "data", **settings) as running:
        yield running


def address():
    return f"user-{uuid.uuid4().hex[:12]}@example.org"


def signed_up(server, device=None):
    """A web client after registration, as its own code reads the answer."""
    mail = address()
    answer = Api(server.url).post("/api/auth/register", {"email": mail, "password": PASSWORD, "display_name": "Ada", "device": device or WEB}, 201).json
    client = Api(server.url, answer["tokens"]["access_token"])
    client.email, client.refresh, client.user = mail, answer["tokens"]["refresh_token"], answer["user"]
    return client


def mails_to(server, mail):
    found = []
    for path in sorted((server.data / "outbox").rglob("*.eml")):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        if mail in message["To"]:
            found.append(message)
    return found


def token_mailed(server, mail, word):
    """The token of the newest mail with a link that has this word."""
    def look():
        for message in reversed(mails_to(server, mail)):
            text = message.get_body(("plain",)).get_content()
            link = re.search(r"https://app\.example\.org/account#\w*" + word + r"\w*=([\w-]+)", text)
            if link:
                return link.group(1)
    return eventually(look)


def test_register_with_a_device_signs_in(server):
    mail = address()
    answer = Api(server.url).post("/api/auth/register", {"email": mail, "password": PASSWORD, "display_name": "Ada", "device": WEB}, 201).json
    assert {"email": mail, "display_name": "Ada", "role": "user"}.items() <= answer["user"].items() and answer["user"]["id"]
    assert answer["device"]["id"] and answer["tokens"]["token_type"] == "Bearer" and answer["tokens"]["expires_in"] == 900
    assert Api(server.url, answer["tokens"]["access_token"]).get("/api/auth/me").json["user"]["email"] == mail


def test_register_without_a_device_does_not(server):
    answer = Api(server.url).post("/api/auth/register", {"email": address(), "password": PASSWORD}, 201).json
    assert "tokens" not in answer and "access_token" not in answer


def test_register_refuses_as_the_original_does(server):
    api = Api(server.url)
    known = signed_up(server).email
    for body, status, code in (({"email": "nobody", "password": PASSWORD}, 400, "invalid_email"),
                               ({"email": address()}, 400, "invalid_password"),
                               ({"email": address(), "password": "short"}, 400, "weak_password"),
                               ({"email": address(), "password": "password123"}, 400, "weak_password"),
                               ({"email": known, "password": PASSWORD}, 409, "email_exists")):
        answer = api.post("/api/auth/register", body, status).json
        assert (answer["error"], answer["code"], answer["success"]) == (code, code, False), answer
        assert answer["message"]


def test_login_of_the_web_client(server):
    mail = signed_up(server).email
    answer = Api(server.url).post("/api/auth/login", {"email": mail, "password": PASSWORD, "device": WEB}).json
    assert answer["user"]["email"] == mail and answer["device"]["id"] and answer["tokens"]["refresh_token"]
    for body, status, code in (({"email": mail, "password": "wrong horse battery", "device": WEB}, 401, "invalid_credentials"),
                               ({"email": address(), "password": PASSWORD, "device": WEB}, 401, "invalid_credentials"),
                               ({"email": mail, "password": PASSWORD}, 400, "missing_device"),
                               ({"password": PASSWORD, "device": WEB}, 400, "missing_credentials")):
        assert Api(server.url).post("/api/auth/login", body, status).json["error"] == code


def test_android_reads_the_same_at_the_top(server):
    api, mail = Api(server.url), address()
    made = api.post("/api/auth/register", {"email": mail, "password": PASSWORD, "name": "Ben"}, 201, headers=ANDROID).json
    assert made["email"] == mail and made["name"] == "Ben" and made["access_token"] and made["created_at"]
    signed = api.post("/api/auth/login", {"email": mail, "password": PASSWORD, "device_name": "Pixel"}, headers=ANDROID).json
    client = Api(server.url, signed["access_token"])
    sessions = client.get("/api/auth/sessions", headers=ANDROID).json
    assert isinstance(sessions, list) and {"id", "device_name", "created_at", "last_used", "is_current"} <= sessions[0].keys()
    assert [one["is_current"] for one in sessions].count(True) == 1
    assert client.post("/api/auth/logout", b"", headers={**ANDROID, "Content-Type": "application/json"}).json["message"]
    client.get("/api/auth/me", expect=401)


def test_refresh_and_its_codes(server):
    client = signed_up(server)
    api = Api(server.url)
    first = api.post("/api/auth/refresh", {"refresh_token": client.refresh}).json
    assert first["tokens"]["refresh_token"] != client.refresh and first["refresh_token"] == first["tokens"]["refresh_token"]
    # It was used, so that the one before is known to have arrived.
    Api(server.url, first["access_token"]).get("/api/auth/me")
    second = api.post("/api/auth/refresh", {"refresh_token": first["refresh_token"]}).json
    Api(server.url, second["access_token"]).get("/api/auth/me")
    assert api.post("/api/auth/refresh", {"refresh_token": client.refresh}, 401).json["error"] == "token_reused"
    assert api.post("/api/auth/refresh", {"refresh_token": second["refresh_token"]}, 401).json["code"] in ("invalid_token", "token_reused")
    assert api.post("/api/auth/refresh", {}, 400).json["error"] == "missing_token"
    assert api.post("/api/auth/refresh", {"refresh_token": "made up"}, 401).json["error"] == "invalid_token"


def test_logout_ends_the_session_or_all(server):
    client = signed_up(server)
    other = Api(server.url).post("/api/auth/login", {"email": client.email, "password": PASSWORD, "device": {**WEB, "fingerprint": "2"}}).json
    other = Api(server.url, other["access_token"])
    other.post("/api/auth/logout", {"refresh_token": ""})
    other.get("/api/auth/me", expect=401)
    client.get("/api/auth/me")
    client.post("/api/auth/logout", {"all_devices": True})
    assert client.get("/api/auth/me", expect=401).json["code"].isupper()
    assert Api(server.url).post("/api/auth/refresh", {"refresh_token": client.refresh}, 401).json["error"] == "invalid_token"


def test_me_and_its_changes(server):
    client = signed_up(server)
    me = client.get("/api/auth/me").json
    assert {"id", "email", "email_verified", "display_name", "avatar_url", "locale", "timezone", "role", "mfa_enabled", "created_at",
            "last_login_at"} <= me["user"].keys()
    assert me["id"] == me["user"]["id"] == me["data"]["id"] and me["name"] == "Ada"
    changed = client.patch("/api/auth/me", {"display_name": "Ada L.", "timezone": "Europe/London"}).json["user"]
    assert (changed["display_name"], changed["timezone"], changed["locale"]) == ("Ada L.", "Europe/London", "en-US")
    assert client.patch("/api/auth/me", {}, 400).json["error"] == "no_updates"
    assert Api(server.url).get("/api/auth/me", expect=401).headers["WWW-Authenticate"].startswith("Bearer")


def test_forgot_and_reset(server):
    client = signed_up(server)
    api = Api(server.url)
    said = api.post("/api/auth/forgot-password", {"email": client.email}).json
    assert said == api.post("/api/auth/forgot-password", {"email": address()}).json, "nobody learns who has an account"
    token = token_mailed(server, client.email, "reset")
    assert api.post("/api/auth/reset-password", {"token": token, "password": "password123"}, 400).json["error"] == "weak_password"
    api.post("/api/auth/reset-password", {"token": token, "password": "another horse battery"})
    assert api.post("/api/auth/reset-password", {"token": token, "password": "third horse battery"}, 400).json["error"] == "invalid_token"
    client.get("/api/auth/me", expect=401)
    api.post("/api/auth/login", {"email": client.email, "password": PASSWORD, "device": WEB}, 401)
    api.post("/api/auth/login", {"email": client.email, "password": "another horse battery", "device": WEB})


def test_verify_and_resend(server):
    client = signed_up(server)
    assert client.post("/api/auth/resend-verification").json["message"]
    token = token_mailed(server, client.email, "verify")
    Api(server.url).get(f"/api/auth/verify-email?token={token}")
    assert client.get("/api/auth/me").json["user"]["email_verified"] is True
    assert Api(server.url).get("/api/auth/verify-email?token=made-up", expect=400).json["error"] == "invalid_token"
    Api(server.url).post("/api/auth/resend-verification", expect=401)


def test_sessions_and_devices(server):
    client = signed_up(server)
    phone = Api(server.url).post("/api/auth/login", {"email": client.email, "password": PASSWORD,
                                                    "device": {"fingerprint": "phone", "name": "iPhone", "type": "ios", "os_version": "18"}}).json
    phone = Api(server.url, phone["access_token"])
    sessions = client.get("/api/auth/sessions").json["sessions"]
    assert {one["device"]["name"] for one in sessions} == {"Firefox", "iPhone"}
    assert {"id", "ip_address", "user_agent", "location", "device", "created_at", "last_activity_at"} <= sessions[0].keys()
    other = next(one["id"] for one in sessions if one["device"]["name"] == "iPhone")
    client.delete(f"/api/auth/sessions/{other}")
    phone.get("/api/auth/me", expect=401)
    client.delete(f"/api/auth/sessions/{other}", expect=404)
    devices = client.get("/api/auth/devices").json["devices"]
    assert {one["name"] for one in devices} == {"Firefox", "iPhone"}
    client.delete("/api/auth/devices/" + next(one["id"] for one in devices if one["name"] == "iPhone"))
    assert [one["name"] for one in client.get("/api/auth/devices").json["devices"]] == ["Firefox"]


def test_nobody_ends_the_session_of_somebody_else(server):
    first, second = signed_up(server), signed_up(server)
    theirs = first.get("/api/auth/sessions").json["sessions"][0]["id"]
    second.delete(f"/api/auth/sessions/{theirs}", expect=404)
    first.get("/api/auth/me")


def test_a_changed_password_signs_other_devices_out(server):
    client = signed_up(server)
    other = Api(server.url).post("/api/auth/login", {"email": client.email, "password": PASSWORD, "device_name": "Pixel"}).json
    wrong = {"current_password": "wrong horse battery", "new_password": "another horse battery"}
    assert client.post("/api/auth/password", wrong, 401).json["error"] == "invalid_password"
    client.post("/api/auth/password", {"current_password": PASSWORD, "new_password": "another horse battery"})
    Api(server.url, other["access_token"]).get("/api/auth/me", expect=401)


def test_beta_tokens_are_bearers(server):
    tester = Api(server.url, "uma_beta_2026_ada")
    tester.get("/api/documents")
    Api(server.url, "uma_beta_2026_eve").get("/api/documents", expect=401)
    tester.get("/api/audit", expect=403)


def test_unknown_paths_and_bodies_are_errors_of_the_dialect(server):
    answer = Api(server.url).get("/api/auth/nothing", expect=404).json
    assert answer["success"] is False and answer["code"] == "NOT_FOUND" and answer["error"]
    answer = Api(server.url).post("/api/auth/login", b"{", 400, headers={"Content-Type": "application/json"}).json
    assert answer["success"] is False and answer["message"]
