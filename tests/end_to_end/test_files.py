"""Files by purpose: over the API, by forms and links, from Lua; in a folder beside SQLite and in a bucket beside PostgreSQL."""

import datetime
import http.client
import json
import threading
import time
import urllib.parse
import uuid

import pytest

from engines import Bucket, Postgres, TaskRole
from http_api import Api, register
from programs import Server, run_cli

MANIFEST = """
name: kept
stores:
  database: "${DATABASE_URL:-sqlite:database.sqlite}"
  database_owner: "${DATABASE_OWNER_URL}"
  objects: "${OBJECTS_URL:-file:objects}"
accounts: { secret: "${JWT_SECRET}", registration: open }
files:
  drafts: { types: [text/, image/], size_max: 100KB }
  notes: { read: owner, store: "${NOTES_URL:-file:notes}" }
  assets: { read: public, size_max: 20MB, link_time: 2h, cache_control: "public, max-age=60", public_url: "${ASSETS_CDN}" }
  made: { write: scripts, keep: 1h }
"""

SCRIPT = """
route.post("/made", {form = true}, function(request)
  return slipway.files.put{purpose = "made", file = request.body.file}
end)
route.post("/made/text", {body = {type = "object"}}, function(request)
  return slipway.files.put{purpose = "made", name = request.body.name, content = request.body.text}
end)
route.get("/made", {}, function(request) return slipway.files.list{purpose = "made", limit = 1} end)
route.get("/made/{id}", {}, function(request) return slipway.files.get{purpose = "made", id = request.params.id, content = true} end)
route.get("/made/{id}/open", {}, function(request)
  return respond(302, "", {Location = slipway.files.link{purpose = "made", id = request.params.id}.url})
end)
route.delete("/made/{id}", {}, function(request) return slipway.files.erase{purpose = "made", id = request.params.id} end)
route.post("/made/form", {}, function(request) return slipway.files.upload_form{purpose = "made", name = "by-form.txt"} end)
route.post("/made/{id}/done", {}, function(request) return slipway.files.complete{purpose = "made", id = request.params.id} end)
"""


@pytest.fixture(scope="module")
def application(tmp_path_factory):
    folder = tmp_path_factory.mktemp("application") / "kept"
    folder.mkdir()
    (folder / "app.yaml").write_text(MANIFEST)
    (folder / "routes.lua").write_text(SCRIPT)
    return folder


@pytest.fixture(scope="module")
def bucket(tmp_path_factory):
    place = tmp_path_factory.mktemp("s3")
    with Bucket(place, buckets=("documents", "notes")) as server:
        server.place = place / "data"
        yield server


@pytest.fixture(scope="module", params=["folder", "bucket"])
def kept(request, application, tmp_path_factory):
    """A server, in both worlds."""
    data = tmp_path_factory.mktemp("data") / "data"
    if request.param == "folder":
        with Server(application, data) as server:
            yield server
        return
    bucket = request.getfixturevalue("bucket")
    with Postgres(tmp_path_factory.mktemp("postgres")) as postgres:
        with Server(application, data, **in_services(postgres, bucket)) as server:
            yield server


def in_services(postgres, bucket):
    options = f"region=us-east-1&endpoint={bucket.endpoint}&style=path"
    return {"DATABASE_URL": postgres.url("kept", postgres.database("kept")), "DATABASE_OWNER_URL": postgres.url("owner", "kept"),
            "OBJECTS_URL": f"s3://documents/kept?{options}", "NOTES_URL": f"s3://notes?{options}", **bucket.environment}


def open_url(server, url, **more):
    """Whatever a link says, without signing in: relative links are the server's own."""
    absolute = urllib.parse.urljoin(server.url, url)
    parts = urllib.parse.urlsplit(absolute)
    return Api(f"{parts.scheme}://{parts.netloc}").request("GET", absolute[len(f"{parts.scheme}://{parts.netloc}"):], **more)


