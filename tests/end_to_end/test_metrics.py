"""GET /metrics: what Prometheus reads, and who may."""

import contextlib
import os
import re
import shutil
import socket
import subprocess

import pytest

from http_api import Api, register
from programs import ROOT, Provider, Server, eventually

LINE = re.compile(r'^([a-z_]+)(\{[a-z_]+="(?:[^"\\\n]|\\.)*"(?:,[a-z_]+="(?:[^"\\\n]|\\.)*")*\})? (-?[0-9.e+-]+|\+Inf|NaN)$')


def figures(text):
    """Checks the format as promtool does – types and help before samples, one family in one place – and returns the samples."""
    samples, types, family, closed = {}, {}, None, set()
    for line in text.splitlines():
        if line.startswith("# HELP "):
            assert family is None or family in types, line
            closed.add(family)
            family = line.split(" ", 3)[2]
            assert family not in closed and len(line.split(" ", 3)) == 4, f"{family} stands in two places, or has no help"
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == family and kind in ("counter", "gauge", "histogram")
            assert (kind == "counter") == name.endswith("_total"), f"{name} is a {kind}"
            types[name] = kind
        else:
            match = LINE.match(line)
            assert match, line
            name = match[1]
            base = re.sub(r"_(bucket|sum|count)$", "", name) if types[family] == "histogram" else name
            assert base == family, line
            assert line.rsplit(" ", 1)[0] not in samples, f"twice: {line}"
            samples[line.rsplit(" ", 1)[0]] = float(match[3])
    return samples


def read(server):
    answer = Api(server.url).get("/metrics", None)
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return figures(answer.body.decode())


def test_requests_models_documents_and_stores_are_counted(small):
    user = register(small.url)
    before = read(small)
    for _ in range(3):
        user.get("/api/search?q=debts")
    user.post("/api/chats/new/messages", {"content": "Should I pay off my debts before I save?"})
    user.get("/api/nothing/here", 404)
    after = read(small)

    def grown(series):
        return after.get(series, 0) - before.get(series, 0)

    searches = 'method="GET",route="/api/search"'
    assert grown('slipway_http_requests_total{%s,status="200"}' % searches) == 3
    assert grown("slipway_http_request_duration_seconds_count{%s}" % searches) == 3
    assert after['slipway_http_request_duration_seconds_bucket{%s,le="+Inf"}' % searches] == \
        after["slipway_http_request_duration_seconds_count{%s}" % searches]
    assert grown('slipway_http_requests_total{method="GET",route="none",status="404"}') == 1
    assert not any("/api/nothing" in series for series in after), "a path that a client made up is no label"
    assert grown('slipway_model_requests_total{kind="chat",model="local",outcome="ok"}') == 1
    assert grown('slipway_model_tokens_total{model="local",direction="completion"}') > 0
    assert after['slipway_documents{status="indexed"}'] > 0 and after["slipway_passages"] > 0
    assert after['slipway_ingested_documents_total{outcome="ok"}'] == after['slipway_documents{status="indexed"}']
    assert all(after['slipway_store_up{store="%s"}' % store] == 1 for store in ("database", "index", "objects"))
    assert grown("slipway_sqlite_transactions_total") > 0
    assert after["slipway_http_connections"] >= 1 and after["process_resident_memory_bytes"] > 1e6
    assert any(series.startswith("slipway_info{") for series in after)


def test_connections_are_counted_while_they_are_open(small):
    host, port = re.match(r"http://([^:]+):(\d+)", small.url).groups()
    before = read(small)["slipway_http_connections"]
    held = [socket.create_connection((host, int(port))) for _ in range(5)]
    try:
        # The kernel has taken them; the server does so a little later.
        eventually(lambda: read(small)["slipway_http_connections"] >= before + 5)
    finally:
        for one in held:
            one.close()


MODEL = 'slipway_model_requests_in_progress{kind="chat",model="openai/gpt-4o-mini"}'


