"""SIGTERM under load: open streams end or are told, and behind a balancer nobody notices a restart."""

import asyncio
import contextlib
import json
import pathlib
import re
import shutil
import signal
import subprocess
import threading

import pytest
import websockets

from http_api import Api, register
from programs import PATIENCE, ROOT, Provider, Server, event_of, eventually, free_port

QUESTION = "Should I pay off my debts before I save?"
WORDS = " ".join(f"pebble{number}" for number in range(80)) + " "
LONG, SHORT = 200, 50  # streams of each mode


def set_server(application, **values):
    manifest = application / "app.yaml"
    lines = "".join(f"  {key}: {value}\n" for key, value in values.items())
    manifest.write_text(manifest.read_text().replace("  readiness: /readiness\n", "  readiness: /readiness\n" + lines))


async def over_sse(url, token, question):
    """Its events, and how it ended."""
    host, port = re.match(r"http://([^:]+):(\d+)", url).groups()
    reader, writer = await asyncio.open_connection(host, int(port), limit=2**22)
    body = json.dumps({"content": question}).encode()
    writer.write(f"POST /api/chats/new/messages HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nAccept: text/event-stream\r\n"
                 f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    came = await reader.read()
    writer.close()
    events = [json.loads(data) for data in re.findall(rb"data: (\{.*\})\n", came)]
    return events, "whole" if came.endswith(b"\r\n0\r\n\r\n") else f"cut after {came[-200:]!r}"


async def over_websocket(url, token, question):
    async with websockets.connect("ws" + url.removeprefix("http") + "/api/ws", open_timeout=PATIENCE, ping_interval=None) as channel:
        await channel.send(json.dumps({"type": "auth", "token": token}))
        await channel.send(json.dumps({"type": "message", "content": question}))
        events = []
        try:
            while True:
                events.append(json.loads(await channel.recv()))
        except websockets.ConnectionClosed as closed:
            return events, f"{closed.code} {closed.reason}"


def gauge(url, name):
    found = re.search(rf"^{name} (.*)$", Api(url).get("/metrics").text, re.MULTILINE)
    return float(found[1]) if found else 0


def test_five_hundred_open_streams_end_or_are_told(tmp_path, small_application):
    set_server(small_application, drain_delay="2s", limits="{ drain_time_max: 14s }")
    rules = [{"when": {"contains": "in short"}, "answer": WORDS, "chunk_size": 100, "chunk_delay_ms": 600},
             {"when": {"stream": True}, "answer": WORDS, "chunk_size": 300, "chunk_delay_ms": 1000, "endless": True}]
    with Provider(tmp_path, rules) as provider, Server(small_application, tmp_path / "data", **provider.environment()) as server:
        server.wait_for_documents()
        token = register(server.url).token
        ended = asyncio.run(streams_over_a_sigterm(server, token))
        server.wait()  # exit code 0
    assert not server.events("handlers did not stop") and not server.events("forced to stop")
    finished = told = 0
    for mode, question, (events, end) in ended:
        about = (mode.__name__, question, [event["type"] for event in events][-3:], events[-1:], end)
        assert end == ("whole" if mode is over_sse else "1001 the server is stopping"), about
        last = events[-1]
        if last["type"] == "done":
            finished += 1
            assert last["message"]["status"] == "complete" and last["message"]["content"] == WORDS, about
        else:
            told += 1
            assert last["type"] == "error" and last["error"]["code"] == "unavailable" and "stopping" in last["error"]["message"], about
        assert "in short" in question or last["type"] == "error", about
    assert finished + told == 2 * (LONG + SHORT) and finished > 0


async def streams_over_a_sigterm(server, token):
    streams = []
    for question, count in ((QUESTION, LONG), (f"{QUESTION} in short", SHORT)):
        for mode in (over_sse, over_websocket):
            streams += [(mode, question, asyncio.create_task(mode(server.url, token, question))) for _ in range(count)]
    ask = asyncio.to_thread
    # All have begun; of the short ones some may have ended, on a slow machine.
    requests = 'slipway_model_requests_total{kind="chat",model="openai/gpt-4o-mini",outcome="ok"}'
    model = 'slipway_model_requests_in_progress{kind="chat",model="openai/gpt-4o-mini"}'
    while await ask(gauge, server.url, re.escape(model)) + await ask(gauge, server.url, re.escape(requests)) < len(streams):
        await asyncio.sleep(0.1)
    for mode in ("slipway_http_event_streams", "slipway_http_websockets"):
        assert await ask(gauge, server.url, mode) >= LONG
    server.terminate()
    await ask(server.log.wait_for, event_of("draining"))
    ready = await ask(Api(server.url).get, "/readiness", 503)
    assert ready.json["stopping"] is True
    await ask(Api(server.url).get, "/health")  # who comes all the same is served until the port closes
    await ask(eventually, lambda: refused(server.url))
    return [(mode, question, await asyncio.wait_for(task, PATIENCE)) for mode, question, task in streams]


def refused(url):
    try:
        Api(url).get("/health")
    except OSError:
        return True
    return False


def test_json_requests_and_idle_sockets_are_told_too(tmp_path, small_application):
    set_server(small_application, limits="{ drain_time_max: 3s }")
    rules = [{"when": {"stream": True}, "answer": WORDS, "stall_after": 5, "chunk_size": 100}]
    with Provider(tmp_path, rules) as provider, Server(small_application, tmp_path / "data", **provider.environment()) as server:
        server.wait_for_documents()
        user = register(server.url)
        answers, closes = [], []
        asking = threading.Thread(target=lambda: answers.append(
            user.request("POST", "/api/chats/new/messages", {"content": QUESTION})))
        asking.start()

        async def idle(path):
            async with websockets.connect("ws" + server.url.removeprefix("http") + path, ping_interval=None) as channel:
                await channel.send(json.dumps({"type": "auth", "token": user.token}))
                await channel.recv()
                closes.append("open")
                with contextlib.suppress(websockets.ConnectionClosed):
                    await channel.recv()
                closes.append(f"{channel.close_code} {channel.close_reason}")

        sockets = [threading.Thread(target=asyncio.run, args=(idle(path),)) for path in ("/api/ws", "/ws/chat")]
        for one in sockets:
            one.start()
        eventually(lambda: len(closes) == 2)
        eventually(lambda: gauge(server.url, re.escape('slipway_model_requests_in_progress{kind="chat",model="openai/gpt-4o-mini"}')) == 1)
        server.terminate()
        server.wait()
        for thread in [asking, *sockets]:
            thread.join(PATIENCE)
        assert closes[2:] == ["1001 the server is stopping"] * 2
        assert answers[0].status == 503 and "stopping" in answers[0].json["error"]["message"]
    with Server(small_application, tmp_path / "data", **provider.environment()) as server:
        chat = Api(server.url, user.token).get("/api/chats").json["chats"][0]["id"]
        stored = Api(server.url, user.token).get(f"/api/chats/{chat}/messages").json["messages"][-1]
        assert stored["status"] == "partial" and WORDS.startswith(stored["content"]) and "stopping" in stored["error"]


# Behind a balancer ---------------------------------------------------------------------------------------------------

BALANCER = """daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
worker_processes 1;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  upstream application {{ server 127.0.0.1:{first} max_fails=0; server 127.0.0.1:{second} max_fails=0; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://application; }}
  }}
}}
"""


def nginx():
    for found in (shutil.which("nginx"), "/usr/sbin/nginx", ROOT / "build/nginx/usr/sbin/nginx"):
        if found and pathlib.Path(found).exists():
            return str(found)
    pytest.skip("nginx is not here: scripts/install.sh test fetches it")


@contextlib.contextmanager
def balancer(folder, ports):
    program = nginx()
    (folder / "nginx.conf").write_text(BALANCER.format(folder=folder, port=ports[0], first=ports[1], second=ports[2]))
    process = subprocess.Popen([program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")])
    try:
        yield f"http://127.0.0.1:{ports[0]}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


class Load(threading.Thread):
    """Asks without a pause, reading and writing in turn, until it is told to stop; each answer is looked at."""

    def __init__(self, url, name, stop):
        super().__init__(daemon=True)
        self.api, self.name_, self.stop, self.count, self.failures = Api(url), name, stop, 0, []

    def run(self):
        while not self.stop.is_set():
            mark = f"{self.name_}-{self.count}"
            try:
                answer = self.api.post("/echo", {"mark": mark}, expect=None) if self.count % 2 else self.api.get("/health", expect=None)
                if answer.status != 200 or (self.count % 2 and answer.json != {"mark": mark}):
                    self.failures.append((mark, answer.status, answer.body[:200]))
            except Exception as failure:
                self.failures.append((mark, repr(failure)))
            self.count += 1


def test_a_rolling_restart_behind_a_balancer_loses_no_request(tmp_path, small_application):
    routes = small_application / "routes.lua"
    routes.write_text(routes.read_text() + '\nroute.post("/echo", {auth = false, body = {type = "object"}}, '
                                           "function(request) return {mark = request.body.mark} end)\n")
    ports = [free_port() for _ in range(3)]
    servers = [Server(small_application, tmp_path / f"data-{port}") for port in ports[1:]]
    for server, port in zip(servers, ports[1:]):
        server.port = port
    with balancer(tmp_path, ports) as url, servers[0], servers[1]:
        stop = threading.Event()
        loads = [Load(url, f"load{number}", stop) for number in range(8)]
        for load in loads:
            load.start()
        for _ in range(3):
            for server in servers:
                before = sum(load.count for load in loads)
                server.terminate()
                server.wait()
                server.start()
                eventually(lambda: Api(server.url).get("/readiness", None).status == 200)
                eventually(lambda: sum(load.count for load in loads) > before + 50)
        stop.set()
        for load in loads:
            load.join(PATIENCE)
        failures = [failure for load in loads for failure in load.failures]
        assert not failures, f"{len(failures)} of {sum(load.count for load in loads)}: {failures[:5]}"
