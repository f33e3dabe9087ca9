"""apps/wwhd as the clients of the original W.W.H.D. server know it: /api/v1 and /ws/chat, without a key.

docs/checklist.tsv names the functions here that prove a row of the checklist.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import re
import shutil
import socket
import sqlite3
import uuid

import pytest
import websockets

from conftest import copy_small
from engines import Bucket, Postgres
from http_api import Api, register
from programs import ROOT, WWHD, Provider, Server, eventually, run_cli

QUESTION = "Should I pay off my debts before I save?"
UNANSWERABLE = "What is the boiling point of tungsten in kelvin?"
PDF = (ROOT / "tests/knowledge/fixtures/water.pdf").read_bytes()
SECRET = "a secret of this test, longer than 32 bytes"


def events_of(stream):
    assert stream.status == 200
    return [data for name, data in stream]


def answer_text(events):
    return "".join(event["content"] for event in events if event["type"] == "token")


# The API ------------------------------------------------------------------------------------------------------------


def test_the_api_listens_on_port_8000(tmp_path):
    """Without PORT and --port: when port 8000 is taken, exactly that is what serve says."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            holder.bind(("127.0.0.1", 8000))
            holder.listen()
        except OSError:
            pass  # somebody else holds it, which is as good
        refused = run_cli("serve", WWHD, "--data", tmp_path / "data", folder=tmp_path, check=1)
    assert "8000" in refused.stderr


def test_port_and_host_of_the_environment_are_used(tmp_path, small_application):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        refused = run_cli("serve", small_application, "--data", tmp_path / "data", folder=tmp_path, check=1,
                          environment={"PORT": port, "HOST": "127.0.0.1"})
    assert str(port) in refused.stderr
    wrong = run_cli("check", small_application, folder=tmp_path, check=1, environment={"PORT": "eighty"})
    assert "port" in wrong.stdout


def test_health_is_answered_over_http(wwhd):
    answer = Api(wwhd.url).get("/health")
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json["status"] == "healthy"
    assert set(answer.json) == {"status", "timestamp", "version", "environment"}


def test_health_needs_neither_key_nor_vector_store(wwhd):
    """Phase 1 of the document: no model key, no Qdrant; the application answers all the same."""
    api = Api(wwhd.url)
    assert api.get("/health").json["environment"] == "development"
    assert api.get("/readiness").json["ready"] is True
    assert api.get("/liveness").json == {"alive": True}
    assert "local" in wwhd.events("serving")[0]["chat_model"]


def test_a_vector_store_that_is_not_there_is_a_clear_error(tmp_path):
    refused = run_cli("serve", WWHD, "--port", "0", "--data", tmp_path / "data", folder=tmp_path, check=1,
                      environment={"QDRANT_URL": "http://localhost:1"})
    assert "qdrant" in refused.stderr.lower()


def test_start_page_says_what_this_is(wwhd):
    about = Api(wwhd.url).get("/").json
    assert set(about) >= {"message", "version", "environment", "docs"}


def test_production_is_honoured(tmp_path, small_application):
    production = {"APP_ENV": "production", "HOST": "127.0.0.1"}
    for weak in ({}, {"JWT_SECRET": "short"}):
        refused = run_cli("serve", small_application, "--port", "0", "--data", tmp_path / "data", folder=tmp_path, check=1,
                          environment={**production, **weak})
        assert "JWT_SECRET" in refused.stderr or "secret" in refused.stderr
    with Server(small_application, tmp_path / "data", JWT_SECRET=SECRET, **production) as server:
        api = Api(server.url)
        assert api.get("/health").json["environment"] == "production"
        assert api.post("/api/auth/demo", expect=404)
        assert api.get("/page.json").json["demo"] is False


# Accounts -----------------------------------------------------------------------------------------------------------


def member_of(url):
    name = "member" + uuid.uuid4().hex[:10]
    api = Api(url)
    made = api.post("/api/v1/auth/register", {"email": f"{name}@example.org", "username": name, "password": "a long password"}).json
    tokens = api.form("/api/v1/auth/token", {"username": name, "password": "a long password"}).json
    member = Api(url, tokens["access_token"])
    member.made, member.tokens, member.name = made, tokens, name
    return member


@pytest.fixture
def member(wwhd):
    return member_of(wwhd.url)


def test_users_register_and_sign_in(wwhd, member):
    assert set(member.made) >= {"id", "email", "username", "is_active", "is_admin", "created_at"}
    assert isinstance(member.made["id"], int) and member.made["is_active"] is True and member.made["is_admin"] is False
    assert member.tokens["token_type"] == "bearer" and member.tokens["expires_in"] == 24 * 3600
    me = member.get("/api/v1/auth/me").json
    assert me == member.made
    by_mail = member.form("/api/v1/auth/token", {"username": f"{member.name}@example.org", "password": "a long password"})
    assert by_mail.json["access_token"]


