"""Workspaces over the API: members, invitations, domains, suspension, and that a deleted one leaves nothing behind."""

import json
import sqlite3
import subprocess

import pytest

from http_api import Api, register
from name_server import NameServer
from programs import Server, eventually, run_cli

MANIFEST = """
name: tenants
stores: { database: "sqlite:database.sqlite" }
accounts:
  secret: "${JWT_SECRET}"
  registration: open
  workspaces: { mode: own, create: everyone, quotas: { members: 3 } }
  roles: { own: { editor: { scopes: ["content:write"] }, reviewer: { like: viewer, scopes: ["content:approve"] } } }
  domains: { resolver: "${RESOLVER:-127.0.0.1:9}", prefix: tenants-verify, unknown: refuse, cname: app.example.org }
files: { pictures: { types: [text/] } }
"""

SCRIPT = """
route.post("/w/{workspace_id}/posts", {workspace = "workspace_id", scope = "content:write", body = {type = "object"}},
  function(request) return {workspace = request.workspace, role = request.user.role, scopes = request.user.scopes} end)
route.get("/open", {auth = false}, function(request) return {open = true} end)
route.get("/w/{workspace_id}/mine", {workspace = "workspace_id", scope = "workspace:read"},
  function(request) return slipway.workspaces.get{} end)
"""


