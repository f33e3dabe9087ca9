"""The API that every application has without a line of Lua: /api/*, health, /openapi.json."""

import asyncio
import concurrent.futures
import contextlib
import json
import re
import socket
import uuid

import pytest
import websockets

from http_api import Api, register
from programs import PATIENCE, ROOT, Server, eventually, run_cli

QUESTION = "Should I pay off my debts before I save?"
PDF = (ROOT / "tests/knowledge/fixtures/water.pdf").read_bytes()


def error_of(answer):
    error = answer.json["error"]
    assert error["message"] and re.fullmatch("[a-z_]+", error["code"])
    return error["code"]


# Accounts -----------------------------------------------------------------------------------------------------------


def test_register_login_me(wwhd, user):
    me = user.get("/api/me").json
    assert me["username"] == user.name and me["role"] == "member" and me["active"] is True
    for name in (user.name, f"{user.name}@example.org"):
        tokens = Api(wwhd.url).post("/api/auth/login", {"name": name, "password": user.password}).json
        assert tokens["token_type"] == "bearer" and tokens["user"]["id"] == me["id"] and tokens["expires_in"] > 0


def test_wrong_sign_ins_look_the_same(wwhd, user):
    wrong = Api(wwhd.url).post("/api/auth/login", {"name": user.name, "password": "not this one"}, 401).json
    unknown = Api(wwhd.url).post("/api/auth/login", {"name": "nobody" + uuid.uuid4().hex, "password": "not this one"}, 401).json
    wrong["error"].pop("request_id", None)
    unknown["error"].pop("request_id", None)
    assert wrong == unknown and wrong["error"]["code"] == "unauthorized"


def test_sign_ins_are_limited(small):
    victim = register(small.url)
    tried = [Api(small.url).post("/api/auth/login", {"name": victim.name, "password": "guess"}, None) for _ in range(12)]
    assert tried[0].status == 401 and tried[-1].status == 429
    assert int(tried[-1].headers["Retry-After"]) > 0
    assert Api(small.url).post("/api/auth/login", {"name": victim.name, "password": victim.password}, None).status == 429


def test_registration_faults(wwhd, user):
    api = Api(wwhd.url)
    taken = {"email": f"{user.name}@example.org", "username": "x" + uuid.uuid4().hex[:8], "password": "a long password"}
    assert error_of(api.post("/api/auth/register", taken, 409)) == "conflict"
    bad = api.post("/api/auth/register", {"email": "none", "username": "u", "password": "short"}, 400)
    assert error_of(bad) == "invalid"
    assert {entry["field"] for entry in bad.json["error"]["details"]["errors"]} == {"email", "username", "password"}
    assert error_of(api.post("/api/auth/register", {"email": "a@example.org"}, 400)) == "invalid"


def test_refresh_tokens_serve_once(wwhd, user):
    api = Api(wwhd.url)
    first = user.tokens["refresh_token"]
    second = api.post("/api/auth/refresh", {"refresh_token": first}).json
    assert second["refresh_token"] != first
    Api(wwhd.url, second["access_token"]).get("/api/me")
    third = api.post("/api/auth/refresh", {"refresh_token": second["refresh_token"]}).json
    Api(wwhd.url, third["access_token"]).get("/api/me")
    api.post("/api/auth/refresh", {"refresh_token": first}, 401)
    # An old token was used again: somebody has stolen it, so the session is over for both.
    api.post("/api/auth/refresh", {"refresh_token": third["refresh_token"]}, 401)
    Api(wwhd.url, third["access_token"]).get("/api/me", 401)


def test_logout_ends_the_session(wwhd, user):
    user.post("/api/auth/logout", {"refresh_token": user.tokens["refresh_token"]}, 204)
    user.get("/api/me", 401)
    Api(wwhd.url).post("/api/auth/refresh", {"refresh_token": user.tokens["refresh_token"]}, 401)


def test_demo_user_in_development(wwhd):
    tokens = Api(wwhd.url).post("/api/auth/demo").json
    assert tokens["user"]["username"] == "demo"
    assert Api(wwhd.url).post("/api/auth/demo").json["user"]["id"] == tokens["user"]["id"]