def test_what_is_under_way_is_counted_up_and_down(tmp_path, small_application):
    """Streams, WebSockets and calls of models: one more while they are open, none when they have ended, however they ended."""
    rules = [{"when": {"stream": True}, "answer": "word " * 200, "chunk_size": 300, "stall_after": 2}]
    with Provider(tmp_path, rules) as provider, Server(small_application, tmp_path / "data", **provider.environment()) as server:
        server.wait_for_documents()
        user = register(server.url)
        body = {"content": "Should I pay off my debts before I save?"}
        streams = [user.stream("/api/chats/new/messages", body) for _ in range(3)]
        for stream in streams:
            next(event for event, _ in stream if event == "token")
        with contextlib.ExitStack() as open_sockets:
            host, port = re.match(r"http://([^:]+):(\d+)", server.url).groups()
            for path in ("/api/ws", "/ws/chat"):
                channel = open_sockets.enter_context(socket.create_connection((host, int(port))))
                channel.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())
                assert b" 101 " in channel.recv(4096)
            now = read(server)
            assert (now["slipway_http_event_streams"], now["slipway_http_websockets"], now[MODEL]) == (3, 2, 3)
        for stream in streams[1:]:
            stream.hang_up()
        chat = user.get("/api/chats").json["chats"]
        for one in chat:
            user.post(f"/api/chats/{one['id']}/stop")
        assert "done" in [event for event, _ in streams[0]]
        eventually(lambda: [read(server)[name] for name in ("slipway_http_event_streams", "slipway_http_websockets", MODEL)] == [0, 0, 0])
        assert read(server)['slipway_model_requests_total{kind="chat",model="openai/gpt-4o-mini",outcome="cancelled"}'] == 3


def test_refused_connections_are_counted(tmp_path, small_application):
    manifest = small_application / "app.yaml"
    manifest.write_text(manifest.read_text().replace("  readiness: /readiness\n", "  readiness: /readiness\n  limits: { connections_max: 4 }\n"))
    with Server(small_application, tmp_path / "data") as server:
        server.wait_for_documents()
        host, port = re.match(r"http://([^:]+):(\d+)", server.url).groups()
        held = [socket.create_connection((host, int(port))) for _ in range(4)]
        with contextlib.closing(socket.create_connection((host, int(port)))) as refused:
            assert b" 503 " in refused.recv(4096)
        for one in held:
            one.close()
        eventually(lambda: Api(server.url).get("/metrics", None).status == 200)
        assert read(server)["slipway_http_connections_refused_total"] >= 1


def test_promtool_finds_no_fault(small):
    promtool = shutil.which("promtool") or ROOT / "build/prometheus/usr/bin/promtool"
    if not os.access(promtool, os.X_OK):
        pytest.skip("promtool (Debian: prometheus) is not there: scripts/install.sh test unpacks it")
    figures_now = Api(small.url).get("/metrics").body
    checked = subprocess.run([promtool, "check", "metrics"], input=figures_now, capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr.decode()


def test_a_proxy_s_clients_need_the_token(tmp_path, small_application):
    manifest = small_application / "app.yaml"
    manifest.write_text(manifest.read_text().replace("  readiness: /readiness\n",
                                                     "  readiness: /readiness\n  metrics: { token: \"${METRICS_TOKEN}\" }\n"))
    with Server(small_application, tmp_path / "data", METRICS_TOKEN="a token for the figures", TRUSTED_PROXIES="1") as server:
        from_outside = {"X-Forwarded-For": "203.0.113.9"}
        api = Api(server.url)
        assert api.request("GET", "/metrics", None, headers=from_outside).status == 404
        wrong = {**from_outside, "Authorization": "Bearer another token"}
        assert api.request("GET", "/metrics", None, headers=wrong).status == 404
        right = {**from_outside, "Authorization": "Bearer a token for the figures"}
        answer = api.request("GET", "/metrics", None, headers=right)
        assert answer.status == 200 and b"slipway_info" in answer.body
