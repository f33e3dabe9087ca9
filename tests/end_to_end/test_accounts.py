"""Accounts over the default API: sessions, devices, and what is verified, changed and set anew by mail."""

import email
import email.policy
import re
import uuid

import pytest

from http_api import Api
from programs import Server, eventually

PASSWORD = "a long password"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("accounts")


def application(folder, verification):
    folder.mkdir()
    (folder / "app.yaml").write_text(
        f"""
name: harbour
title: Harbour
stores: {{ mail: "file:outbox", mail_from: harbour@example.org }}
accounts: {{ verification: {verification}, links: "https://harbour.example.org", attempts: {{ max: 1000 }} }}
server: {{ rate_limit: {{ requests: 100000, period: 1m }} }}
"""
    )
    return folder


@pytest.fixture(scope="module")
def harbour(place):
    with Server(application(place / "harbour", "optional"), data=place / "data") as server:
        yield server


@pytest.fixture(scope="module")
def strict(place):
    with Server(application(place / "strict", "required"), data=place / "strict-data") as server:
        yield server


def mails_to(server, address):
    found = []
    for path in sorted((server.data / "outbox").glob("*.eml")):
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        if mail["To"] == address:
            found.append(mail)
    return found


def mail_to(server, address, subject):
    return eventually(lambda: next((mail for mail in reversed(mails_to(server, address)) if subject in mail["Subject"]), None))


def token_in(mail):
    text = mail.get_body(("plain",)).get_content()
    return re.search(r"https://harbour\.example\.org/account#\w+=([\w-]+)", text)[1]


def sign_up(server, device=None):
    name = "u" + uuid.uuid4().hex[:12]
    address = f"{name}@example.org"
    wanted = {"email": address, "username": name, "password": PASSWORD, "display_name": "Ada Lovelace"}
    tokens = Api(server.url).post("/api/auth/register", wanted | ({"device": device} if device else {}), 201).json
    return name, address, tokens


def sign_in(server, name, password=PASSWORD, status=200, device=None):
    wanted = {"name": name, "password": password} | ({"device": device} if device else {})
    return Api(server.url).post("/api/auth/login", wanted, status).json


def as_user(server, tokens):
    return Api(server.url, tokens["access_token"])


def test_sessions_are_listed_and_ended(harbour):
    name, _, first = sign_up(harbour, {"fingerprint": "f-1", "name": "My phone", "type": "ios"})
    second, third = sign_in(harbour, name), sign_in(harbour, name)
    listed = as_user(harbour, second).get("/api/auth/sessions").json["sessions"]
    assert {entry["id"] for entry in listed} == {tokens["session_id"] for tokens in (first, second, third)}
    assert [entry["id"] for entry in listed if entry["current"]] == [second["session_id"]]
    assert next(entry for entry in listed if entry["id"] == first["session_id"])["device"]["name"] == "My phone"
    as_user(harbour, second).delete(f"/api/auth/sessions/{third['session_id']}", 204)
    as_user(harbour, third).get("/api/me", 401)
    Api(harbour.url).post("/api/auth/refresh", {"refresh_token": third["refresh_token"]}, 401)
    stranger = sign_up(harbour)[2]
    as_user(harbour, stranger).delete(f"/api/auth/sessions/{first['session_id']}", 404)
    as_user(harbour, second).delete("/api/auth/sessions", 204)
    as_user(harbour, first).get("/api/me", 401)
    as_user(harbour, second).delete("/api/auth/sessions?which=all", 204)
    as_user(harbour, second).get("/api/me", 401)


def test_a_refresh_token_is_replaced_and_an_old_one_ends_the_session(harbour):
    _, _, tokens = sign_up(harbour)

    def refresh(tokens, status=200):
        return Api(harbour.url).post("/api/auth/refresh", {"refresh_token": tokens["refresh_token"]}, status).json

    second = refresh(tokens)
    assert refresh(tokens)["refresh_token"] == second["refresh_token"]  # an answer that did not arrive
    third = refresh(second)
    as_user(harbour, third).get("/api/me")
    assert refresh(tokens, 401)["error"]["details"]["reason"] == "reused"
    as_user(harbour, third).get("/api/me", 401)


def test_devices_take_their_sessions_along(harbour):
    name, _, tokens = sign_up(harbour, {"fingerprint": "f-1", "name": "My phone", "model": "X"})
    laptop = sign_in(harbour, name, device={"fingerprint": "f-2", "name": "My laptop"})
    devices = as_user(harbour, laptop).get("/api/auth/devices").json["devices"]
    assert {device["name"] for device in devices} == {"My phone", "My laptop"}
    phone = next(device for device in devices if device["name"] == "My phone")
    assert phone["model"] == "X"
    as_user(harbour, laptop).delete(f"/api/auth/devices/{phone['id']}", 204)
    as_user(harbour, tokens).get("/api/me", 401)
    as_user(harbour, laptop).get("/api/me")
    sign_in(harbour, name, status=400, device={"name": "without a fingerprint"})