def test_everything_else_wants_a_token(wwhd):
    for path in ("/api/me", "/api/chats", "/api/documents", "/api/search?q=x", "/api/status", "/api/namespaces"):
        refused = Api(wwhd.url).get(path, 401)
        assert error_of(refused) == "unauthorized" and refused.headers["WWW-Authenticate"] == "Bearer"


# Chats --------------------------------------------------------------------------------------------------------------


def check_source(wwhd, source):
    assert set(source) >= {"number", "title", "namespace", "snippet", "place", "url", "document_id"}
    if source["url"].startswith("/"):
        assert Api(wwhd.url).get(source["url"].split("#")[0]).body, "a signed link needs no header"


def test_message_as_json(wwhd, user):
    message = user.post("/api/chats/new/messages", {"content": QUESTION}).json
    assert message["role"] == "assistant" and message["status"] == "complete" and message["content"]
    assert message["sources"] and message["trace"] and message["response_time_ms"] >= 0
    assert message["usage"]["total_tokens"] == message["usage"]["prompt_tokens"] + message["usage"]["completion_tokens"]
    for source in message["sources"]:
        check_source(wwhd, source)
    cited = {int(number) for number in re.findall(r"\[(\d+)\]", message["content"])}
    assert cited and cited <= {source["number"] for source in message["sources"]}
    chat = user.get(f"/api/chats/{message['chat_id']}").json
    assert chat["message_count"] == 2 and chat["title"].startswith("Should I pay off")


def test_message_as_events(wwhd, user):
    stream = user.stream("/api/chats/new/messages", {"content": QUESTION})
    assert stream.status == 200 and stream.headers["Content-Type"].startswith("text/event-stream")
    assert "no-cache" in stream.headers["Cache-Control"] or "no-store" in stream.headers["Cache-Control"]
    events = list(stream)
    assert all(name == data["type"] for name, data in events)
    kinds = [name for name, data in events]
    assert kinds[:3] == ["started", "routed", "sources"] and kinds[-1] == "done" and set(kinds[3:-1]) == {"token"}
    started, done = events[0][1], events[-1][1]["message"]
    assert "".join(data["content"] for name, data in events if name == "token") == done["content"]
    stored = user.get(f"/api/chats/{started['chat_id']}/messages").json["messages"]
    assert stored[-1]["id"] == started["message_id"] == done["id"] and stored[-1]["content"] == done["content"]


def test_a_chat_remembers(wwhd, user):
    """A question that leans on the one before finds what a question of its own would."""
    first = user.post("/api/chats/new/messages", {"content": "How does breath counting work?"}).json
    second = user.post(f"/api/chats/{first['chat_id']}/messages", {"content": "And when I lose count?"}).json
    assert any("reath" in source["title"] or "reath" in source["snippet"] for source in second["sources"])


def test_chats_are_paged_renamed_exported_deleted(wwhd, user):
    chats = [user.post("/api/chats", {"title": f"Chat {number}"}, 201).json for number in range(3)]
    page = user.get("/api/chats?limit=2").json
    assert page["total"] == 3 and [chat["title"] for chat in page["chats"]] == ["Chat 2", "Chat 1"]
    assert [chat["title"] for chat in user.get("/api/chats?limit=2&offset=2").json["chats"]] == ["Chat 0"]
    error_of(user.get("/api/chats?limit=many", 400))

    chat = f"/api/chats/{chats[0]['id']}"
    assert user.patch(chat, {"title": "Renamed"}).json["title"] == "Renamed"
    error_of(user.patch(chat, {}, 400))
    user.post(chat + "/messages", {"content": "hello"})
    exported = user.get(chat + "/export")
    assert "attachment" in exported.headers["Content-Disposition"]
    assert exported.json["title"] == "Renamed" and [message["role"] for message in exported.json["messages"]] == ["user", "assistant"]

    stranger = register(wwhd.url)
    for method, path, body in (("GET", chat, None), ("PATCH", chat, {"title": "mine"}), ("DELETE", chat, None), ("GET", chat + "/messages", None),
                               ("GET", chat + "/export", None), ("POST", chat + "/messages", {"content": "x"}),
                               ("POST", chat + "/stop", None), ("POST", chat + "/regenerate", None)):
        assert error_of(stranger.request(method, path, body, expect=404)) == "not_found", path
    user.delete(chat, 204)
    user.get(chat, 404)
    assert user.get("/api/chats").json["total"] == 2