@pytest.fixture(scope="module")
def tenants(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tenants")
    application = folder / "tenants"
    application.mkdir()
    (application / "app.yaml").write_text(MANIFEST)
    (application / "routes.lua").write_text(SCRIPT)
    with NameServer() as names, Server(application, folder / "data", RESOLVER=names.address, JWT_SECRET="s" * 40) as server:
        server.names, server.application, server.data = names, application, folder / "data"
        yield server


def workspace_of(api):
    return api.get("/api/workspaces").json["workspaces"][0]


def joined(owner, workspace, url, role):
    guest = register(url)
    invitation = owner.post(f"/api/workspaces/{workspace}/invitations", {"email": f"{guest.name}@example.org", "role": role}, 201).json
    guest.post("/api/invitations/accept", {"token": invitation["token"]})
    return guest


def test_everybody_has_a_workspace_and_sees_no_other(tenants):
    ada, eve = register(tenants.url), register(tenants.url)
    own, other = workspace_of(ada), workspace_of(eve)
    assert own["role"] == "owner" and own["personal"] and own["member_count"] == 1 and own["id"] != other["id"]
    document = ada.post("/api/documents", {"title": "Secret", "content": "The plan of Ada is secret."}, 201).json
    assert ada.get(f"/api/documents/{document['id']}").json["title"] == "Secret"
    eve.get(f"/api/documents/{document['id']}", 404)
    assert eve.get("/api/search?q=secret").json["results"] == []
    foreign = eve.get(f"/api/workspaces/{own['id']}", 404).json["error"]
    missing = eve.get("/api/workspaces/none", 404).json["error"]
    assert (foreign["code"], foreign["message"]) == (missing["code"], missing["message"])
    for path in ("members", "invitations", "domains", "usage"):
        eve.get(f"/api/workspaces/{own['id']}/{path}", 404)
        ada.get(f"/api/workspaces/{own['id']}/{path}")
    eve.get("/api/documents", 404, headers={"X-Workspace": own["slug"]})
    assert ada.get("/api/documents", headers={"X-Workspace": own["slug"]}).json["total"] == 1


def test_roles_and_scopes_decide_beside_each_route(tenants):
    ada = register(tenants.url)
    workspace = workspace_of(ada)["id"]
    editor, viewer = (joined(ada, workspace, tenants.url, role) for role in ("editor", "reviewer"))
    path = f"/w/{workspace}/posts"
    answer = editor.post(path, {}).json
    assert answer["workspace"] == workspace and answer["role"] == "editor" and "content:write" in answer["scopes"]
    assert viewer.post(path, {}, 403).json["error"]["details"]["scope"] == "content:write"
    assert viewer.get(f"/w/{workspace}/mine").json["role"] == "reviewer"
    register(tenants.url).post(path, {}, 404)
    Api(tenants.url).post(path, {}, 401)
    assert Api(tenants.url).get("/open").json == {"open": True}
    header = {"X-Workspace": workspace}
    editor.post("/api/documents", {"title": "A", "content": "Letters."}, 201, headers=header)
    viewer.post("/api/documents", {"title": "B", "content": "Letters."}, 403, headers=header)
    # The quota of members counts who is invited.
    ada.post(f"/api/workspaces/{workspace}/invitations", {"email": "one@example.org", "role": "viewer"}, 409)


def test_every_route_says_what_it_needs(tenants):
    described = Api(tenants.url).get("/openapi.json").json
    said = 0
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            scopes = [scope for entry in operation.get("security", []) for scope in entry["bearer"]]
            assert not operation.get("security") or scopes, f"{method} {path} states no scope"
            said += bool(scopes)
            if operation.get("security"):
                filled = path.replace("{", "").replace("}", "")
                answer = Api(tenants.url).request(method.upper(), filled)
                assert answer.status == 401, f"{method} {path}: {answer.status}"
    assert said > 40


def test_last_owner_stays_until_the_workspace_is_handed_over(tenants):
    ada = register(tenants.url)
    workspace = workspace_of(ada)["id"]
    bob = joined(ada, workspace, tenants.url, "editor")
    ids = {member["username"]: member["user_id"] for member in ada.get(f"/api/workspaces/{workspace}/members").json["members"]}
    ada.post(f"/api/workspaces/{workspace}/leave", None, 409)
    bob.post(f"/api/workspaces/{workspace}/transfer", {"user_id": ids[bob.name]}, 403)
    ada.post(f"/api/workspaces/{workspace}/transfer", {"user_id": ids[bob.name]}, 204)
    ada.post(f"/api/workspaces/{workspace}/leave", None, 204)
    ada.get(f"/api/workspaces/{workspace}", 404)
    assert bob.get(f"/api/workspaces/{workspace}").json["role"] == "owner"


def test_suspended_workspace_is_shut(tenants):
    ada = register(tenants.url)
    workspace = workspace_of(ada)
    assert workspace["slug"] in run_cli("workspaces", "list", str(tenants.application), "--data", str(tenants.data), folder=tenants.data).stdout
    run = ["workspaces", "suspend", str(tenants.application), workspace["slug"], "--reason", "unpaid", "--data", str(tenants.data)]
    run_cli(*run, folder=tenants.data)
    assert ada.get("/api/documents", 403).json["error"]["details"]["reason"] == "suspended"
    ada.post(f"/api/workspaces/{workspace['id']}/resume", None, 403)
    run[1] = "resume"
    del run[4:6]
    run_cli(*run, folder=tenants.data)
    ada.get("/api/documents")


def test_domain_is_proven_and_decides_the_workspace(tenants):
    ada, eve = register(tenants.url), register(tenants.url)
    own, other = workspace_of(ada)["id"], workspace_of(eve)["id"]
    joined_elsewhere = joined(eve, other, tenants.url, "editor")
    assert ada.post(f"/api/workspaces/{own}/domains", {"domain": "127.0.0.1"}, 400)
    domain = ada.post(f"/api/workspaces/{own}/domains", {"domain": "Bücher.Example"}, 201).json
    assert domain["domain"] == "xn--bcher-kva.example" and domain["cname"] == "app.example.org" and not domain["verified"]
    assert domain["record"]["name"] == "_tenants-verify.xn--bcher-kva.example"
    host = {"Host": "xn--bcher-kva.example"}
    ada.get("/api/documents", 404, headers=host)
    check = f"/api/workspaces/{own}/domains/{domain['id']}/check"
    assert ada.post(check, None, 400).json["error"]["details"]["reason"] == "record_missing"
    # Too long for a datagram: asked again over TCP.
    tenants.names.records[domain["record"]["name"]] = ["x" * 600, domain["record"]["value"]]
    assert ada.post(check, None).json["verified"] is True and tenants.names.asked[-1] == "tcp"
    assert ada.get("/api/documents", headers=host).json["total"] == 0
    eve.get("/api/documents", 404, headers=host)  # no member of the workspace of that host
    joined_elsewhere.get("/api/documents", 404, headers=host)
    Api(tenants.url).get("/open", 404, headers={"Host": "unknown.example"})
    assert Api(tenants.url).get("/health", headers={"Host": "10.0.0.7"}).status == 200
    # Another may claim it, and cannot prove it.
    second = eve.post(f"/api/workspaces/{other}/domains", {"domain": "bücher.example"}, 201).json
    tenants.names.records[domain["record"]["name"]].append(second["record"]["value"])
    eve.post(f"/api/workspaces/{other}/domains/{second['id']}/check", None, 409)
    ada.delete(f"/api/workspaces/{own}/domains/{domain['id']}", 204)
    ada.get("/api/documents", 404, headers=host)


def test_deleted_workspace_leaves_nothing(tenants):
    ada = register(tenants.url)
    workspace = ada.post("/api/workspaces", {"name": "To be deleted"}, 201).json["id"]
    header = {"X-Workspace": workspace}
    document = ada.post("/api/documents", {"title": "Gone", "content": "Zanzibar is far."}, 201, headers=header).json["id"]
    chat = ada.post("/api/chats", {"title": "Gone"}, 201, headers=header).json["id"]
    ada.post(f"/api/chats/{chat}/messages", {"content": "Where is Zanzibar?"}, headers=header)
    ada.post("/api/files/pictures?name=a.txt", b"a picture", 201, headers={"Content-Type": "text/plain", **header})
    objects = [path for path in tenants.data.rglob("*") if workspace in str(path)]
    assert objects
    ada.delete(f"/api/workspaces/{workspace}", 204)
    for path in (f"/api/documents/{document}", f"/api/chats/{chat}", "/api/search?q=Zanzibar"):
        ada.get(path, 404, headers=header)
    assert workspace not in [entry["id"] for entry in ada.get("/api/workspaces").json["workspaces"]]

    def rows():
        found = {}
        for file in tenants.data.rglob("*.sqlite"):
            with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
                for (table,) in database.execute("select name from sqlite_master where type = 'table'").fetchall():
                    columns = [row[1] for row in database.execute(f'pragma table_info("{table}")')]
                    for column in ("workspace", "id"):
                        if column in columns and table != "security_events":
                            count = database.execute(f'select count(*) from "{table}" where "{column}" = ?', (workspace,)).fetchone()[0]
                            if count:
                                found[f"{file.name} {table}"] = count
        return found

    eventually(lambda: not rows(), 30)
    left = [path for path in tenants.data.rglob("*") if workspace in str(path) and path.is_file()]
    assert left == []
