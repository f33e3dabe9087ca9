"""Clients that are slow, silent, many, or do not read: each ends at its limit with an answer or a closed connection, one
line in the log, and without the others noticing."""

import json
import os
import pathlib
import resource
import select

import pytest

from conftest import copy_small
from http_api import Api, register
from programs import Provider, Server, event_of, eventually
from wire import Wire

CONNECTIONS = 2_000
READERS = 20
LIMITS = "header_time_max: 2s, body_time_max: 3s, idle_time_max: 60s, write_time_max: 2s, heartbeat: 1s, held_bytes_max: 8MB"
POST = b"POST /api/documents HTTP/1.1\r\nHost: h\r\n"


def with_limits(application, limits):
    manifest = application / "app.yaml"
    text = manifest.read_text()
    assert text.count("\nserver:\n") == 1
    manifest.write_text(text.replace("\nserver:\n", f"\nserver:\n  limits: {{ {limits} }}\n"))
    return application


def resident(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) * 1024


def request_lines(server, since):
    return [entry for entry in map(event_of("request"), server.log.all[since:]) if entry]


@pytest.fixture(scope="module")
def hurried(tmp_path_factory):
    """A server with limits of seconds, and a model that never stops."""
    folder = tmp_path_factory.mktemp("hurried")
    # What was freed is given back: else the sanitizer keeps 256 MB of it.
    sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=4:thread_local_quarantine_size_kb=64"
    endless = {"when": {"path": "/chat/completions", "stream": True}, "answer": "on and on it goes " * 20, "chunk_size": 2000, "endless": True}
    with Provider(folder, [endless]) as provider:
        with Server(with_limits(copy_small(folder), LIMITS), folder / "data", ASAN_OPTIONS=sanitizer, **provider.environment()) as server:
            server.wait_for_documents()
            yield server


def test_slow_heads_and_bodies_are_told_so(hurried):
    """Slow loris: 200 clients who never come to an end, half of them a byte at a time."""
    beginnings = (b"GET /hea", b"GET /health HTTP/1.1\r\nHost: h\r\nX-A: b", POST + b"Content-Length: 900\r\n\r\nab",
                  POST + b"Transfer-Encoding: chunked\r\n\r\n3e8\r\nab", POST + b"Content-Length: 900\r\nExpect: 100-continue\r\n\r\n")
    since = len(hurried.log.all)
    wires = [Wire(hurried.url) for _ in range(200)]
    for number, wire in enumerate(wires):
        assert wire.send(beginnings[number % len(beginnings)])
    for wire in wires[4::5]:
        assert wire.head()[0] == 100
    dripping = wires[::2]
    while dripping:
        answered, _, _ = select.select(dripping, [], [], 0.2)
        dripping = [wire for wire in dripping if wire not in answered and wire.send(b"a")]
        assert Api(hurried.url).get("/liveness").status == 200
    for wire in wires:
        status, _, body = wire.answer()
        assert status == 408 and "did not arrive within" in json.loads(body)["error"]["message"]
        wire.socket.close()

    def refused():
        lines = [line for line in request_lines(hurried, since) if line["path"] != "/liveness"]
        return len(lines) == 200 and {line["status"] for line in lines} == {408}
    assert eventually(refused)  # the log is read by a thread of its own


def test_large_bodies_share_a_limit(hurried):
    """Nobody is signed in, and the bodies are not whole: 30 of a megabyte each do not grow the server by 30 MB."""
    before = resident(hurried)
    wires = [Wire(hurried.url) for _ in range(30)]
    for wire in wires:
        wire.send(POST + b"Content-Length: 1000001\r\n\r\n" + b"x" * 1_000_000)
    statuses = [wire.answer()[0] for wire in wires]
    assert set(statuses) == {503, 408} and statuses.count(408) <= 9
    assert resident(hurried) - before < 20 << 20, "it kept what it refused"
    assert Api(hurried.url).post("/api/chats", {}, 401)


def test_idle_connections_by_the_thousand(hurried):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 2 * CONNECTIONS)), hard))
    before = resident(hurried)
    wires = [Wire(hurried.url) for _ in range(CONNECTIONS)]
    try:
        for wire in wires[::2]:  # half of them after a request
            wire.send(b"GET /liveness HTTP/1.1\r\nHost: h\r\n\r\n")
            assert wire.answer()[0] == 200
        grown = resident(hurried) - before
        print(f"{grown / CONNECTIONS:.0f} bytes of memory for each of {CONNECTIONS} idle connections")
        assert grown < CONNECTIONS * (40 << 10)
        assert register(hurried.url).get("/api/me").json["active"] is True
        for wire in wires[::97]:  # none of them is lost
            wire.send(b"GET /liveness HTTP/1.1\r\nHost: h\r\n\r\n")
            assert wire.answer()[0] == 200
    finally:
        for wire in wires:
            wire.socket.close()


def test_readers_that_stop_are_cut(hurried):
    """Streams without an end, and nobody reads: each is cut after write_time_max, with its line."""
    user = register(hurried.url)
    since, before = len(hurried.log.all), resident(hurried)
    body = json.dumps({"content": "Should I pay off my debts before I save?"}).encode()
    head = (f"POST /api/chats/new/messages HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {user.token}\r\nAccept: text/event-stream\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode()
    wires = [Wire(hurried.url, receive_buffer=4096) for _ in range(READERS)]
    for wire in wires:
        wire.send(head + body)
        assert wire.head()[0] == 200
    assert Api(hurried.url).get("/health").json["status"] == "healthy"

    def cut():
        return [line for line in request_lines(hurried, since) if line["path"].endswith("/messages")]
    lines = eventually(lambda: cut()[READERS - 1:] and cut())
    assert len(lines) == READERS and all(line.get("gone") for line in lines)
    grown = resident(hurried) - before
    print(f"{grown / READERS / 1e6:.1f} MB of memory for each of {READERS} readers that stopped")
    assert grown < READERS * (4 << 20)
    assert user.get("/api/chats").json["total"] == READERS, "what was sent is stored"