def test_messages_are_paged(wwhd, user):
    chat = user.post("/api/chats", {"title": "long"}, 201).json["id"]
    for word in ("hello", "thanks", "bye"):
        user.post(f"/api/chats/{chat}/messages", {"content": word})
    messages = user.get(f"/api/chats/{chat}/messages").json["messages"]
    assert [message["content"] for message in messages if message["role"] == "user"] == ["hello", "thanks", "bye"]
    last = user.get(f"/api/chats/{chat}/messages?limit=2").json["messages"]
    assert [message["id"] for message in last] == [message["id"] for message in messages[-2:]]
    before = user.get(f"/api/chats/{chat}/messages?limit=2&before={last[0]['number']}").json["messages"]
    assert [message["id"] for message in before] == [message["id"] for message in messages[2:4]]


def test_an_answer_is_regenerated_in_its_place(wwhd, user):
    first = user.post("/api/chats/new/messages", {"content": QUESTION}).json
    chat = f"/api/chats/{first['chat_id']}"
    second = user.post(chat + "/regenerate").json
    assert second["id"] != first["id"] and second["content"]
    messages = user.get(chat + "/messages").json["messages"]
    assert [message["id"] for message in messages if message["role"] == "assistant"] == [second["id"]]
    empty = user.post("/api/chats", {"title": "empty"}, 201).json["id"]
    assert error_of(user.post(f"/api/chats/{empty}/regenerate", expect=409)) == "conflict"
    assert user.post(f"/api/chats/{empty}/stop").json == {"stopped": False}


def test_message_faults(wwhd, user):
    for wrong in ({}, {"content": " "}, {"content": "x" * 10001}, {"content": 5}):
        assert error_of(user.post("/api/chats/new/messages", wrong, 400)) == "invalid"
    json_type = {"Content-Type": "application/json"}
    assert error_of(user.post("/api/chats/new/messages", "{", 400, headers=json_type)) == "invalid"
    assert error_of(user.post("/api/chats/new/messages", "[]", 400, headers=json_type)) == "invalid"
    assert error_of(user.post("/api/chats/new/messages", b'{"content": "\xff"}', 400, headers=json_type)) == "invalid"
    assert error_of(user.post(f"/api/chats/{uuid.uuid4()}/messages", {"content": "x"}, 404)) == "not_found"


async def chat_over(url, messages):
    came = []
    async with websockets.connect("ws" + url.removeprefix("http") + "/api/ws") as channel:
        for message in messages:
            await channel.send(json.dumps(message))
        with contextlib.suppress(websockets.ConnectionClosed):
            wanted = max(1, len(messages) - 1)
            while sum(event["type"] in ("done", "error") for event in came) < wanted:
                came.append(json.loads(await asyncio.wait_for(channel.recv(), 120)))
    return came


def test_default_websocket(wwhd, user):
    question = {"type": "message", "content": "hello"}
    came = asyncio.run(chat_over(wwhd.url, [{"type": "auth", "token": user.token}, question, question]))
    assert came[0] == {"type": "ready", "user": user.name}
    started = [event for event in came if event["type"] == "started"]
    assert len(started) == 2 and started[0]["chat_id"] == started[1]["chat_id"]
    dones = [event for event in came if event["type"] == "done"]
    assert len(dones) == 2 and all(event["message"]["content"] for event in dones)
    refused = asyncio.run(chat_over(wwhd.url, [{"type": "auth", "token": "nonsense"}]))
    assert refused[0]["type"] == "error" and refused[0]["error"]["code"] == "unauthorized"