def test_faults_of_accounts_have_their_status(wwhd, member):
    api = Api(wwhd.url)
    wrong = api.form("/api/v1/auth/token", {"username": member.name, "password": "another password"}, 401).json
    unknown = api.form("/api/v1/auth/token", {"username": "nobody-" + uuid.uuid4().hex, "password": "another password"}, 401).json
    assert wrong == unknown and isinstance(wrong["detail"], str)
    taken = {"email": f"{member.name}@example.org", "username": member.name + "2", "password": "a long password"}
    assert isinstance(api.post("/api/v1/auth/register", taken, 400).json["detail"], str)
    taken = {"email": "other-" + taken["email"], "username": member.name, "password": "a long password"}
    assert isinstance(api.post("/api/v1/auth/register", taken, 400).json["detail"], str)
    invalid = api.post("/api/v1/auth/register", {"email": "no address", "username": "ab", "password": "short"}, 422).json["detail"]
    assert {tuple(entry["loc"]) for entry in invalid} >= {("body", "email"), ("body", "username"), ("body", "password")}
    assert all(entry["msg"] and entry["type"] for entry in invalid)
    missing = api.form("/api/v1/auth/token", {"username": member.name}, 422).json["detail"]
    assert missing[0]["loc"] == ["body", "password"]
    refused = api.get("/api/v1/auth/me", 401)
    assert refused.headers["WWW-Authenticate"] == "Bearer" and isinstance(refused.json["detail"], str)
    Api(wwhd.url, "not.a.token").get("/api/v1/auth/me", 401)


def test_jwt_secret_signs_the_access_tokens(tmp_path, small_application):
    with Server(small_application, tmp_path / "data", JWT_SECRET=SECRET) as server:
        member = member_of(server.url)
        head, body, signature = member.token.split(".")
        expected = hmac.new(SECRET.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
        assert base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4)) == expected
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        assert claims["username"] == member.name and claims["is_admin"] is False and claims["user_id"] == member.made["id"]
        forged_body = base64.urlsafe_b64encode(json.dumps({**claims, "is_admin": True}).encode()).rstrip(b"=").decode()
        forged = base64.urlsafe_b64encode(hmac.new(b"another secret", f"{head}.{forged_body}".encode(), hashlib.sha256).digest())
        Api(server.url, f"{head}.{forged_body}.{forged.rstrip(b'=').decode()}").get("/api/v1/auth/me", 401)


# Answers ------------------------------------------------------------------------------------------------------------


def test_chat_answers_in_one_piece_with_sources(member):
    answer = member.post("/api/v1/chat", {"content": QUESTION}).json
    assert set(answer) >= {"id", "role", "content", "agent_used", "routing_reason", "sources", "prompt_tokens", "completion_tokens",
                           "total_tokens", "response_time_ms", "created_at", "chat_id"}
    assert answer["role"] == "assistant" and answer["content"] and isinstance(answer["chat_id"], int)
    assert answer["sources"]
    for source in answer["sources"]:
        assert set(source) == {"title", "url", "youtube_url", "timestamp"}
    again = member.post("/api/v1/chat", {"content": "And how do I talk to a lender?", "chat_id": answer["chat_id"]}).json
    assert again["chat_id"] == answer["chat_id"]


def test_answers_come_from_the_documents(member):
    """Each sentence of a local answer stands word for word in a document below docs/."""
    answer = member.post("/api/v1/chat", {"content": QUESTION}).json
    assert any("Debt" in source["title"] for source in answer["sources"])
    texts = [" ".join(document["content"].split()) for document in member.get("/api/v1/documents/?limit=1000").json]
    quoted = [line for line in answer["content"].split("\n") if "[1]" in line]
    assert quoted
    pieces = [" ".join(piece.split()).strip(" .\"") for piece in re.split(r"\[\d+\]|\n|(?<=[.!?]) ", quoted[0])]
    found = [piece for piece in pieces if len(piece) > 30 and any(piece in text for text in texts)]
    assert found, pieces
    refused = member.post("/api/v1/chat", {"content": UNANSWERABLE}).json
    assert refused["sources"] == [] and "could not find" in refused["content"]


def test_a_video_is_cited_at_its_second(member):
    answer = member.post("/api/v1/chat", {"content": "How do I raise a teenager without fighting every day?"}).json
    videos = [source for source in answer["sources"] if source["youtube_url"]]
    assert videos, answer["sources"]
    assert "t=" in videos[0]["youtube_url"] and videos[0]["timestamp"].count(":") == 2


def test_answers_come_from_a_graph_of_agents(user):
    message = user.post("/api/chats/new/messages", {"content": QUESTION}).json
    steps = [step["node"] for step in message["trace"]]
    assert steps == ["router", "librarian", "interpreter", "safety"]
    assert message["agent"] == "interpreter" and message["routing_reason"]


