"""What is done through one server is told to clients of another: over PostgreSQL and Redis they are one application."""

import contextlib
import time

import pytest

from engines import Postgres, Redis
from http_api import Api, register
from listeners import EventListener, SocketListener
from programs import Server, eventually, run_cli

KNOWN_ELSEWHERE = 1.2  # seconds after which a server goes by what another program changed (store/database/database.h)
MANIFEST = """
name: told
stores:
  database: "${DATABASE_URL}"
  database_owner: "${DATABASE_OWNER_URL}"
  cache: "${CACHE_URL}"
accounts: { secret: "${JWT_SECRET}", registration: open, workspace: "${WORKSPACE}" }
server: { limits: { drain_time_max: 1h } }  # nothing here ends because it is cut
"""

SCRIPT = """
job("note", function(job)
  if job.arguments.fails then error {code = "invalid", message = "as it was told to"} end
end)

route.post("/rooms/{name}", {body = {}}, function(request)
  return slipway.channels.publish{name = "room/" .. request.params.name, value = {from = request.user.username, text = request.body.text}}
end)

route.get("/rooms/{name}", {}, function(request)
  return events(function(send, stream)
    stream:subscribe("room/" .. request.params.name)
    send({type = "here"})
    for event in stream:events() do
      send(event.missed and {type = "missed"} or {type = "said", text = event.value.text})
    end
  end)
end)

route.websocket("/rooms/{name}/ws", function(socket, request)
  socket:subscribe("room/" .. request.params.name)
  socket:send {type = "here"}
  for event in socket:events() do
    if event.message == "leave" then
      socket:unsubscribe("room/" .. request.params.name)
      socket:send {type = "left"}
    elseif event.message then
      socket:send {type = "echo", text = event.message}
    elseif event.missed then
      socket:send {type = "missed"}
    else
      socket:send {type = "said", channel = event.channel, text = event.value.text}
    end
  end
end)
"""

QUESTION = "Should I pay off my debts before I save?"


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    with Postgres(tmp_path_factory.mktemp("postgres")) as server:
        server.database("told")
        yield server


@pytest.fixture
def redis(tmp_path):
    place = tmp_path / "redis"
    place.mkdir()
    with Redis(place) as server:
        yield server


@pytest.fixture
def settings(postgres, redis):
    return {"DATABASE_URL": postgres.url("told_app", "told"), "DATABASE_OWNER_URL": postgres.url("owner", "told"), "CACHE_URL": redis.url,
            "JWT_SECRET": "a secret that all servers share, of enough bytes", "WORKSPACE": "main"}


@pytest.fixture
def application(tmp_path):
    folder = tmp_path / "told"
    folder.mkdir()
    (folder / "app.yaml").write_text(MANIFEST)
    (folder / "routes.lua").write_text(SCRIPT)
    return folder


@contextlib.contextmanager
def servers(application, tmp_path, settings, count=2):
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Server(application, tmp_path / f"data{number}", **settings)) for number in range(count)]


def at(server, user):
    return Api(server.url, user.token)


def ready(listener):
    listener.wait_for(type="ready")
    return listener


def subscribed(listener):
    listener.wait_for(type="subscribed")
    return listener


