"""`kill -9` at random instants while clients write, upload and chat. After each, all that was acknowledged must be there."""

import threading
import time

import http_api
import programs

ROUNDS = 1000
CLIENTS = 4
LOGIN = {"name": "soak", "password": "correct horse battery"}


class Client(threading.Thread):
    """Writes until the server dies; remembers only what was acknowledged."""

    def __init__(self, api, name):
        super().__init__(daemon=True)
        self.api, self.name, self.chats, self.documents = api, name, [], []

    def run(self):
        for step in range(10_000):
            try:
                chat = self.api.post("/api/chats", {"title": f"{self.name}-{step}"}, expect=201).json
                self.chats.append(chat["id"])
                text = f"# Word{self.name.replace('-', 'x')}x{step}\n\nA sentence about it."
                body = {"title": f"d {self.name} {step}", "content": text, "namespace": "general"}
                self.documents.append(self.api.post("/api/documents", body, expect=201).json["id"])
                self.api.post(f"/api/chats/{chat['id']}/messages", {"content": "How do I count my breath?"})
            except Exception:  # the server was killed in the middle: what follows was not acknowledged
                return


def lost(api, client):
    for chat in client.chats:
        if api.get(f"/api/chats/{chat}", expect=None).status != 200:
            yield f"chat {chat} is lost"
    for document in client.documents:
        answer = api.get(f"/api/documents/{document}", expect=None)
        if answer.status != 200 or answer.json["status"] != "indexed":
            yield f"document {document} is lost"


def run(context):
    data = context.folder / "data"
    with programs.Server(programs.WWHD, data) as server:
        server.wait_for_documents()
        http_api.register(server.url, "soak")
    acknowledged, findings, rounds = 0, [], context.scaled(ROUNDS)
    for number in range(1, rounds + 1):
        server = programs.Server(programs.WWHD, data).start()
        token = http_api.Api(server.url).post("/api/auth/login", LOGIN).json["access_token"]
        clients = [Client(http_api.Api(server.url, token), f"{number}-{one}") for one in range(CLIENTS)]
        for client in clients:
            client.start()
        time.sleep(context.chance.uniform(0.05, 2.0))
        server.kill()
        for client in clients:
            client.join(60)
        with programs.Server(programs.WWHD, data) as server:
            api = http_api.Api(server.url, token)
            for client in clients:
                findings += [f"round {number}: {what}" for what in lost(api, client)]
                acknowledged += len(client.chats) + len(client.documents)
        if number % 20 == 0:
            context.say(f"{number} of {rounds}: {acknowledged} acknowledged, {len(findings)} findings")
    return {"rounds": rounds, "acknowledged": acknowledged, "findings": findings}