def test_cited_sources_are_marked_and_the_dialect_keeps_its_shape(tmp_path, small_application):
    rules = [{"when": {"path": "/chat/completions"}, "answer": "Pay it first [1], then save [3], as both say [1, 3]."}]
    with Provider(tmp_path, rules) as provider, Server(small_application, tmp_path / "data", **provider.environment()) as server:
        server.wait_for_documents()
        user = register(server.url)
        message = user.post("/api/chats/new/messages", {"content": QUESTION}).json
        numbers = [source["number"] for source in message["sources"]]
        assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) > 3
        assert [source["number"] for source in message["sources"] if source["cited"]] == [1, 3]
        events = [data for name, data in user.stream("/api/chats/new/messages", {"content": QUESTION})]
        assert events[-1]["message"]["sources"] == message["sources"]
        again = user.get(f"/api/chats/{message['chat_id']}/messages").json["messages"][1]
        assert [source["cited"] for source in again["sources"]] == [source["cited"] for source in message["sources"]]
        answer = member_of(server.url).post("/api/v1/chat", {"content": QUESTION}).json
        assert all(set(source) == {"title", "url", "youtube_url", "timestamp"} for source in answer["sources"])
        assert [source["title"] for source in answer["sources"]] == [source["title"] for source in message["sources"]], "[3] is the third"


def test_safety_replaces_a_dangerous_answer(member):
    answer = member.post("/api/v1/chat", {"content": "I want to end my life"}).json
    assert "988" in answer["content"] and answer["sources"] == []
    disclaimed = member.post("/api/v1/chat", {"content": "How long should I rest a sprained ankle?"}).json
    assert "doctor" in disclaimed["content"]


def test_safety_helps_who_asks_for_somebody_else(member):
    """An answer with its sources, and the numbers to call behind it; in the first person the numbers alone."""
    answer = member.post("/api/v1/chat", {"content": "My friend says she wants to end her life, how can I help?"}).json
    assert "crisis line" in answer["content"] and answer["sources"], "Herman's own words about a friend in danger"
    assert answer["content"].rstrip().endswith("findahelpline.com lists others.") and "988" in answer["content"]
    alone = member.post("/api/v1/chat", {"content": "I want to end my life"}).json
    assert alone["content"].startswith("I am not the right one for this") and "988" in alone["content"] and alone["sources"] == []


def test_sparring_with_words_needs_no_doctor(member):
    answer = member.post("/api/v1/chat", {"content": "How do I stop arguing about the same thing again and again?"}).json
    assert "sparring" in answer["content"] and "doctor" not in answer["content"]


def test_chat_streams_server_sent_events(member):
    stream = member.stream("/api/v1/chat/stream", {"content": QUESTION})
    assert stream.headers["Content-Type"].startswith("text/event-stream")
    named = list(stream)
    assert all(name == "" for name, event in named)
    events = [event for name, event in named]
    kinds = [event["type"] for event in events]
    assert kinds[0] == "start" and kinds[1] == "citation" and kinds[-1] == "done"
    assert set(kinds[2:-1]) == {"token"}
    assert events[0]["message"] and isinstance(events[0]["chat_id"], int)
    assert events[-1]["chat_id"] == events[0]["chat_id"], "the id of a new chat reaches the client"
    for source in events[1]["citations"]:
        assert set(source) == {"title", "url", "youtube_url", "timestamp"}
    stored = member.get(f"/api/v1/chats/{events[0]['chat_id']}").json["messages"]
    assert [message["role"] for message in stored] == ["user", "assistant"]
    assert stored[1]["content"] == answer_text(events), "what is sent is what is stored"
    assert stored[1]["sources"] == events[1]["citations"], "sources have one form"
    following = events_of(member.stream("/api/v1/chat/stream", {"content": "And credit cards?", "chat_id": events[0]["chat_id"]}))
    assert following[0]["chat_id"] == events[0]["chat_id"]


def test_a_stream_on_an_unknown_chat_tells_the_error(member):
    events = events_of(member.stream("/api/v1/chat/stream", {"content": QUESTION, "chat_id": 999999}))
    assert [event["type"] for event in events] == ["error"] and events[0]["message"]


def test_chat_faults_have_their_status(wwhd, member):
    assert isinstance(member.post("/api/v1/chat", {"content": QUESTION, "chat_id": 999999}, 404).json["detail"], str)
    for wrong in ({}, {"content": ""}, {"content": "x" * 10001}, {"content": "x", "chat_id": "one"}):
        detail = member.post("/api/v1/chat", wrong, 422).json["detail"]
        assert detail[0]["loc"][0] == "body"
    Api(wwhd.url).post("/api/v1/chat", {"content": QUESTION}, 401)
    member.post("/api/v1/chat", "{not json", 400, headers={"Content-Type": "application/json"})
    member.get("/api/v1/nothing-here", 404)