def test_what_is_done_at_one_server_is_told_at_another(settings, application, tmp_path):
    with servers(application, tmp_path, settings) as (one, two):
        alice, other = register(one.url), register(two.url)
        hears = [ready(EventListener(at(one, alice))), subscribed(SocketListener(at(one, alice)))]
        stranger = ready(EventListener(at(one, other)))
        with Server(application, tmp_path / "elsewhere", **settings | {"WORKSPACE": "another"}) as elsewhere:
            tenant = register(elsewhere.url)
            foreign = ready(EventListener(at(elsewhere, tenant)))

            there = at(two, alice)
            answer = there.post("/api/chats/new/messages", {"content": QUESTION}).json
            there.patch(f"/api/chats/{answer['chat_id']}", {"title": "Debts"})
            there.delete(f"/api/chats/{answer['chat_id']}", expect=204)
            document = there.post("/api/documents", {"title": "Note", "content": "# Note\n\nPhlogistic rent.\n"}, 201).json
            there.upload("/api/documents", "broken.pdf", b"%PDF-1.4 nothing else", expect=400)
            there.delete(f"/api/documents/{document['id']}", expect=204)
            good = there.post("/api/jobs", {"name": "note"}, 202).json
            bad = there.post("/api/jobs", {"name": "note", "arguments": {"fails": True}}, 202).json
            for listener in hears:
                begun = listener.wait_for(type="chat", change="begun", chat_id=answer["chat_id"])
                assert begun["message_id"] == answer["id"] and begun["title"]
                listener.wait_for(type="chat", change="ended", message_id=answer["id"], status="complete")
                listener.wait_for(type="chat", change="renamed", title="Debts")
                listener.wait_for(type="chat", change="removed", chat_id=answer["chat_id"])
                listener.wait_for(type="document", status="processing", title="Note")
                listener.wait_for(type="document", status="indexed", id=document["id"])
                assert listener.wait_for(type="document", status="failed")["reason"]
                listener.wait_for(type="document", status="removed", id=document["id"])
                # What is told is how the job is now: another server may have begun it before it is told that it waits.
                eventually(lambda: states_of(listener, good) >= {"running", "done"})  # pylint: disable=cell-var-from-loop
                eventually(lambda: states_of(listener, bad) >= {"running", "failed"})  # pylint: disable=cell-var-from-loop
            foreign_document = tenant.post("/api/documents", {"title": "Theirs", "content": "# Theirs\n\nOf another tenant.\n"}, 201).json
            foreign.wait_for(type="document", status="indexed", id=foreign_document["id"])

            # Who is of the workspace hears of documents, and of nobody else's chats and jobs. Another workspace hears nothing.
            stranger.wait_for(type="document", status="removed", id=document["id"])
            assert {event["type"] for event in stranger.all} == {"ready", "document"}
            assert {event.get("id") for event in foreign.all} == {None, foreign_document["id"]}
            assert not [event for listener in hears for event in listener.all if event.get("id") == foreign_document["id"]]
            assert not [event for listener in [*hears, stranger, foreign] for event in listener.all if event["type"] == "missed"]

            hears_jobs_of_all(application, tmp_path, settings, one, there)


def states_of(listener, job):
    return {event["state"] for event in list(listener.all) if event.get("id") == job["id"]}


def hears_jobs_of_all(application, tmp_path, settings, server, somebody):
    """An admin hears of everybody's, until the role is taken away; the stream goes on."""
    admin = register(server.url)
    run_cli("users", "role", application, admin.name, "admin", "--data", tmp_path / "cli", folder=tmp_path, environment=settings)
    time.sleep(KNOWN_ELSEWHERE)
    listener = ready(EventListener(admin))
    job = somebody.post("/api/jobs", {"name": "note"}, 202).json
    listener.wait_for(type="job", id=job["id"], state="queued")
    run_cli("users", "role", application, admin.name, "member", "--data", tmp_path / "cli", folder=tmp_path, environment=settings)
    time.sleep(KNOWN_ELSEWHERE)
    hidden = somebody.post("/api/jobs", {"name": "note"}, 202).json
    listener.wait_for(type="missed")  # what it may hear is another thing now
    own = admin.post("/api/jobs", {"name": "note"}, 202).json
    eventually(lambda: "done" in states_of(listener, own))
    assert not states_of(listener, hidden)


def test_scripts_publish_and_listen_over_servers(settings, application, tmp_path):
    with servers(application, tmp_path, settings) as (one, two):
        alice, bob = register(one.url), register(two.url)
        stream = EventListener(at(one, alice), "/rooms/blue")
        socket = SocketListener(at(one, alice), "/rooms/blue/ws", first=["hello"])
        red = EventListener(at(one, alice), "/rooms/red")
        for listener in (stream, socket, red):
            listener.wait_for(type="here")
        socket.wait_for(type="echo", text="hello")
        for number in range(20):
            said = at(two, bob).post("/rooms/blue", {"text": f"number {number}"}).json
            assert said == {"published": True}
        for listener in (stream, socket):
            for number in range(20):
                assert listener.wait_for(type="said")["text"] == f"number {number}"
        with Server(application, tmp_path / "elsewhere", **settings | {"WORKSPACE": "another"}) as elsewhere:
            register(elsewhere.url).post("/rooms/red", {"text": "of another tenant"})
            at(two, bob).post("/rooms/red", {"text": "of ours"})
            assert red.wait_for(type="said")["text"] == "of ours"
        assert at(two, bob).post("/rooms/" + "x" * 190, {"text": "?"}, 400).json["error"]["code"] == "invalid"


