"""Every route of the API that names something is called for what is another workspace's, by its OpenAPI document: nothing but 401,
403 or 404 comes back, and each refused call has a twin that succeeds."""

import re

import pytest

from http_api import Api, register
from programs import Server

MANIFEST = """
name: isolated
stores: { database: "sqlite:database.sqlite" }
accounts:
  secret: "${JWT_SECRET}"
  registration: open
  workspaces: { mode: own, create: everyone }
files: { pictures: { types: [text/] } }
"""
SCRIPT = """
job("note", function(job) end)
route.get("/w/{workspace_id}/name", {workspace = "workspace_id", scope = "workspace:read"},
  function(request) return slipway.workspaces.get{} end)
"""

# What a call needs beside its path, for the twin to succeed.
BODIES = {
    "post /api/documents": {"title": "T", "content": "Text."},
    "patch /api/documents/{id}": {"title": "Another"},
    "post /api/chats": {"title": "T"},
    "patch /api/chats/{id}": {"title": "Another"},
    "post /api/chats/{id}/messages": {"content": "Hello?"},
    "post /api/keys": {"name": "another"},
    "patch /api/keys/{id}": {"name": "renamed"},
    "post /api/jobs": {"name": "note"},
    "patch /api/workspaces/{id}": {"description": "Another"},
    "patch /api/workspaces/{id}/members/{user}": {"role": "viewer"},
    "post /api/workspaces/{id}/invitations": {"email": "another@example.org", "role": "viewer"},
    "post /api/workspaces/{id}/domains": {"domain": "another.example.org"},
}
# Calls that name nothing of a workspace, or have no success without more than this test makes. The reason stands beside.
ELSEWHERE = {
    "post /api/workspaces": "makes one of one's own",
    "get /api/workspaces": "lists one's own",
    "get /api/me": "oneself",
    **{f"{method} /api/auth/{rest}": "oneself, in no workspace; test_accounts.py, test_keys_and_factors.py, test_unamentis_auth.py" for method, rest in (
        ("get", "sessions"), ("delete", "sessions"), ("delete", "sessions/{id}"), ("get", "devices"), ("delete", "devices/{id}"), ("get", "profile"),
        ("patch", "profile"), ("get", "export"), ("post", "delete"), ("post", "password"), ("post", "email"), ("post", "verify/resend"),
        ("post", "reauthenticate"), ("get", "factors"), ("post", "factors"), ("post", "factors/{id}/confirm"), ("delete", "factors/{id}"),
        ("post", "recovery-codes"), ("post", "upgrade"))},
    "get /api/audit/{id}": "test_audit.py",
    "post /api/invitations/accept": "test_workspaces.py: bound to the address",
    "post /api/workspaces/{id}/transfer": "test_workspaces.py: changes who the owner is",
    "post /api/workspaces/{id}/leave": "test_workspaces.py: the last owner stays",
    "post /api/workspaces/{id}/suspend": "of the system's admins; test_workspaces.py",
    "post /api/workspaces/{id}/resume": "of the system's admins; test_workspaces.py",
    "post /api/workspaces/{id}/domains/{domain}/check": "test_workspaces.py: needs a name server",
    "post /api/jobs/{id}/retry": "only what was given up; test_jobs.py",
    "post /api/files/{purpose}/uploads": "test_files.py: a form, and what it brings",
    "post /api/files/{purpose}/{id}/complete": "test_files.py: what a form brought",
    "get /api/events": "a stream; test_channels.py",
    "get /api/ws": "a WebSocket; test_api.py",
    "post /api/chats/{id}/regenerate": "test_api.py: there is an answer to make again",
}


@pytest.fixture(scope="module")
def isolated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("isolated")
    application = folder / "isolated"
    application.mkdir()
    (application / "app.yaml").write_text(MANIFEST)
    (application / "routes.lua").write_text(SCRIPT)
    with Server(application, folder / "data", JWT_SECRET="s" * 40) as server:
        yield server