def test_a_blocked_user_is_out_also_on_an_open_websocket(small):
    """Both the socket of the API and one that the application's Lua serves ask again for each message."""
    async def talk(path, question, refused):
        api = register(small.url)  # a block ends all sessions
        username = api.get("/api/me").json["username"]
        async with websockets.connect("ws" + small.url.removeprefix("http") + path) as channel:
            await channel.send(json.dumps({"type": "auth", "token": api.token}))
            await channel.recv()
            await channel.send(json.dumps(question))
            while json.loads(await channel.recv())["type"] not in ("done", "complete"):
                pass
            run_cli("users", "block", small.application, username, "--data", small.data, folder=small.data.parent)
            await channel.send(json.dumps(question))
            said = []
            with contextlib.suppress(websockets.ConnectionClosed):
                while True:
                    said.append(json.loads(await asyncio.wait_for(channel.recv(), PATIENCE)))
            run_cli("users", "unblock", small.application, username, "--data", small.data, folder=small.data.parent)
            assert not [one for one in said if one["type"] == "token"]
            assert said[-1]["type"] == "error" and refused in json.dumps(said[-1])
            assert channel.close_code in (1008, 1011)

    question = {"type": "message", "content": "How do I count my breath?"}
    asyncio.run(talk("/api/ws", question, "unauthorized"))
    asyncio.run(talk("/ws/chat", question, "sign in again"))


def test_a_document_without_a_namespace_goes_where_the_manifest_says(tmp_path, small_application):
    manifest = small_application / "app.yaml"
    manifest.write_text(manifest.read_text().replace("default_namespace: general", "default_namespace: money", 1))
    with Server(small_application, tmp_path / "data") as server:
        api = register(server.url)
        assert api.post("/api/documents", {"title": "t", "content": "c"}, expect=201).json["namespace"] == "money"


def test_two_edits_at_once_lose_none(small):
    """One changes the title, one the text: whatever their order, both are there afterwards."""
    api = register(small.url)
    for round_number in range(5):
        document = api.post("/api/documents", {"title": "before", "content": "first words"}, expect=201).json["id"]
        edits = ({"title": "after"}, {"content": f"second words {round_number}"})
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda edit: Api(small.url, api.token).patch(f"/api/documents/{document}", edit), edits))
        assert [answer.status for answer in answers] == [200, 200]
        now = api.get(f"/api/documents/{document}").json
        assert now["title"] == "after" and "second words" in now["content"]
        api.delete(f"/api/documents/{document}", expect=204)


def test_roles_of_the_manifest_say_who_writes_documents(tmp_path, small_application):
    manifest = small_application / "app.yaml"
    manifest.write_text(manifest.read_text().replace("accounts:\n", "accounts:\n  roles: { write_documents: owner }\n", 1))
    with Server(small_application, tmp_path / "data") as server:
        api = register(server.url)
        refused = api.post("/api/documents", {"title": "t", "content": "c"}, expect=403)
        assert "needs the right documents:write" in refused.json["error"]["message"]
        run_cli("users", "role", small_application, api.get("/api/me").json["username"], "owner", "--data", tmp_path / "data", folder=tmp_path)
        api.post("/api/documents", {"title": "t", "content": "c"}, expect=201)


def test_pages_of_other_sites_open_no_websocket(wwhd):
    """Both sockets: the one of every application, and the one that the application declares in Lua."""
    async def open_from(path, origin):
        async with websockets.connect("ws" + wwhd.url.removeprefix("http") + path, origin=origin) as channel:
            await channel.send(json.dumps({"type": "auth", "token": "nonsense"}))
            return json.loads(await channel.recv())["type"]

    for path in ("/api/ws", "/ws/chat"):
        for admitted in (None, wwhd.url, "http://localhost:3000"):
            assert asyncio.run(open_from(path, admitted)) == "error", "the socket opened, the token was refused"
        for foreign in ("https://example.com", wwhd.url + "0", "null"):
            with pytest.raises(websockets.InvalidHandshake, match="403"):
                asyncio.run(open_from(path, foreign))


# Documents ----------------------------------------------------------------------------------------------------------