def test_who_is_blocked_hears_no_more(settings, application, tmp_path):
    with servers(application, tmp_path, settings) as (one, two):
        alice, bob = register(one.url), register(two.url)
        stream, socket = ready(EventListener(at(one, alice))), subscribed(SocketListener(at(one, alice)))
        script, room = EventListener(at(one, alice), "/rooms/blue"), SocketListener(at(one, alice), "/rooms/blue/ws", first=[])
        script.wait_for(type="here"), room.wait_for(type="here")
        run_cli("users", "block", application, alice.name, "--data", tmp_path / "cli", folder=tmp_path, environment=settings)
        time.sleep(KNOWN_ELSEWHERE)
        document = bob.post("/api/documents", {"title": "Secret", "content": "# Secret\n\nNot for the blocked.\n"}, 201).json
        bob.post("/rooms/blue", {"text": "not for the blocked"})
        assert stream.wait_for(type="error")["error"]["code"] == "unauthorized"
        assert socket.wait_for(type="error")["error"]["code"] == "unauthorized"
        assert stream.wait_for_end() == "ended"
        assert socket.wait_for_end().startswith("1008")
        assert room.wait_for_end().startswith("1011")
        script.wait_for_end()
        heard = [event for listener in (stream, socket, script, room) for event in listener.all]
        assert not [event for event in heard if event.get("id") == document["id"] or event.get("type") == "said"]
        assert at(one, alice).get("/api/events", expect=401)


def test_a_lost_redis_is_told_and_costs_no_request(settings, application, tmp_path, redis):
    with servers(application, tmp_path, settings) as (one, two):
        alice = register(one.url)
        hears = [ready(EventListener(at(one, alice))), subscribed(SocketListener(at(one, alice)))]
        room = SocketListener(at(one, alice), "/rooms/blue/ws", first=[])
        room.wait_for(type="here")
        redis.kill()
        there = at(two, alice)
        answer = there.post("/api/chats/new/messages", {"content": QUESTION}).json
        assert answer["status"] == "complete"
        eventually(lambda: there.post("/rooms/blue", {"text": "lost"}).json == {"published": False})
        late = ready(EventListener(at(one, alice)))  # connecting does not fail either
        states = run_cli("status", application, "--data", one.data, "--json", folder=tmp_path, environment=settings, check=None).stdout
        assert '"channels"' in states
        redis.start_again()
        for listener in (*hears, late, room):
            listener.wait_for(type="missed")
        eventually(lambda: there.post("/rooms/blue", {"text": "again"}).json == {"published": True})
        room.wait_for(type="said", text="again")
        there.patch(f"/api/chats/{answer['chat_id']}", {"title": "After"})
        for listener in (*hears, late):
            listener.wait_for(type="chat", change="renamed", title="After")


def test_a_killed_server_takes_no_listener_along(settings, application, tmp_path):
    with servers(application, tmp_path, settings, 1) as (one,):
        two = Server(application, tmp_path / "victim", **settings).start()
        alice = register(one.url)
        stays, goes = ready(EventListener(at(one, alice))), ready(EventListener(at(two, alice)))
        chat = at(two, alice).post("/api/chats", {"title": "Before"}, 201).json
        stays.wait_for(type="chat", change="created", chat_id=chat["id"])
        two.kill()
        goes.wait_for_end()
        at(one, alice).patch(f"/api/chats/{chat['id']}", {"title": "After"})
        stays.wait_for(type="chat", change="renamed", title="After")
        assert not [event for event in stays.all if event["type"] == "missed"]


def test_listeners_end_when_the_server_does(settings, application, tmp_path):
    server = Server(application, tmp_path / "data", **settings).start()
    try:
        alice = register(server.url)
        streams = [ready(EventListener(alice)) for _ in range(20)]
        sockets = [subscribed(SocketListener(alice)) for _ in range(20)]
        script, room = EventListener(alice, "/rooms/blue"), SocketListener(alice, "/rooms/blue/ws", first=[])
        script.wait_for(type="here"), room.wait_for(type="here")
        server.terminate()
        for listener in (*streams, script):
            assert listener.wait_for_end() == "ended"
        for listener in (*sockets, room):
            assert listener.wait_for_end().startswith("1001")
        server.wait()
    finally:
        if server.process.poll() is None:
            server.kill()


def test_one_server_without_redis_tells_its_own(tmp_path):
    folder = tmp_path / "alone"
    folder.mkdir()
    (folder / "app.yaml").write_text("name: alone\naccounts: { registration: open }\n")
    (folder / "routes.lua").write_text(SCRIPT)
    with Server(folder, tmp_path / "data") as server:
        alice = register(server.url)
        listener, room = ready(EventListener(alice)), SocketListener(alice, "/rooms/blue/ws", first=["leave"])
        room.wait_for(type="left")
        chat = alice.post("/api/chats", {"title": "Mine"}, 201).json
        listener.wait_for(type="chat", change="created", chat_id=chat["id"])
        assert alice.post("/rooms/blue", {"text": "to nobody"}).json == {"published": True}
        assert Api(server.url).get("/api/events", expect=401)