class Tenant:
    """Somebody with a workspace that has one of everything."""

    def __init__(self, url):
        self.api = register(url)
        self.workspace = self.api.get("/api/workspaces").json["workspaces"][0]["id"]
        self.guest = register(url)
        guest = self.invite(f"{self.guest.name}@example.org")
        self.guest.post("/api/invitations/accept", {"token": guest["token"]})
        members = self.api.get(f"/api/workspaces/{self.workspace}/members").json["members"]
        self.user = next(member["user_id"] for member in members if member["username"] == self.guest.name)
        self.fill()

    def invite(self, email):
        return self.api.post(f"/api/workspaces/{self.workspace}/invitations", {"email": email, "role": "viewer"}, 201).json

    def fill(self):
        api = self.api
        self.ids = {
            "documents": api.post("/api/documents", {"title": "T", "content": "Text."}, 201).json["id"],
            "chats": api.post("/api/chats", {"title": "T"}, 201).json["id"],
            "files": api.post("/api/files/pictures?name=a.txt", b"a", 201, headers={"Content-Type": "text/plain"}).json["id"],
            "jobs": api.post("/api/jobs", {"name": "note"}, 202).json["id"],
            "keys": api.post("/api/keys", {"name": "mine"}, None).json["id"],
        }
        self.invitation = self.invite("somebody@example.org")["id"]
        self.domain = api.post(f"/api/workspaces/{self.workspace}/domains", {"domain": "www.example.org"}, 201).json["id"]

    def path(self, pattern):
        kind = pattern.split("/")[2] if pattern.startswith("/api/") else ""
        values = {"id": self.workspace if kind == "workspaces" else self.ids.get(kind, "x"), "workspace_id": self.workspace,
                  "purpose": "pictures", "user": self.user, "invitation": self.invitation, "domain": self.domain}
        filled = re.sub(r"{(\w+)}", lambda found: values[found[1]], pattern)
        return filled + {"/api/search": "?q=text", "/api/documents": "?confirm=true", "/api/files/pictures": "?name=b.txt"}.get(filled, "")

    def call(self, api, route, headers=None):
        method, pattern = route.split(" ", 1)
        body, headers = BODIES.get(route), dict(headers or {})
        if route == "post /api/files/{purpose}":
            body, headers = b"text", {"Content-Type": "text/plain", **headers}
        return api.request(method.upper(), self.path(pattern), body, headers)


def routes_of(url):
    found = []
    for path, operations in Api(url).get("/openapi.json").json["paths"].items():
        found += [f"{method} {path}" for method, operation in operations.items() if operation.get("security")]
    order = {"get": 0, "post": 1, "put": 2, "patch": 3, "delete": 4}
    # What deletes most comes last.
    return sorted(found, key=lambda route: (order[route.split()[0]], route == "delete /api/workspaces/{id}", -route.count("/"), route))


def test_no_route_gives_anything_of_another_workspace(isolated):
    ada, eve = Tenant(isolated.url), Tenant(isolated.url)
    routes = [route for route in routes_of(isolated.url) if route not in ELSEWHERE]
    assert len(routes) > 30
    for route in routes:
        # By name of the workspace, and by the ids of what is in it alone.
        header = {"X-Workspace": ada.workspace}
        for who, headers in ((eve.api, header), (Api(isolated.url), {}), (Api(isolated.url, "eyJhbGciOiJub25lIn0.e30."), {})):
            refused = ada.call(who, route, headers)
            assert refused.status in (401, 403, 404), f"{route}: {refused.status} {refused.body[:300]!r}"
        if re.search(r"{(id|workspace_id)}", route):
            refused = ada.call(eve.api, route)
            assert refused.status in (403, 404), f"{route}: {refused.status} {refused.body[:300]!r}"
    for route in routes:
        answer = ada.call(ada.api, route)
        assert 200 <= answer.status < 300, f"{route} has no twin: {answer.status} {answer.body[:300]!r}"


def test_a_viewer_changes_nothing(isolated):
    ada = Tenant(isolated.url)
    header = {"X-Workspace": ada.workspace}
    routes = ("post /api/documents", "patch /api/documents/{id}", "delete /api/documents/{id}", "get /api/jobs", "delete /api/documents",
              "patch /api/workspaces/{id}", "post /api/workspaces/{id}/invitations", "patch /api/workspaces/{id}/members/{user}",
              "post /api/workspaces/{id}/domains", "delete /api/workspaces/{id}/domains/{domain}", "delete /api/workspaces/{id}")
    for route in routes:
        assert ada.call(ada.guest, route, header).status == 403, route
    for route in routes:
        answer = ada.call(ada.api, route)
        assert 200 <= answer.status < 300, f"{route}: {answer.status} {answer.body[:300]!r}"
