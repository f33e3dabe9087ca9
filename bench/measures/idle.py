"""10,000 idle connections: half authenticated chat WebSockets, half event streams of chats whose model is silent."""

import json
import shutil
import subprocess
import sys
import time

import http_api
import process
import programs

TITLE = "10,000 idle connections, half chat WebSockets, half event streams of chats that wait for their model"
GOALS = [("idle connections, KB each", "KB per connection", "<=", 12), ("idle connections lost", "lost", "<=", 0)]
DRAW = ["KB per WebSocket", "KB per event stream", "KB per connection"]
CONNECTIONS, SECONDS, WARM_UP = 10_000, 600, 4


def patient_application(folder):
    """apps/wwhd, which would rightly give up a model that says nothing for a minute, told to wait."""
    shutil.copytree(programs.WWHD, folder)
    manifest = (folder / "app.yaml").read_text()
    for place, more in (("      key: ${OPENAI_API_KEY}\n", "      timeouts: { first_byte: 1h, between_bytes: 1h, total: 1h }\n"),
                        ("    interpreter:\n      kind: answer\n      timeout: 120s\n      options:\n", "        model_time: 1h\n")):
        if place not in manifest:
            raise RuntimeError(f"app.yaml has no {place!r} any more")
        manifest = manifest.replace(place, place.replace("120s", "1h") + more)
    (folder / "app.yaml").write_text(manifest)
    return folder


def rules():
    path = "/chat/completions"
    route = json.dumps({"intent": "question", "confidence": 0.9, "namespaces": ["money"]})
    return [{"when": {"path": path, "stream": False}, "answer": route},
            {"when": {"path": path, "stream": True}, "answer": "Too late.", "chunk_delay_ms": 3_000_000}]  # the head comes, then silence


class Client:
    """bench/idle_client.py, told line by line."""

    def __init__(self, address, token):
        self.order = {"address": address, "token": token, "question": "Should I pay off my debts before I save?"}
        self.process = subprocess.Popen([sys.executable, str(process.ROOT / "bench/idle_client.py")], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def tell(self, **order):
        self.process.stdin.write(json.dumps(self.order | order) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if order.get("count", 0) != answer.get("opened", 0):
            raise RuntimeError(f"{order}: {answer}")
        return answer

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(60)


def measure(context):
    half, seconds = context.scaled(CONNECTIONS // 2, 100), context.scaled(SECONDS, 20)
    process.open_files(CONNECTIONS + CONNECTIONS // 2 + 1000)  # the server holds those to the model as well
    application = patient_application(context.folder / "wwhd")
    with programs.Provider(context.folder, rules()) as provider:
        settings = (application, context.folder / "data", "--no-watch")
        with programs.Server(*settings, **provider.environment()) as server:
            server.wait_for_documents()
        # Anew: reading documents leaves free memory behind.
        with programs.Server(*settings, **provider.environment()) as server:
            server.wait_for_documents()
            return hold_all(context, server, half, seconds)


def hold_all(context, server, half, seconds):
    pid, user = server.process.pid, http_api.register(server.url)
    address = ["127.0.0.1", int(server.url.rsplit(":", 1)[1])]
    with Client(address, user.token) as warming:  # what is taken once, however many come, does not count
        warming.tell(open="websocket", count=WARM_UP)
        warming.tell(open="events", count=WARM_UP)
    time.sleep(2)
    with Client(address, user.token) as client:
        steps = [process.memory_kb(pid)]
        for kind in ("websocket", "events"):
            client.tell(open=kind, count=half)
            time.sleep(1)
            steps.append(process.memory_kb(pid))
            context.say(f"{half} {kind}: {steps[-1]}")
        cpu, began = process.cpu_seconds(pid), time.monotonic()
        held = client.tell(hold=seconds)
        cpu, held_for = process.cpu_seconds(pid) - cpu, time.monotonic() - began
        steps.append(process.memory_kb(pid))
        context.say(f"held: {held}")
    grown = [(after["pss"] - before["pss"]) for before, after in zip(steps, steps[1:], strict=False)]
    most = max(steps[2]["pss"], steps[3]["pss"]) - steps[0]["pss"]
    ours = {"KB per connection": round(most / (2 * half), 2), "KB per WebSocket": round(grown[0] / half, 2),
            "KB per event stream": round(grown[1] / half, 2), "grown while held, KB": grown[2],
            "PSS before MB": round(steps[0]["pss"] / 1024, 1), "PSS with all MB": round(steps[2]["pss"] / 1024, 1),
            "RSS with all MB": round(steps[2]["rss"] / 1024, 1), "connections": 2 * half,
            "lost": held["lost"] + held["silent at the end"], "seconds held": round(held_for), "heartbeats": held["heartbeats"],
            "CPU % of one core while idle": round(cpu / held_for * 100, 2),
            "CPU us per heartbeat": round(cpu / max(1, held["heartbeats"]) * 1e6, 1)}
    return {"slipway": ours, "ratios": {}, "notes":
            f"{half} WebSockets (signed in) and {half} event streams (question stored, routed, passages found, the request to the model "
            f"sent, its connection open) from a second process, held for {round(held_for)} s under pings and heartbeats every 15 s; memory: "
            "PSS of the server. An event stream is a whole chat that waits, with its connection to the model."}
