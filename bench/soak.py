"""Long runs against the release binary: `kill -9` at random instants while clients write, upload and chat; after each, everything that
was acknowledged must be there. SOAK_MINUTES (10) bounds it; SOAK_SEED makes it repeatable. Writes bench/soak.json.
"""

import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/end_to_end"))
os.environ.setdefault("SLIPWAY_BINARY", str(ROOT / "build/release/slipway"))
import http_api  # noqa: E402
import programs  # noqa: E402

CLIENTS = 4


class Client(threading.Thread):
    """Writes until the server dies; remembers only what was acknowledged."""

    def __init__(self, api, number, round_number):
        super().__init__(daemon=True)
        self.api, self.name, self.chats, self.documents = api, f"{round_number}-{number}", [], []

    def run(self):
        for step in range(10_000):
            try:
                chat = self.api.post("/api/chats", {"title": f"{self.name}-{step}"}, expect=201).json
                self.chats.append(chat["id"])
                body = {"title": f"d {self.name} {step}", "content": f"# Word{self.name.replace('-', 'x')}x{step}\n\nA sentence about it.",
                        "namespace": "general"}
                self.documents.append(self.api.post("/api/documents", body, expect=201).json["id"])
                self.api.post(f"/api/chats/{chat['id']}/messages", {"content": "How do I count my breath?"})
            except Exception:  # the server was killed in the middle: what follows was not acknowledged
                return


def main():
    seed = int(os.environ.get("SOAK_SEED", time.time_ns() % 2**32))
    chance = random.Random(seed)
    end = time.monotonic() + 60 * float(os.environ.get("SOAK_MINUTES", "10"))
    rounds, acknowledged, findings = 0, 0, []
    with tempfile.TemporaryDirectory() as folder:
        data = pathlib.Path(folder) / "data"
        with programs.Server(programs.WWHD, data) as server:
            server.wait_for_documents()
            http_api.register(server.url, "soak")
        while time.monotonic() < end and not findings:
            rounds += 1
            server = programs.Server(programs.WWHD, data).start()
            api = http_api.Api(server.url)
            login = {"name": "soak", "password": "correct horse battery"}
            token = api.post("/api/auth/login", login).json["access_token"]
            clients = [Client(http_api.Api(server.url, token), number, rounds) for number in range(CLIENTS)]
            for client in clients:
                client.start()
            time.sleep(chance.uniform(0.05, 2.0))
            server.kill()
            for client in clients:
                client.join(60)
            with programs.Server(programs.WWHD, data) as server:
                api = http_api.Api(server.url, token)
                for client in clients:
                    for chat in client.chats:
                        if api.get(f"/api/chats/{chat}", expect=None).status != 200:
                            findings.append(f"round {rounds}: chat {chat} is lost")
                    for document in client.documents:
                        answer = api.get(f"/api/documents/{document}", expect=None)
                        if answer.status != 200 or answer.json["status"] != "indexed":
                            findings.append(f"round {rounds}: document {document} is lost")
                    acknowledged += len(client.chats) + len(client.documents)
            print(f"round {rounds}: {acknowledged} acknowledged, {len(findings)} findings", flush=True)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    report = {"commit": commit, "seed": seed, "rounds": rounds, "acknowledged": acknowledged, "findings": findings}
    (ROOT / "bench/soak.json").write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