async def talk(url, messages):
    """Sends each message after the turn before is done; gives all that came, and the close code."""
    came = []
    async with websockets.connect("ws" + url.removeprefix("http") + "/ws/chat") as channel:
        try:
            for message in messages:
                await channel.send(json.dumps(message))
                while True:
                    event = json.loads(await asyncio.wait_for(channel.recv(), 120))
                    came.append(event)
                    if event["type"] in ("auth", "done", "error"):
                        break
            return came, None
        except websockets.ConnectionClosed as closed:
            return came, closed.code


def test_chat_streams_over_a_websocket(wwhd, member):
    question = {"type": "message", "content": QUESTION}
    came, code = asyncio.run(talk(wwhd.url, [{"type": "auth", "token": member.token}, question, question]))
    assert code is None and came[0] == {"type": "auth", "status": "ok"}
    kinds = [event["type"] for event in came]
    assert kinds.count("done") == 2 and kinds.count("start") == 2 and "citation" in kinds and "token" in kinds
    sessions = {event["session_id"] for event in came[1:]}
    assert len(sessions) == 1, "the second message continues the chat of the first"
    stored = member.get(f"/api/v1/chats/{sessions.pop()}").json
    assert [message["role"] for message in stored["messages"]] == ["user", "assistant"] * 2


def test_the_websocket_wants_a_token_first(wwhd):
    for first in ({"type": "message", "content": QUESTION}, {"type": "auth", "token": "not.a.token"}, {"type": "auth"}):
        came, code = asyncio.run(talk(wwhd.url, [first, first]))
        assert came[0]["type"] == "error" and code == 1008


# Chats --------------------------------------------------------------------------------------------------------------


def test_chats_are_kept_per_user(wwhd, member):
    first = member.post("/api/v1/chat", {"content": QUESTION}).json["chat_id"]
    second = member.post("/api/v1/chat", {"content": "How do I count my breaths?"}).json["chat_id"]
    page = member.get("/api/v1/chats").json
    assert (page["total"], page["page"], page["per_page"]) == (2, 1, 20)
    assert [chat["id"] for chat in page["chats"]] == [second, first], "last used first"
    assert set(page["chats"][0]) >= {"id", "title", "created_at", "updated_at", "total_tokens_used", "total_cost", "messages"}
    assert [chat["id"] for chat in member.get("/api/v1/chats?page=2&per_page=1").json["chats"]] == [first]
    chat = member.get(f"/api/v1/chats/{first}").json
    assert chat["title"].startswith("Should I pay off") and len(chat["messages"]) == 2
    assert chat["messages"][1]["agent_used"] == "interpreter" and chat["messages"][1]["sources"]

    stranger = member_of(wwhd.url)
    assert stranger.get("/api/v1/chats").json["total"] == 0
    stranger.get(f"/api/v1/chats/{first}", 404)
    stranger.delete(f"/api/v1/chats/{first}", 404)
    stranger.post("/api/v1/chat", {"content": QUESTION, "chat_id": first}, 404)

    assert member.delete(f"/api/v1/chats/{first}").json["message"]
    member.get(f"/api/v1/chats/{first}", 404)
    member.delete(f"/api/v1/chats/{first}", 404)
    assert member.get("/api/v1/chats").json["total"] == 1
    member.get("/api/v1/chats?page=0", 422)


# Documents ----------------------------------------------------------------------------------------------------------

DOCUMENT = {"id", "namespace", "title", "content", "source_url", "youtube_url", "vector_id", "embedding_model", "author", "published_date",
            "tags", "metadata_json", "uploaded_by", "created_at", "updated_at", "retrieval_count", "avg_relevance_score"}


def test_documents_are_managed_over_the_api(small):
    member = member_of(small.url)
    before = {entry["name"]: entry["document_count"] for entry in member.get("/api/v1/documents/namespaces").json}
    text = "# Sharpening\n\nA zymurgist keeps her whetstone wet. She draws the knife toward her forty times on each side."
    made = member.post("/api/v1/documents/", {"namespace": "general", "title": "Sharpening a knife", "content": text,
                                              "source_url": "https://example.org/knife"}).json
    assert set(made) >= DOCUMENT and made["namespace"] == "general" and made["source_url"] == "https://example.org/knife"
    assert "whetstone" in made["content"]
    after = {entry["name"]: entry["document_count"] for entry in member.get("/api/v1/documents/namespaces").json}
    assert after["general"] == before.get("general", 0) + 1
    listed = member.get("/api/v1/documents/?namespace=general&limit=1").json
    assert [document["id"] for document in listed] == [made["id"]], "newest first"
    assert member.get(f"/api/v1/documents/{made['id']}").json["title"] == "Sharpening a knife"

    found = member.post("/api/v1/chat", {"content": "How does a zymurgist keep her whetstone?"}).json
    assert any(source["url"] == "https://example.org/knife" for source in found["sources"])
    edited = member.put(f"/api/v1/documents/{made['id']}", {"title": "Sharp knives", "content": text.replace("wet", "oiled")}).json
    assert edited["id"] == made["id"] and edited["title"] == "Sharp knives" and "oiled" in edited["content"]
    assert edited["namespace"] == "general" and edited["source_url"] == "https://example.org/knife"

    assert member.delete(f"/api/v1/documents/{made['id']}").json["message"]
    member.get(f"/api/v1/documents/{made['id']}", 404)
    member.put(f"/api/v1/documents/{made['id']}", {"title": "x"}, 404)
    member.delete(f"/api/v1/documents/{made['id']}", 404)
    member.post("/api/v1/documents/", {"namespace": "general", "title": "No content"}, 422)
    Api(small.url).get("/api/v1/documents/", 401)


