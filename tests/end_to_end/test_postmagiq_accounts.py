"""Accounts, workspaces, members, invitations, keys, the audit log and domains of Postmagiq, as its page calls them.

docs/checklist.tsv names the functions here that prove a row of the checklist.
"""

import uuid

import pytest

from http_api import Api
from programs import ROOT, Server

POSTMAGIQ = ROOT / "apps/postmagiq"
PASSWORD = "correct horse battery"
V1 = "/api/v1"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("postmagiq")
    with Server(POSTMAGIQ, folder / "data", SMTP_FROM="post@example.org", APP_BASE_URL="https://post.example.org") as running:
        yield running


def signed_up(server):
    mail = f"user-{uuid.uuid4().hex[:12]}@example.org"
    tokens = Api(server.url).post(V1 + "/auth/register", {"email": mail, "password": PASSWORD, "full_name": "Ada"}, 201).json
    assert tokens["token_type"] == "bearer" and tokens["expires_in"] == 1800
    client = Api(server.url, tokens["access_token"])
    client.email, client.refresh, client.id = mail, tokens["refresh_token"], client.get(V1 + "/auth/me").json["id"]
    return client


def workspace_of(client, name="Team"):
    return client.post(V1 + "/workspaces", {"name": name, "description": "About it"}, 201).json


def joined(server, owner, workspace, role):
    """A new user who accepted an invitation."""
    member = signed_up(server)
    invited = owner.post(f"{V1}/w/{workspace}/members", {"email": member.email, "role": role}, 201).json
    accepted = member.post(f"{V1}/invites/{invited['invite_token']}/accept").json
    assert (accepted["workspace_id"], accepted["role"], accepted["invite_status"]) == (workspace, role, "accepted")
    return member


def test_register_login_refresh_logout(server):
    client = signed_up(server)
    api = Api(server.url)
    me = client.get(V1 + "/auth/me").json
    assert me["email"] == client.email and me["full_name"] == "Ada" and me["is_active"] and me["default_workspace_id"]
    tokens = api.post(V1 + "/auth/login", {"email": client.email, "password": PASSWORD}).json
    renewed = api.post(V1 + "/auth/refresh", {"refresh_token": tokens["refresh_token"]}).json
    again = Api(server.url, renewed["access_token"])
    assert again.post(V1 + "/auth/logout").json["message"]
    again.get(V1 + "/auth/me", expect=401)
    api.post(V1 + "/auth/refresh", {"refresh_token": renewed["refresh_token"]}, 401)
    client.get(V1 + "/auth/me")


def test_errors_are_those_that_the_page_reads(server):
    api = Api(server.url)
    client = signed_up(server)
    taken = api.post(V1 + "/auth/register", {"email": client.email, "password": PASSWORD, "full_name": "Ada"}, 400).json
    assert taken["detail"] == taken["error"]["message"] and taken["error"]["code"] == "BAD_REQUEST"
    wrong = api.post(V1 + "/auth/login", {"email": client.email, "password": "wrong horse battery"}, 401).json
    assert wrong["error"]["code"] == "AUTHENTICATION_FAILED" and wrong["detail"]
    invalid = api.post(V1 + "/auth/register", {"email": "e@example.org", "password": "x", "full_name": ""}, 400).json
    assert invalid["error"]["code"] == "VALIDATION_ERROR"
    assert {"field", "message", "type"} <= invalid["error"]["details"]["errors"][0].keys()
    assert api.get(V1 + "/nothing", expect=404).json["error"]["code"] == "NOT_FOUND"
    assert api.get(V1 + "/auth/me", expect=401).json["error"]["code"] == "AUTHENTICATION_FAILED"


def test_forgot_password_tells_nothing(server):
    api = Api(server.url)
    known = api.post(V1 + "/auth/forgot-password", {"email": signed_up(server).email}).json
    assert known == api.post(V1 + "/auth/forgot-password", {"email": "nobody@example.org"}).json
    api.post(V1 + "/auth/reset-password", {"token": "made up", "password": PASSWORD}, 400)


def test_a_user_creates_a_workspace(server):
    client = signed_up(server)
    made = workspace_of(client)
    assert made["name"] == "Team" and made["slug"] and made["owner_id"] == client.id
    listed = {one["id"]: one for one in client.get(V1 + "/workspaces").json}
    assert listed[made["id"]]["role"] == "owner" and listed[made["id"]]["member_count"] == 1
    assert len(listed) == 2, "and the personal one"
    changed = client.patch(f"{V1}/w/{made['id']}", {"name": "Other"}).json
    assert changed["name"] == "Other" and client.get(f"{V1}/w/{made['id']}").json == changed
    client.patch(f"{V1}/w/{made['id']}", {}, 400)
    client.delete(f"{V1}/w/{made['id']}", expect=204)
    client.get(f"{V1}/w/{made['id']}", expect=404)