def test_document_as_json(small):
    user = register(small.url)
    body = {"title": "Kites", "content": "# Kites\n\nA phlogistic kite wants a tail of eleven ribbons.", "namespace": "general",
            "source": "notes/kites.md", "metadata": {"author": "me"}}
    made = user.post("/api/documents", body, 201).json
    assert made["status"] == "indexed" and made["chunks"] >= 1 and made["metadata"]["author"] == "me"
    same = user.post("/api/documents", body, 200).json
    assert same["id"] == made["id"] and same["version"] == made["version"], "the same bytes change nothing"
    edited = user.post("/api/documents", {**body, "content": body["content"].replace("eleven", "twelve")}, 200).json
    assert edited["id"] == made["id"] and edited["version"] > made["version"]
    shown = user.get(f"/api/documents/{made['id']}").json
    assert "twelve" in shown["content"]
    listed = user.get("/api/documents?namespace=general&limit=1").json
    assert listed["total"] >= 1 and listed["documents"][0]["id"] == made["id"]
    found = user.get("/api/search?q=phlogistic").json
    assert found["results"][0]["document_id"] == made["id"]
    assert found["results"][0]["explanation"]["terms"], "search explains its scores"

    changed = user.patch(f"/api/documents/{made['id']}", {"namespace": "money", "title": "Paper kites"}).json
    assert (changed["namespace"], changed["title"]) == ("money", "Paper kites")
    elsewhere = user.get("/api/search?q=phlogistic&namespace=general").json["results"]
    assert not any("phlogistic" in one["text"] for one in elsewhere)
    assert user.get("/api/search?q=phlogistic&namespace=money").json["results"]
    user.delete(f"/api/documents/{made['id']}", 204)
    assert error_of(user.get(f"/api/documents/{made['id']}", 404)) == "not_found"
    assert user.get("/api/search?q=phlogistic").json["results"] == []


def test_document_as_file(small):
    user = register(small.url)
    made = user.upload("/api/documents", "Über wasser.pdf", PDF, "application/pdf", 201, namespace="diet_food").json
    assert made["status"] == "indexed" and made["media_type"].startswith("application/pdf") and made["file_name"] == "Über wasser.pdf"
    whole = Api(small.url).get(made["url"])
    assert whole.body == PDF and whole.headers["Content-Type"] == "application/pdf"
    etag = whole.headers["ETag"]
    assert Api(small.url).get(made["url"], 304, headers={"If-None-Match": etag}).body == b""
    part = Api(small.url).get(made["url"], 206, headers={"Range": "bytes=1-4"})
    assert part.body == PDF[1:5] and part.headers["Content-Range"] == f"bytes 1-4/{len(PDF)}"
    tail = Api(small.url).get(made["url"], 206, headers={"Range": "bytes=-7"})
    assert tail.body == PDF[-7:]
    assert Api(small.url).get(made["url"], 416, headers={"Range": "bytes=99999999-"}).headers["Content-Range"] == f"bytes */{len(PDF)}"
    for malformed in ("bytes=9-1", "bytes=a-b", "bytes=0-1,3-4", "pages=1-2"):
        assert Api(small.url).get(made["url"], 200, headers={"Range": malformed}).body == PDF
    assert Api(small.url).get(made["url"], 206, headers={"Range": "bytes=0-3", "If-Range": etag}).body == PDF[:4]
    assert Api(small.url).get(made["url"], 200, headers={"Range": "bytes=0-3", "If-Range": '"older"'}).body == PDF
    assert Api(small.url).get(made["url"], 304, headers={"If-None-Match": f'"other", W/{etag}'}).body == b""
    path = made["url"].split("?")[0]
    assert error_of(Api(small.url).get(path, 401)) == "unauthorized"
    assert user.get(path).body == PDF
    forged = made["url"].replace("signature=", "signature=A")
    Api(small.url).get(forged, 401)
    other = made["url"].replace(made["id"], str(uuid.uuid4()))
    Api(small.url).get(other, 401)


def test_an_uploaded_page_does_not_run_here(small):
    user = register(small.url)
    page = b"<html><body><h1>Owls</h1><p>Owls see in the dark better than we do.</p><script>alert(1)</script></body></html>"
    made = user.upload("/api/documents", "owls.html", page, "text/html", 201, namespace="general").json
    served = Api(small.url).get(made["url"])
    assert served.headers["Content-Disposition"].startswith("attachment") and "sandbox" in served.headers["Content-Security-Policy"]
    assert served.headers["X-Content-Type-Options"] == "nosniff"