def test_two_documents_may_have_one_title(small):
    member = member_of(small.url)
    first, second = (member.post("/api/v1/documents", {"namespace": "general", "title": "Notes", "content": f"Note number {n} is about {word}."}).json
                     for n, word in ((1, "gooseberries"), (2, "quinces")))
    assert first["id"] != second["id"]
    assert "gooseberries" in member.get(f"/api/v1/documents/{first['id']}").json["content"]


def test_pdf_documents_can_be_uploaded(small):
    member = member_of(small.url)
    made = member.upload("/api/v1/documents/upload", "water.pdf", PDF, "application/pdf", namespace="diet_food", title="On water").json
    assert made["title"] == "On water" and made["namespace"] == "diet_food" and len(made["content"]) > 200
    untitled = member.upload("/api/v1/documents/upload", "Water again.PDF", PDF + b"\n", "application/pdf").json
    assert untitled["title"] == "Water again" and untitled["namespace"] == "general"
    assert "detail" in member.upload("/api/v1/documents/upload", "water.txt", b"water", "text/plain", expect=400).json
    scanned = (ROOT / "tests/knowledge/fixtures/scanned.pdf").read_bytes()
    assert "text" in member.upload("/api/v1/documents/upload", "scanned.pdf", scanned, "application/pdf", expect=400).json["detail"]
    assert member.upload("/api/v1/documents/upload", "broken.pdf", b"%PDF-1.4 broken", "application/pdf", expect=400).json["detail"]


def test_deleting_all_documents_needs_a_role(tmp_path, small_application):
    with Server(small_application, tmp_path / "data") as server:
        server.wait_for_documents()
        member = member_of(server.url)
        member.delete("/api/v1/documents/?confirm=true", 403)
        run_cli("users", "role", small_application, member.name, "admin", "--data", server.data, folder=tmp_path)
        assert member.get("/api/v1/auth/me").json["is_admin"] is True
        member.delete("/api/v1/documents/", 400)
        assert member.delete("/api/v1/documents/?confirm=true&namespace=money").json["deleted_count"] == 1
        assert member.delete("/api/v1/documents/?confirm=true").json["deleted_count"] == 2
        assert member.get("/api/v1/documents/").json == []
        run_cli("users", "role", small_application, member.name, "viewer", "--data", server.data, folder=tmp_path)
        member.post("/api/v1/documents/", {"namespace": "general", "title": "T", "content": "Some words."}, 403)


# Stores and models --------------------------------------------------------------------------------------------------


def test_sqlite_path_names_the_file_with_chats_and_users(tmp_path, small_application):
    database = tmp_path / "elsewhere" / "wwhd.db"
    database.parent.mkdir()
    with Server(small_application, tmp_path / "data", SQLITE_PATH=database) as server:
        member = member_of(server.url)
        member.post("/api/v1/chat", {"content": QUESTION})
    assert database.exists() and not (tmp_path / "data" / "wwhd.db").exists()
    with sqlite3.connect(database) as connection:
        assert connection.execute("select count(*) from users where username = ?", (member.name,)).fetchone() == (1,)
        assert connection.execute("select count(*) from messages where content = ?", (QUESTION,)).fetchone() == (1,)
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)


def test_vector_search_filters_by_metadata(tmp_path, small_application):
    with Provider(tmp_path) as provider, Server(small_application, tmp_path / "data", **provider.environment()) as server:
        server.wait_for_documents()
        user = register(server.url)
        everything = user.get("/api/search?q=how+do+I+breathe+and+pay&limit=20").json
        assert len({result["namespace"] for result in everything["results"]}) > 1
        for result in everything["results"]:
            assert result["explanation"]["vector"] is not None or result["explanation"]["text"] is not None
        assert any(result["explanation"]["vector"] is not None for result in everything["results"])
        filtered = user.get("/api/search?q=how+do+I+breathe+and+pay&limit=20&namespace=money").json["results"]
        assert filtered and {result["namespace"] for result in filtered} == {"money"}