def test_invitations_are_bound_to_the_address_and_used_once(server):
    owner, other = signed_up(server), signed_up(server)
    workspace = workspace_of(owner)["id"]
    invited = owner.post(f"{V1}/w/{workspace}/members", {"email": "somebody@example.org", "role": "editor"}, 201).json
    other.post(f"{V1}/invites/{invited['invite_token']}/accept", expect=400)
    other.post(f"{V1}/invites/made-up/accept", expect=404)
    owner.post(f"{V1}/w/{workspace}/members", {"email": "somebody@example.org"}, 409)
    owner.post(f"{V1}/w/{workspace}/members", {"email": "more@example.org", "role": "owner"}, 400)
    states = {one["email"]: one["invite_status"] for one in owner.get(f"{V1}/w/{workspace}/members").json}
    assert states == {owner.email: "accepted", "somebody@example.org": "pending"}
    owner.delete(f"{V1}/w/{workspace}/members/{invited['membership_id']}", expect=204)
    joined(server, owner, workspace, "viewer")


def test_roles_may_what_their_scopes_say(server):
    owner = signed_up(server)
    workspace = workspace_of(owner)["id"]
    people = {role: joined(server, owner, workspace, role) for role in ("admin", "editor", "viewer")}
    people["owner"] = owner
    place = f"{V1}/w/{workspace}"
    for role, client in people.items():
        client.get(place)
        client.get(place + "/members")
        client.patch(place, {"description": role}, 200 if role in ("owner", "admin") else 403)
        client.get(place + "/api-keys", expect=200 if role == "owner" else 403)
        client.get(place + "/audit-logs", expect=200 if role == "owner" else 403)
        client.post(place + "/members", {"email": f"{role}@example.org"}, 201 if role in ("owner", "admin") else 403)
    editor = people["editor"]
    people["admin"].patch(f"{place}/members/{editor.id}", {"role": "viewer"})
    people["admin"].patch(f"{place}/members/{owner.id}", {"role": "viewer"}, 400)
    owner.delete(f"{place}/members/{editor.id}", expect=204)
    editor.get(place, expect=404)
    owner.delete(f"{place}/members/{owner.id}", expect=400)
    people["admin"].delete(place, expect=403)


def test_a_workspace_is_not_there_for_others(server):
    owner, stranger = signed_up(server), signed_up(server)
    place = f"{V1}/w/{workspace_of(owner)['id']}"
    missing = f"{V1}/w/{uuid.uuid4()}"
    for path in ("", "/members", "/api-keys", "/audit-logs", "/domains/status"):
        there, not_there = stranger.get(place + path, expect=404), stranger.get(missing + path, expect=404)
        assert there.json["detail"] == not_there.json["detail"], path
        Api(server.url).get(place + path, expect=401)


def test_keys_are_shown_once_and_work(server):
    owner = signed_up(server)
    place = f"{V1}/w/{workspace_of(owner)['id']}"
    made = owner.post(place + "/api-keys", {"name": "robot", "scopes": ["content:read", "workspace:read"], "expires_in_days": 30}, 201).json
    assert made["key"].startswith("qx_") and made["key"].startswith(made["key_prefix"]) and made["status"] == "active"
    listed = owner.get(place + "/api-keys").json
    assert [one["id"] for one in listed] == [made["id"]] and "key" not in listed[0]
    robot = Api(server.url, made["key"])
    robot.get(place)
    robot.patch(place, {"description": "more"}, 403)
    robot.get(f"{V1}/w/{workspace_of(owner, 'Second')['id']}", expect=404)
    assert owner.patch(f"{place}/api-keys/{made['id']}", {"name": "cyborg"}).json["name"] == "cyborg"
    owner.delete(f"{place}/api-keys/{made['id']}", expect=204)
    robot.get(place, expect=401)
    assert owner.get(place + "/api-keys").json == []


def test_the_audit_log_tells_what_happened(server):
    owner = signed_up(server)
    workspace = workspace_of(owner)["id"]
    member = joined(server, owner, workspace, "editor")
    place = f"{V1}/w/{workspace}/audit-logs"
    page = owner.get(place).json
    assert {"workspace_created", "member_invited", "invitation_accepted"} <= {one["action"] for one in page["items"]}
    second = owner.get(place + "?limit=1&offset=1").json
    assert [one["id"] for one in second["items"]] == [page["items"][1]["id"]] and second["offset"] == 1
    assert owner.get(f"{place}/{page['items'][0]['id']}").json == page["items"][0]
    assert all(one["user_id"] == member.id for one in owner.get(f"{place}/user/{member.id}/activity").json)


def test_the_systems_owner_changes_roles(server):
    client, other = signed_up(server), signed_up(server)
    client.put(f"{V1}/auth/users/{other.id}/role", {"role": "admin"}, 403)
    flags = client.get(V1 + "/auth/me/flags").json
    assert flags["max_circuit_breaker"] == 1 and len(flags) == 10 and flags["show_costs"] is False


def test_privacy_is_kept_and_an_account_can_go(server):
    client = signed_up(server)
    assert client.get(V1 + "/users/me/privacy").json["data_retention_days"] == 365
    client.put(V1 + "/users/me/privacy", {"data_retention_days": 30, "allow_analytics": True})
    assert client.get(V1 + "/users/me/privacy").json["data_retention_days"] == 30
    assert client.email in client.post(V1 + "/users/me/export").text
    client.delete(V1 + "/users/me", expect=400)
    client.delete(V1 + f"/users/me?confirmation=DELETE&password={PASSWORD.replace(' ', '%20')}")
    client.get(V1 + "/auth/me", expect=401)