def test_bad_documents_leave_nothing_behind(small):
    user = register(small.url)
    before = user.get("/api/documents").json["total"]
    locked = (ROOT / "tests/knowledge/fixtures/locked.pdf").read_bytes()
    scanned = (ROOT / "tests/knowledge/fixtures/scanned.pdf").read_bytes()
    for name, content in (("broken.pdf", b"%PDF-1.4 nothing"), ("locked.pdf", locked), ("scanned.pdf", scanned), ("empty.md", b""),
                          ("broken.docx", b"PK\x03\x04 nothing"), ("noise.bin", bytes(range(256)) * 40)):
        refused = user.upload("/api/documents", name, content, expect=None)
        assert refused.status == 400, (name, refused.status, refused.body)
        assert error_of(refused) == "invalid"
    assert user.get("/api/documents").json["total"] == before
    assert error_of(user.post("/api/documents", {"title": "x", "content": "y z", "namespace": "no such"}, 400)) == "invalid"


def test_deleting_all_needs_the_role_admin(small):
    user = register(small.url)
    assert error_of(user.delete("/api/documents?confirm=true", 403)) == "forbidden"


def test_namespaces_and_status(wwhd, user):
    names = {entry["name"]: entry["documents"] for entry in user.get("/api/namespaces").json["namespaces"]}
    assert set(names) >= {"relationships", "money", "business", "feng_shui", "diet_food", "exercise_martial_arts", "meditation", "general"}
    assert all(count > 0 for count in names.values())
    status = user.get("/api/status").json
    assert status["documents"]["indexed"] >= 30 and status["documents"]["failed"] == 0
    assert "local" in status["chat_model"] and status["embedding_model"] in (None, "local/all-MiniLM-L6-v2") and status["reindex_needed"] is False


def test_search_faults(wwhd, user):
    for wrong in ("", "?q=", "?q=" + "x" * 4001, "?q=x&limit=0x", "?q=x&limit=100000"):
        assert error_of(user.get("/api/search" + wrong, 400)) == "invalid"


# HTTP ---------------------------------------------------------------------------------------------------------------


def test_unknown_paths_and_methods_are_told_apart(wwhd):
    api = Api(wwhd.url)
    assert error_of(api.get("/api/nothing", 404)) == "not_found"
    refused = api.delete("/health", 405)
    assert "GET" in refused.headers["Allow"] and error_of(refused) == "invalid"
    assert api.get("/health/").json["status"] == "healthy", "a trailing slash is accepted"
    head = api.request("HEAD", "/health", expect=200)
    assert head.body == b"" and int(head.headers["Content-Length"]) > 0
    assert "GET" in api.request("OPTIONS", "/health", expect=204).headers["Allow"]


def test_the_private_commands_are_not_on_the_network(wwhd, user):
    for command in ("status", "backup", "users.list"):
        assert error_of(user.post(f"/_operator/{command}", {}, 404)) == "not_found"