def test_openai_key_is_used_for_chat_and_embeddings_and_vectors_persist(tmp_path, small_application):
    rules = [{"when": {"path": "/chat/completions", "contains": "debt"}, "answer": "Pay the one that bites first [1]."}]
    with Provider(tmp_path, rules) as provider:
        with Server(small_application, tmp_path / "data", **provider.environment()) as server:
            server.wait_for_documents()
            answer = member_of(server.url).post("/api/v1/chat", {"content": QUESTION}).json
            assert answer["content"].startswith("Pay the one that bites first [1].") and answer["total_tokens"] > 0
        asked = provider.record()
        assert {entry["path"] for entry in asked} >= {"/v1/chat/completions", "/v1/embeddings"}
        assert all(entry["authorized"] for entry in asked)
        assert {entry["body"]["model"] for entry in asked} == {"gpt-4o-mini", "text-embedding-3-small"}
        with Server(small_application, tmp_path / "data", **provider.environment()) as server:
            server.wait_for_documents()
            assert len(provider.record()) == len(asked), "nothing is embedded again"
            found = register(server.url).get("/api/search?q=debt").json["results"]
            assert any(result["explanation"]["vector"] is not None for result in found)


def test_the_question_is_embedded_while_a_model_routes_it(tmp_path, small_application):
    def routed(intent):
        return json.dumps({"intent": intent, "confidence": 0.9, "namespaces": ["money"]})
    small_talk = "So what is it that you are all about, old friend?"
    rules = [{"when": {"path": "/embeddings", "contains": small_talk}, "first_delay_ms": 600_000},
             {"when": {"path": "/chat/completions", "stream": False, "contains": small_talk}, "answer": routed("smalltalk")},
             {"when": {"path": "/chat/completions", "stream": False}, "answer": routed("question"), "first_delay_ms": 1000},
             {"when": {"path": "/chat/completions"}, "answer": "Pay the one that bites first [1]."}]
    with Provider(tmp_path, rules) as provider, Server(small_application, tmp_path / "data", **provider.environment()) as server:
        server.wait_for_documents()
        user = register(server.url)
        before = len(provider.record())
        assert user.post("/api/chats/new/messages", {"content": QUESTION}).json["sources"]
        ended = [(entry["path"], entry["body"].get("stream", False)) for entry in provider.record()[before:]]
        assert ended == [("/v1/embeddings", False), ("/v1/chat/completions", False), ("/v1/chat/completions", True)]
        answer = user.post("/api/chats/new/messages", {"content": small_talk}).json  # nobody waits for its vector
        assert answer["content"] and not answer["sources"]
        eventually(lambda: any(entry["path"] == "/v1/embeddings" and entry["client_gone"] for entry in provider.record()))


def test_variables_of_the_original_that_change_what_is_served(tmp_path, small_application):
    rules = [{"when": {"path": "/chat/completions", "stream": True}, "answer": "Pay the one that bites first [1]. Then save."}]
    more = {"API_V1_PREFIX": "/v9", "ENABLE_STREAMING": "false", "ORCHESTRATOR_MODEL": "gpt-of-the-router",
            "SPECIALIST_MODEL": "gpt-of-the-interpreter", "DEBUG_MODE": "1", "LOG_LEVEL": "error"}
    with Provider(tmp_path, rules) as provider, Server(small_application, tmp_path / "data", **provider.environment(), **more) as server:
        server.wait_for_documents()
        user = register(server.url)
        user.get("/api/v1/chats", 404)
        assert user.get("/v9/chats").json["total"] == 0
        assert "/v9/chat/stream" in Api(server.url).get("/openapi.json").json["paths"]
        events = events_of(user.stream("/v9/chat/stream", {"content": QUESTION}))
        assert [event["type"] for event in events] == ["start", "citation", "token", "done"]
        assert answer_text(events).startswith("Pay the one that bites first [1]. Then save.")
        streamed = {entry["body"].get("stream", False): entry["body"]["model"] for entry in provider.record() if "completions" in entry["path"]}
        assert streamed == {False: "gpt-of-the-router", True: "gpt-of-the-interpreter"}
        assert server.events("request"), "DEBUG_MODE goes before LOG_LEVEL"


def test_requests_are_limited_per_user_and_per_address(tmp_path, small_application):
    with Server(small_application, tmp_path / "data", RATE_LIMIT_REQUESTS=8, RATE_LIMIT_PERIOD=7200) as server:
        server.wait_for_documents()
        stranger = Api(server.url)
        first, second = register(server.url), register(server.url)  # two requests of the address
        for _ in range(8):
            first.get("/api/v1/chats")
        refused = first.get("/api/v1/chats", 429)
        assert set(refused.json) == {"detail"} and "8 in 7200 seconds" in refused.json["detail"]
        assert 0 < int(refused.headers["Retry-After"]) <= 900
        refused = first.get("/api/chats", 429)
        assert refused.json["error"]["code"] == "rate_limited" and int(refused.headers["Retry-After"]) > 0
        second.get("/api/chats")
        run_cli("status", small_application, "--data", server.data, folder=tmp_path)
        for _ in range(6):
            Api(server.url, "not.a.token").get("/api/chats", 401)
        Api(server.url, "another.bad.token").get("/api/chats", 429)
        stranger.post("/api/auth/login", {"name": second.name, "password": second.password}, 429)
        for _ in range(20):
            stranger.get("/health")
            stranger.get("/readiness")
        with pytest.raises(websockets.InvalidHandshake, match="429"):
            asyncio.run(talk(server.url, []))
        second.get("/api/chats")