def send_form(server, upload, content, name="any", **changed):
    """The form as a browser sends it; gives the status."""
    url = urllib.parse.urlsplit(urllib.parse.urljoin(server.url, upload["url"]))
    boundary, body = "part-" + uuid.uuid4().hex, b""
    for key, value in (upload["fields"] | changed).items():
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
    body += (f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n').encode() + content
    body += f"\r\n--{boundary}--\r\n".encode()
    return Api(f"{url.scheme}://{url.netloc}").request("POST", url.path, body,
                                                       {"Content-Type": f"multipart/form-data; boundary={boundary}"}).status


def test_a_file_is_stored_read_by_parts_listed_and_deleted(kept):
    ada, bob = register(kept.url), register(kept.url)
    form = ada.upload("/api/files/drafts", "first.txt", b"hello world", "text/plain", 201).json
    raw = ada.post("/api/files/drafts?name=r%C3%A9sum%C3%A9.txt", b"second", 201, headers={"Content-Type": "text/plain"}).json
    assert (form["name"], form["size"], form["content_type"]) == ("first.txt", 11, "text/plain") and raw["name"] == "r\u00e9sum\u00e9.txt"

    page = bob.get("/api/files/drafts?limit=1").json
    assert [file["id"] for file in page["files"]] == [raw["id"]]
    assert bob.get(f"/api/files/drafts?limit=1&cursor={page['next']}").json["files"][0] == form
    assert bob.get(f"/api/files/drafts/{form['id']}").json == form

    whole = bob.get(form["url"])
    assert whole.body == b"hello world" and whole.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert whole.headers["X-Content-Type-Options"] == "nosniff" and "sandbox" in whole.headers["Content-Security-Policy"]
    part = bob.get(form["url"], 206, headers={"Range": "bytes=6-"})
    assert part.body == b"world" and part.headers["Content-Range"] == "bytes 6-10/11"
    bob.get(form["url"], 304, headers={"If-None-Match": whole.headers["ETag"]})
    bob.get(form["url"], 416, headers={"Range": "bytes=20-"})
    assert "attachment" in bob.get(form["url"] + "?download=true").headers["Content-Disposition"]
    assert "r%C3%A9sum%C3%A9.txt" in bob.get(raw["url"]).headers["Content-Disposition"]

    bob.delete(f"/api/files/drafts/{form['id']}", 403)
    ada.delete(f"/api/files/drafts/{form['id']}", 204)
    ada.get(form["url"], 404)
    ada.get(f"/api/files/drafts/{form['id']}", 404)
    assert "/api/files/{purpose}/{id}/complete" in Api(kept.url).get("/openapi.json").json["paths"]


def test_what_is_not_allowed_is_refused_and_says_why(kept):
    ada = register(kept.url)
    assert "application/pdf" in ada.upload("/api/files/drafts", "a.pdf", b"x", "application/pdf", 400).json["error"]["message"]
    assert "102400" in ada.upload("/api/files/drafts", "a.txt", b"x" * 102401, "text/plain", 400).json["error"]["message"]
    assert "slashes" in ada.post("/api/files/drafts?name=..%2Fa.txt", b"x", 400, headers={"Content-Type": "text/plain"}).json["error"]["message"]
    assert "drafts, notes, assets, made" in ada.get("/api/files/draft", 404).json["error"]["message"]
    assert "application alone" in ada.upload("/api/files/made", "a.txt", b"x", "text/plain", 403).json["error"]["message"]
    Api(kept.url).get("/api/files/drafts", 401)
    Api(kept.url).upload("/api/files/drafts", "a.txt", b"x", "text/plain", 401)


def test_what_is_its_owners_alone_is_nobody_elses(kept):
    ada, bob = register(kept.url), register(kept.url)
    note = ada.upload("/api/files/notes", "a.bin", b"\x00\xff secret", expect=201).json
    assert ada.get(note["url"]).body == b"\x00\xff secret"
    for method, path in (("GET", note["url"]), ("GET", f"/api/files/notes/{note['id']}"), ("POST", f"/api/files/notes/{note['id']}/link"),
                         ("DELETE", f"/api/files/notes/{note['id']}"), ("GET", f"/api/files/drafts/{note['id']}")):
        bob.request(method, path, expect=404)
    assert bob.get("/api/files/notes").json["files"] == []


def test_a_link_opens_one_file_under_its_name(kept):
    """Without signing in, and nothing but that file."""
    ada = register(kept.url)
    for purpose, name in (("drafts", "a b.txt"), ("notes", "c.txt")):
        file = ada.upload(f"/api/files/{purpose}", name, b"by a link", "text/plain", 201).json
        other = ada.upload(f"/api/files/{purpose}", name, b"another", "text/plain", 201).json
        link = ada.post(f"/api/files/{purpose}/{file['id']}/link", expect=201).json
        opened = open_url(kept, link["url"], expect=200)
        assert opened.body == b"by a link" and "attachment" in opened.headers["Content-Disposition"]
        assert urllib.parse.quote(name) in opened.headers["Content-Disposition"]
        open_url(kept, link["url"].replace(file["id"], other["id"]), expect=403)


def test_a_form_uploads_straight_to_the_store(kept):
    ada, bob = register(kept.url), register(kept.url)
    upload = ada.post("/api/files/drafts/uploads", {"name": "cat.png", "size": 5}, 201).json
    ada.post(f"/api/files/drafts/{upload['id']}/complete", expect=404)
    assert send_form(kept, upload, b"123456") in (400, 403)
    assert send_form(kept, upload, b"12345", **{"Content-Type": "text/html"}) in (400, 403)
    assert send_form(kept, upload, b"12345") in (200, 204)
    assert upload["id"] not in [file["id"] for file in ada.get("/api/files/drafts").json["files"]]
    bob.post(f"/api/files/drafts/{upload['id']}/complete", expect=404)
    file = ada.post(f"/api/files/drafts/{upload['id']}/complete").json
    assert (file["id"], file["size"], file["content_type"]) == (upload["id"], 5, "image/png")
    assert ada.get(file["url"]).body == b"12345"
    assert send_form(kept, upload, b"54321") in (200, 204)  # as long as the form is valid
    assert ada.get(file["url"]).body == b"12345"
    assert ada.post(f"/api/files/drafts/{upload['id']}/complete").json == file
    ada.post("/api/files/drafts/uploads", {"name": "cat.png", "size": 200_000}, 400)
    ada.post("/api/files/drafts/uploads", {"name": "a.pdf"}, 400)


def test_the_world_reads_public_files_and_runs_none(kept):
    ada = register(kept.url)
    page = ada.upload("/api/files/assets", "evil.html", b"<script>alert(1)</script>", "text/html", 201).json
    image = ada.upload("/api/files/assets", "cat.svg", b"<svg onload='alert(1)'/>", "image/svg+xml", 201).json
    for file in (page, image):
        shown = open_url(kept, file["url"], expect=200)
        assert shown.headers["Content-Type"] == "application/octet-stream" and "attachment" in shown.headers["Content-Disposition"]
        assert "sandbox" in shown.headers["Content-Security-Policy"] and shown.headers["X-Content-Type-Options"] == "nosniff"
    picture = ada.upload("/api/files/assets", "cat.png", b"\x89PNG", "image/png", 201).json
    shown = open_url(kept, picture["url"], expect=200)
    assert shown.headers["Content-Type"] == "image/png" and shown.headers["Cache-Control"] == "public, max-age=60"
    secret = ada.upload("/api/files/drafts", "a.txt", b"x", "text/plain", 201).json
    open_url(kept, picture["url"].replace(picture["id"], secret["id"]).replace("/assets/", "/drafts/"), expect=404)
    ada.delete(f"/api/files/assets/{picture['id']}", 204)
    open_url(kept, picture["url"], expect=404)


def test_large_files_go_out_in_pieces(kept):
    ada = register(kept.url)
    content = bytes(range(256)) * 40_000
    file = ada.upload("/api/files/assets", "film.mp4", content, "video/mp4", 201).json
    assert ada.get(file["url"]).body == content
    part = ada.get(f"/api/files/assets/{file['id']}/content", 206, headers={"Range": "bytes=1000-9000000"})
    assert part.body == content[1000:9000001]


def test_scripts_keep_files_in_their_own_dialect(kept):
    ada, bob = register(kept.url), register(kept.url)
    made = ada.upload("/made", "report.txt", b"from a form", "text/plain").json
    assert made["name"] == "report.txt" and made["owner"] and made["expires_at"]
    assert bob.get(f"/made/{made['id']}").json["content"] == "from a form"
    told = ada.post("/made/text", {"name": "told.md", "text": "**told**"}).json
    assert ada.get("/made").json["files"][0]["id"] == told["id"]
    opened = ada.get(f"/made/{told['id']}/open", 302)
    assert open_url(kept, opened.headers["Location"], expect=200).body == b"**told**"
    upload = ada.post("/made/form").json
    assert send_form(kept, upload, b"by a form") in (200, 204)
    assert ada.post(f"/made/{upload['id']}/done").json["size"] == 9
    assert ada.delete(f"/made/{made['id']}").status in (200, 204)
    bob.get(f"/made/{made['id']}", 404)


def test_in_a_bucket_public_keys_begin_with_public_and_hold_no_names(kept, bucket, application):
    """A CDN that may read public/* alone sees what is public, and no more."""
    ada = register(kept.url)
    public = ada.upload("/api/files/assets", "a name.png", b"for all", "image/png", 201).json
    private = ada.upload("/api/files/drafts", "b name.txt", b"for some", "text/plain", 201).json
    note = ada.upload("/api/files/notes", "c name.txt", b"for one", "text/plain", 201).json
    keys = [str(path.relative_to(bucket.place)) for path in bucket.place.rglob("*") if path.is_file()]
    place = {file["id"]: [key for key in keys if key.endswith(file["id"])] for file in (public, private, note)}
    if not any(place.values()):
        assert kept.data.joinpath("notes/objects").exists()  # this server keeps them in folders
        return
    assert [len(found) for found in place.values()] == [1, 1, 1] and not [key for key in keys if "name" in key]
    assert place[public["id"]][0].startswith("documents/public/kept/")
    assert place[private["id"]][0].startswith("documents/kept/") and place[note["id"]][0].startswith("notes/")
    told = run_cli("status", application, "--data", kept.data, "--json", folder=kept.data.parent).stdout
    stores = {store["name"]: store for store in json.loads(told)["stores"]}
    assert stores["files.notes"]["url"] == "s3://notes" and stores["files.assets"]["url"] == "s3://documents/public/kept"
    assert "error" not in stores["files.notes"] and "files.drafts" not in stores


def test_with_a_cdn_public_urls_are_its_own(application, bucket, tmp_path):
    options = f"region=us-east-1&endpoint={bucket.endpoint}&style=path"
    settings = {"OBJECTS_URL": f"s3://documents/cdn?{options}", "ASSETS_CDN": "https://cdn.example.org/", **bucket.environment}
    told = run_cli("check", application, folder=tmp_path, environment=settings | {"NOTES_URL": f"s3://notes?{options}"}).stdout
    assert "files.notes: s3://notes\n" in told and "files.assets: stores.objects\n" in told
    with Server(application, tmp_path / "data", **settings) as server:
        file = register(server.url).upload("/api/files/assets", "a.png", b"x", "image/png", 201).json
    prefix = "https://cdn.example.org/"
    assert file["url"].startswith(prefix + "public/cdn/") and (bucket.place / "documents" / file["url"][len(prefix):]).read_bytes() == b"x"


def test_a_link_never_outlives_the_credentials_that_sign_it(application, bucket, tmp_path):
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=20)
    options = f"region=us-east-1&endpoint={bucket.endpoint}&style=path"
    with TaskRole("key-of-the-test", "secret-of-the-test", end) as role:
        with Server(application, tmp_path / "data", OBJECTS_URL=f"s3://documents/role?{options}", **role.environment) as server:
            ada = register(server.url)
            file = ada.upload("/api/files/assets", "a.png", b"x", "image/png", 201).json
            link = ada.post(f"/api/files/assets/{file['id']}/link", expect=201).json
            upload = ada.post("/api/files/assets/uploads", {"name": "b.png"}, 201).json
            for told in (link, upload):
                assert datetime.datetime.fromisoformat(told["expires_at"]) <= end  # though link_time is two hours
            assert open_url(server, link["url"], expect=200).body == b"x"
            assert int(urllib.parse.parse_qs(urllib.parse.urlsplit(link["url"]).query)["X-Amz-Expires"][0]) <= 1200