def test_an_address_is_verified_by_mail(harbour):
    _, address, tokens = sign_up(harbour)
    user = as_user(harbour, tokens)
    assert user.get("/api/auth/profile").json["email_verified"] is False
    token = token_in(mail_to(harbour, address, "Confirm"))
    Api(harbour.url).post("/api/auth/verify", {"token": "x" + token}, 400)
    Api(harbour.url).post("/api/auth/verify", {"token": token}, 204)
    assert user.get("/api/auth/profile").json["email_verified"] is True
    Api(harbour.url).post("/api/auth/verify", {"token": token}, 400)
    user.post("/api/auth/verify/resend", {}, 400)


def test_a_password_is_set_anew_by_mail(harbour):
    name, address, tokens = sign_up(harbour)
    api = Api(harbour.url)
    known = api.post("/api/auth/forgot", {"email": address}, 202)
    unknown = api.post("/api/auth/forgot", {"email": "nobody@example.org"}, 202)
    assert known.body == unknown.body
    token = token_in(mail_to(harbour, address, "new password"))
    api.post("/api/auth/reset", {"token": token, "password": "short"}, 400)
    api.post("/api/auth/reset", {"token": token, "password": "another long password"}, 204)
    as_user(harbour, tokens).get("/api/me", 401)
    sign_in(harbour, name, status=401)
    sign_in(harbour, name, "another long password")
    api.post("/api/auth/reset", {"token": token, "password": "a third long password"}, 400)
    assert mail_to(harbour, address, "was changed")
    assert not mails_to(harbour, "nobody@example.org")
    assert token not in "".join(harbour.log.all)


def test_password_and_address_are_changed_by_who_knows_the_password(harbour):
    name, address, tokens = sign_up(harbour)
    other = sign_in(harbour, name)
    user = as_user(harbour, tokens)
    wrong = user.post("/api/auth/password", {"current_password": "wrong", "new_password": PASSWORD}, 403).json
    assert wrong["error"]["details"]["reason"] == "wrong"
    user.post("/api/auth/password", {"current_password": PASSWORD, "new_password": "another long password"}, 204)
    as_user(harbour, other).get("/api/me", 401)
    user.get("/api/me")
    fresh = "new-" + address
    user.post("/api/auth/email", {"password": "wrong", "email": fresh}, 403)
    user.post("/api/auth/email", {"password": "another long password", "email": fresh}, 202)
    assert mail_to(harbour, address, "about to change")
    Api(harbour.url).post("/api/auth/verify", {"token": token_in(mail_to(harbour, fresh, "Confirm"))}, 204)
    assert user.get("/api/auth/profile").json["email"] == fresh


def test_a_profile_is_changed_and_all_is_exported_and_deleted(harbour):
    name, address, tokens = sign_up(harbour)
    user = as_user(harbour, tokens)
    changed = user.patch("/api/auth/profile", {"display_name": "Ada", "profile": {"locale": "en-GB"}}, 200).json
    assert changed["display_name"] == "Ada" and changed["profile"] == {"locale": "en-GB"}
    user.patch("/api/auth/profile", {"username": "a"}, 400)
    user.patch("/api/auth/profile", {"profile": {"big": "x" * 15000}}, None)
    chat = user.post("/api/chats", {"title": "What I asked"}, 201).json
    all_of_it = user.get("/api/auth/export").json
    assert all_of_it["user"]["email"] == address
    assert all_of_it["workspaces"][0]["chats"][0]["title"] == "What I asked"
    assert all_of_it["sessions"] and "sign_in" in {event["event"] for event in all_of_it["events"]}
    assert "refresh_key" not in str(all_of_it) and "argon2" not in str(all_of_it)
    user.post("/api/auth/delete", {"password": "wrong"}, 403)
    user.post("/api/auth/delete", {"password": PASSWORD}, 204)
    user.get("/api/me", 401)
    sign_in(harbour, name, status=401)
    assert chat


def test_where_addresses_are_verified_first_nobody_learns_which_are_known(strict):
    api = Api(strict.url)
    name = "u" + uuid.uuid4().hex[:12]
    wanted = {"email": f"{name}@example.org", "username": name, "password": PASSWORD}
    fresh = api.post("/api/auth/register", wanted, 202)
    token = token_in(mail_to(strict, wanted["email"], "Confirm"))
    assert sign_in(strict, name, status=403)["error"]["details"]["reason"] == "unverified"
    api.post("/api/auth/verify", {"token": token}, 204)
    sign_in(strict, name)
    known = api.post("/api/auth/register", wanted | {"username": name + "x"}, 202)
    assert known.body == fresh.body
    assert mail_to(strict, wanted["email"], "You have an account")
    sign_in(strict, name)


def test_forms_of_a_session_are_refused_to_strangers(harbour):
    api = Api(harbour.url)
    for method, path in (
        ("get", "/api/auth/sessions"),
        ("delete", "/api/auth/sessions"),
        ("get", "/api/auth/devices"),
        ("get", "/api/auth/profile"),
        ("get", "/api/auth/export"),
    ):
        getattr(api, method)(path, 401)
    for path in ("password", "email", "delete", "verify/resend"):
        body = {"password": "x", "email": "x@example.org", "current_password": "x", "new_password": "x"}
        api.post(f"/api/auth/{path}", body, 401)