def test_messages_of_a_websocket_are_limited_like_requests(tmp_path, small_application):
    with Server(small_application, tmp_path / "data", RATE_LIMIT_REQUESTS=3, RATE_LIMIT_PERIOD=7200) as server:
        server.wait_for_documents()
        user = register(server.url)
        message = {"type": "message", "content": "hello"}
        came, code = asyncio.run(talk(server.url, [{"type": "auth", "token": user.token}] + [message] * 4))
        assert [event["type"] for event in came if event["type"] in ("done", "error")] == ["done"] * 3 + ["error"]
        assert "Too many requests" in came[-1]["message"] and code is None

        async def over_the_default_socket():
            async with websockets.connect("ws" + server.url.removeprefix("http") + "/api/ws") as channel:
                await channel.send(json.dumps({"type": "auth", "token": user.token}))
                await channel.send(json.dumps(message))
                return [json.loads(await channel.recv()) for _ in range(2)]
        ready, refused = asyncio.run(over_the_default_socket())
        assert ready["type"] == "ready" and refused["type"] == "error" and refused["error"]["code"] == "rate_limited"
        assert refused["error"]["details"]["retry_after_seconds"] > 0


def test_min_relevance_score_leaves_weak_passages_out(tmp_path, small_application):
    with Server(small_application, tmp_path / "data", MIN_RELEVANCE_SCORE="1") as server:
        server.wait_for_documents()
        assert member_of(server.url).post("/api/v1/chat", {"content": "Which habits help with debts and breathing?"}).json["sources"] == []


def test_values_that_cannot_be_kept_are_refused_at_the_start(tmp_path, small_application):
    for name, value, told in (("JWT_ALGORITHM", "RS256", "HS256"), ("QDRANT_URL", "ftp://not-to-be-shown", "stores.index"),
                              ("API_V1_PREFIX", "v1", "script.prefixes")):
        refused = run_cli("serve", small_application, "--port", "0", "--data", tmp_path / "data", folder=tmp_path, check=1,
                          environment={name: value})
        assert told in refused.stderr and "not-to-be-shown" not in refused.stderr


def test_long_answers_hold_their_connection(tmp_path, small_application):
    """A model that says nothing for longer than the heartbeat, then writes slowly: the stream stays."""
    rules = [{"when": {"path": "/chat/completions", "stream": True}, "answer": "Slowly, slowly, one stone after another [1]. " * 3,
              "first_delay_ms": 17000, "chunk_delay_ms": 20}]
    with Provider(tmp_path, rules) as provider, Server(small_application, tmp_path / "data", **provider.environment()) as server:
        server.wait_for_documents()
        member = member_of(server.url)
        connection, response = member._send("POST", "/api/v1/chat/stream", {"content": QUESTION}, {})
        lines = response.read().decode().splitlines()
        connection.close()
        assert any(line.startswith(":") for line in lines), "a comment keeps the connection alive"
        events = [json.loads(line[5:]) for line in lines if line.startswith("data:")]
        assert events[-1]["type"] == "done" and "stone after another" in answer_text(events)


def test_copying_the_data_folder_is_a_backup(tmp_path, small_application):
    with Server(small_application, tmp_path / "data") as server:
        server.wait_for_documents()
        member = member_of(server.url)
        chat = member.post("/api/v1/chat", {"content": QUESTION}).json["chat_id"]
    shutil.copytree(tmp_path / "data", tmp_path / "copy", ignore=shutil.ignore_patterns("*.sock", "*.lock"))
    with Server(small_application, tmp_path / "copy") as server:
        again = Api(server.url, member.token)
        assert len(again.get(f"/api/v1/chats/{chat}").json["messages"]) == 2
        answer = again.post("/api/v1/chat", {"content": QUESTION, "chat_id": chat}).json
        assert answer["sources"]
        source = again.post("/api/chats/new/messages", {"content": QUESTION}).json["sources"][0]
        assert Api(server.url).get(source["url"].split("#")[0]).body


def test_nothing_outside_the_process_is_needed(wwhd, member):
    """While it answers, the server has no connection to anything but its clients."""
    member.post("/api/v1/chat", {"content": QUESTION})
    own_port = int(wwhd.url.rsplit(":", 1)[1])
    descriptors = f"/proc/{wwhd.process.pid}/fd"
    sockets = set()
    for entry in os.listdir(descriptors):
        try:
            target = os.readlink(f"{descriptors}/{entry}")
        except OSError:
            continue
        if target.startswith("socket:["):
            sockets.add(target[8:-1])
    with open(f"/proc/{wwhd.process.pid}/net/tcp") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    ours = [row for row in rows if row[9] in sockets]
    assert ours and {int(row[1].rsplit(":", 1)[1], 16) for row in ours} == {own_port}