def test_cors_admits_the_origins_of_the_manifest(wwhd):
    api = Api(wwhd.url)
    friend = {"Origin": "http://localhost:3000"}
    answer = api.get("/health", headers=friend)
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    preflight = api.request("OPTIONS", "/api/chats/new/messages", expect=204, headers={
        **friend, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, content-type"})
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert "authorization" in preflight.headers["Access-Control-Allow-Headers"].lower()
    stranger = api.get("/health", headers={"Origin": "https://example.com"})
    assert "Access-Control-Allow-Origin" not in stranger.headers
    refused = api.get("/api/me", 401, headers=friend)
    assert refused.headers["Access-Control-Allow-Origin"] == "http://localhost:3000", "errors are readable for the page as well"


def test_requests_have_ids_and_one_line_in_the_log(wwhd):
    marker = "trace-" + uuid.uuid4().hex
    answer = Api(wwhd.url, "a.secret.token").get("/api/me?password=hidden", 401, headers={"X-Request-Id": marker})
    assert answer.headers["X-Request-Id"] == marker and answer.json["error"]["request_id"] == marker
    lines = eventually(lambda: [line for line in list(wwhd.log.all) if marker in line], 30)
    assert len(lines) == 1
    entry = json.loads(lines[0])
    assert entry["status"] == 401 and "a.secret.token" not in lines[0] and "hidden" not in lines[0]


def test_health_readiness_liveness(wwhd):
    api = Api(wwhd.url)
    ready = api.get("/readiness").json
    assert ready["ready"] is True and {"database", "index", "objects"} <= set(ready["checks"])
    assert api.get("/liveness").json == {"alive": True}


def fields_of(document, path, method="get", status="200"):
    """Names of the fields that are described, nested ones as `messages.sources.title`."""
    def names(schema, prefix):
        if schema.get("type") == "array":
            schema = schema["items"]
        for name, inner in schema.get("properties", {}).items():
            yield prefix + name
            yield from names(inner, prefix + name + ".")
    content = document["paths"][path][method]["responses"][status]["content"]
    return set(names(content["application/json"]["schema"], ""))


def test_openapi_describes_every_field_of_a_chat(wwhd, user):
    document = Api(wwhd.url).get("/openapi.json").json
    answer = user.post("/api/chats/new/messages", {"content": QUESTION}).json
    described = fields_of(document, "/api/chats/{id}/messages", "post")
    assert answer["sources"] and set(answer) | {"error"} <= described
    assert {f"sources.{name}" for name in answer["sources"][0]} <= described
    exported = user.get(f"/api/chats/{answer['chat_id']}/export").json
    described = fields_of(document, "/api/chats/{id}/export")
    assert set(exported) <= described
    assert {f"messages.{name}" for message in exported["messages"] for name in message} <= described


def test_openapi_matches_the_routes_that_answer(wwhd, user):
    document = Api(wwhd.url).get("/openapi.json").json
    assert document["openapi"].startswith("3.1") and document["info"]["title"]
    assert document["info"]["description"].startswith("Answers to everyday questions")
    paths = document["paths"]
    for wanted in ("/api/auth/login", "/api/chats/{id}/messages", "/api/documents/{id}/file", "/api/search", "/api/v1/chat/stream",
                   "/api/v1/documents/{id}", "/health", "/readiness"):
        assert wanted in paths, wanted
    assert "/_operator/{command}" not in paths
    absent = str(uuid.uuid4())
    operations = [(method.upper(), path, described) for path, methods in paths.items() for method, described in methods.items()]
    assert len({described["operationId"] for _, _, described in operations}) == len(operations)
    stranger = Api(wwhd.url)
    for method, path, described in operations:
        assert described["summary"] and described["responses"], path
        integers = {parameter["name"] for parameter in described.get("parameters", []) if parameter["in"] == "path"
                    and parameter["schema"]["type"] == "integer"}
        concrete = re.sub(r"\{(\w+)\}", lambda match: "999999999" if match[1] in integers else absent, path)
        if "101" in described["responses"]:
            continue  # a WebSocket: test_default_websocket and test_wwhd.py open them
        answer = stranger.request(method, concrete, {} if method in ("POST", "PUT", "PATCH") else None)
        if described.get("security"):
            assert answer.status == 401, (method, concrete, answer.status)
        assert answer.status != 405, (method, concrete)
        if answer.status == 404:
            assert "There is nothing at" not in answer.text, (method, concrete)
        assert answer.status < 500, (method, concrete, answer.body)


def test_unlisted_methods_of_listed_paths_are_refused(wwhd):
    """The other way round: what the document does not list does not exist."""
    document = Api(wwhd.url).get("/openapi.json").json
    for path, methods in document["paths"].items():
        concrete = re.sub(r"\{(\w+)\}", "1", path)
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - {name.upper() for name in methods}:
            other = [template for template, found in document["paths"].items() if method.lower() in found
                     and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), concrete)]
            if not other:
                assert Api(wwhd.url).request(method, concrete).status in (404, 405), (method, path)


def test_large_bodies_are_refused_early(wwhd, user):
    refused = user.post("/api/chats/new/messages", {"content": "x" * 300_000}, None)
    assert refused.status == 413 and error_of(refused)


def test_nonsense_on_the_wire_gets_an_answer(wwhd):
    host, port = wwhd.url.removeprefix("http://").split(":")
    for nonsense in (b"GARBAGE\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"\x16\x03\x01\x02\x00"):
        with socket.create_connection((host, int(port)), timeout=60) as wire:
            wire.sendall(nonsense + b"\r\n\r\n")
            wire.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionResetError):
                head = wire.recv(100)
                assert head == b"" or head.startswith((b"HTTP/1.1 4", b"HTTP/1.1 505")), nonsense
    assert Api(wwhd.url).get("/health").status == 200