def test_a_backup_has_the_files_of_every_folder(application, tmp_path):
    with Server(application, tmp_path / "data") as server:
        ada = register(server.url)
        kept = [ada.upload(f"/api/files/{purpose}", "a.txt", purpose.encode(), "text/plain", 201).json for purpose in ("drafts", "notes")]
        run_cli("backup", application, tmp_path / "backup", "--data", tmp_path / "data", folder=tmp_path)
        for file in kept:
            ada.delete(f"/api/files/{file['purpose']}/{file['id']}", 204)
    run_cli("restore", application, tmp_path / "backup", "--data", tmp_path / "again", folder=tmp_path)
    assert "2 files" in run_cli("check", application, "--stores", "--data", tmp_path / "again", folder=tmp_path).stdout
    with Server(application, tmp_path / "again") as server:
        again = Api(server.url, ada.token)
        for file in kept:
            assert again.get(file["url"]).body == file["purpose"].encode()


def test_after_kill_9_every_acknowledged_file_is_whole_and_nothing_else_is_seen(application, tmp_path):
    acknowledged, stop = {}, threading.Event()
    for _ in range(3):
        server = Server(application, tmp_path / "data").start()
        users = [register(server.url) for _ in range(4)]
        stop.clear()

        def store(user, url):
            while not stop.is_set():
                content = uuid.uuid4().bytes * 2000
                try:
                    file = user.upload("/api/files/assets", "a.bin", content, expect=201).json
                except (OSError, http.client.HTTPException):  # the server died
                    return
                acknowledged[file["id"]] = content
        clients = [threading.Thread(target=store, args=(user, server.url)) for user in users]
        for client in clients:
            client.start()
        before = len(acknowledged)
        while len(acknowledged) < before + 30:
            time.sleep(0.01)
        server.kill()
        stop.set()
        for client in clients:
            client.join()
    with Server(application, tmp_path / "data") as server:
        user = register(server.url)
        seen, cursor = {}, ""
        while cursor is not None:
            page = user.get(f"/api/files/assets?limit=100&cursor={cursor}").json
            seen |= {file["id"]: file for file in page["files"]}
            cursor = page.get("next")
        assert seen.keys() >= acknowledged.keys()
        for identifier, file in seen.items():
            content = user.get(f"/api/files/assets/{identifier}/content").body
            assert len(content) == file["size"] == 32_000 and acknowledged.get(identifier, content) == content
        checked = run_cli("check", application, "--stores", "--data", tmp_path / "data", folder=tmp_path).stdout
        assert f"{len(seen)} files" in checked