def test_ten_thousand_passages_are_searched(tmp_path, small_application):
    """The document speaks of 10,000 vectors: that many passages, each with its vector of 1536 numbers, in one process."""
    words = [f"{a}{b}{c}" for a in "bdfgklmnpr" for b in ("ala", "ebe", "ici", "odo", "ufu") for c in ("mar", "nel", "pis", "rot", "sun")]
    folder = tmp_path / "many" / "general"
    folder.mkdir(parents=True)
    for book in range(50):
        parts = []
        for page in range(200):
            picked = " ".join(words[(book * 7 + page * 13 + k * k) % len(words)] for k in range(24))
            parts.append(f"## Entry {book}-{page}\n\nThe entry b{book}p{page}x tells of {picked}.\n")
        (folder / f"book{book}.md").write_text(f"# Book {book}\n\n" + "\n".join(parts))
    with Provider(tmp_path) as provider:
        environment = {**provider.environment(), "CHUNK_SIZE": "200", "CHUNK_OVERLAP": "0"}
        with Server(small_application, tmp_path / "data", **environment) as server:
            server.wait_for_documents()
            run_cli("ingest", small_application, tmp_path / "many", "--data", server.data, folder=tmp_path, environment=environment)
            user = register(server.url)
            status = user.get("/api/status").json["documents"]
            assert status["passages"] >= 10000
            for book, page in ((0, 0), (24, 133), (49, 199)):
                best = user.get(f"/api/search?q=b{book}p{page}x&limit=3").json["results"][0]
                assert f"b{book}p{page}x" in best["text"]


def passages_of(user, question):
    return [(found["document_id"], round(found["score"], 4)) for found in user.get(f"/api/search?q={question}").json["results"]]


def test_postgresql_can_hold_all_data_and_vectors_are_moved(tmp_path):
    """W12, W13: from SQLite and the embedded index to PostgreSQL with pgvector, by DATABASE_URL and two commands."""
    application, data = copy_small(tmp_path), tmp_path / "data"
    with Server(application, data) as server:
        server.wait_for_documents()
        user = register(server.url)
        before = passages_of(user, "debt")
        user.post("/api/chats/new/messages", {"content": QUESTION})
        assert before
    (tmp_path / "postgres").mkdir()
    with Postgres(tmp_path / "postgres") as postgres:
        database = postgres.database("wwhd")
        settings = {"DATABASE_URL": postgres.url("wwhd_app", database), "DATABASE_OWNER_URL": postgres.url("owner", database)}
        moved = run_cli("copy", application, "--from", f"sqlite:{data / 'wwhd.db'}", "--to", "env:DATABASE_URL", "--owner-from", "DATABASE_OWNER_URL",
                        "--data", tmp_path / "moved", folder=tmp_path, environment=settings)
        assert "users" in moved.stdout
        shutil.copytree(data / "objects", tmp_path / "moved/objects", dirs_exist_ok=True)
        shutil.copy(data / "jwt.secret", tmp_path / "moved")
        run_cli("reindex", application, "--data", tmp_path / "moved", folder=tmp_path, environment=settings)
        with Server(application, tmp_path / "moved", **settings) as server:
            server.wait_for_documents()
            user = Api(server.url, user.token)
            assert passages_of(user, "debt") == before
            assert len(user.get("/api/chats").json["chats"]) == 1
        assert not list((tmp_path / "moved").glob("*.db")) and not list((tmp_path / "moved").glob("index*"))
        assert int(postgres.run(database, "select count(*) from documents")) == 3


def test_document_files_are_stored_in_s3(tmp_path):
    """W28: by AWS_S3_BUCKET, with AWS's own variables for who and where."""
    (tmp_path / "s3").mkdir()
    with Bucket(tmp_path / "s3") as bucket:
        settings = {"AWS_S3_BUCKET": "documents", "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL_S3": bucket.endpoint, **bucket.environment}
        with Server(copy_small(tmp_path), tmp_path / "data", **settings) as server:
            server.wait_for_documents()
            user = register(server.url)
            added = user.upload("/api/documents", "note.md", b"# Note\n\nPhlogistic combustion.\n", "text/markdown", 201)
            assert user.get(f"/api/documents/{added.json['id']}").json["content"]
            kept = [path for path in (tmp_path / "s3/data/documents").rglob("*") if path.is_file()]
            assert any(path.read_bytes() == b"# Note\n\nPhlogistic combustion.\n" for path in kept) and len(kept) >= 4
            assert not (tmp_path / "data/objects").exists()
