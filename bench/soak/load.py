"""64 clients at once – registering, chatting in all modes, uploading, searching, deleting, leaving in the middle – for ten minutes under
the address sanitizer and ten under the thread sanitizer. Each client knows which words only it may see.
"""

import asyncio
import collections
import contextlib
import json
import os
import random
import re
import subprocess
import threading
import time

import http_api
import programs

CLIENTS = 64
SECONDS = 600
ROOT = programs.ROOT
QUESTION = "Should I pay off my debts before I save?"
PRIVATE = re.compile(r"private[0-9a-f]{16}")  # in questions and their answers: one client's own
SANITIZER = re.compile(r"Sanitizer|runtime error:")
# A stream of some length, one that breaks off, one that fails; all others are echoed.
RULES = [{"when": {"contains": "at length", "stream": True}, "chunk_delay_ms": 20},
         {"when": {"contains": "broken off", "stream": True}, "cut_after": 9},
         {"when": {"contains": "refused", "stream": True}, "status": 401}]


class Crowd:
    """`clients` clients of one server. After run(), `counts` says what they did and `findings` what was wrong."""

    def __init__(self, url, clients, seed):
        self.url, self.counts, self.findings = url, collections.Counter(), []
        self.chats = []  # ids of everybody's chats, for trying those of others
        self.lock = threading.Lock()
        self.stop = threading.Event()
        self.clients = [Client(self, random.Random(f"{seed}-{number}")) for number in range(clients)]

    def run(self, seconds):
        for client in self.clients:
            client.start()
        self.stop.wait(seconds)
        self.stop.set()
        for client in self.clients:
            client.join(programs.PATIENCE)
            if client.is_alive():
                self.find(f"{client.doing} had no end")
        return self

    def count(self, what):
        with self.lock:
            self.counts[what] += 1

    def find(self, sentence):
        with self.lock:
            self.findings.append(sentence)


class Client(threading.Thread):
    def __init__(self, crowd, chance):
        super().__init__(daemon=True)
        self.crowd, self.chance, self.doing = crowd, chance, "registering"
        self.mark = f"private{chance.getrandbits(64):016x}"
        self.documents, self.chats = {}, []  # documents: id to the word that only it has

    def run(self):
        try:
            self.user = http_api.register(self.crowd.url)
            while not self.crowd.stop.is_set():
                act = self.chance.choice((self.chat_json, self.chat_sse, self.chat_websocket, self.chat_and_leave, self.upload, self.search,
                                          self.delete, self.read_own, self.read_foreign, self.sign_in))
                self.doing = act.__name__
                act()
                self.crowd.count(self.doing)
        except Exception as failure:  # an assertion too: the crowd goes on without this one
            self.crowd.find(f"{self.doing}: {type(failure).__name__}: {str(failure)[:600]}")

    def ask(self, method, path, body=None, expect=(200,)):
        """The answer, or None where the server said on purpose that it is too much."""
        answer = self.user.request(method, path, body)
        if answer.status in (429, 503) and answer.json["error"]["code"] in ("rate_limited", "unavailable"):
            self.crowd.count(f"answered {answer.status}")
            return None
        assert answer.status in expect, f"{method} {path}: {answer.status} {answer.body[:300]!r}"
        return answer

    def look(self, text):
        """No private word of somebody else may be in what this client is sent."""
        foreign = set(PRIVATE.findall(text)) - {self.mark}
        assert not foreign, f"the words {foreign} of another client in: {text[:300]}"

    def question(self):
        ending = self.chance.choice(("", "", "", " at length", " broken off", " refused"))
        return f"{QUESTION} {self.mark}{ending}", ending

    def judge(self, message, ending, text=None):
        self.look(json.dumps(message))
        assert message["status"] == "complete" and self.mark in message["content"], message
        assert ending not in (" broken off", " refused"), f"a failed answer was called whole: {message['content'][:200]}"
        assert text in (None, message["content"]), "streamed was something else than what is stored"

    def remember(self, chat):
        self.chats.append(chat)
        with self.crowd.lock:
            self.crowd.chats.append((chat, self))

    def place(self):
        return self.chance.choice(self.chats) if self.chats and self.chance.random() < 0.7 else "new"

    def chat_json(self):
        question, ending = self.question()
        place = self.place()
        answer = self.ask("POST", f"/api/chats/{place}/messages", {"content": question}, (200, 502))
        if answer is None:
            return
        self.look(answer.text)
        if answer.status == 502:
            assert ending in (" broken off", " refused"), answer.text
            return
        self.judge(answer.json, ending)
        if place == "new":
            self.remember(answer.json["chat_id"])

    def follow(self, events, ending):
        text, end = "", None
        for event in events:
            assert end is None, "an event after the end"
            self.look(json.dumps(event))
            if event["type"] == "token":
                text += event["content"]
            if event["type"] in ("done", "error"):
                end = event
        assert end is not None, "the stream ended without saying how"
        if end["type"] == "done":
            self.judge(end["message"], ending, text)
        else:
            assert ending in (" broken off", " refused"), end
            assert end["error"]["code"] == "upstream", end

    def chat_sse(self):
        question, ending = self.question()
        stream = self.user.stream(f"/api/chats/{self.place()}/messages", {"content": question})
        assert stream.status == 200, stream.status
        self.follow((data for _, data in stream), ending)

    def chat_and_leave(self):
        stream = self.user.stream(f"/api/chats/{self.place()}/messages", {"content": f"{QUESTION} {self.mark} at length"})
        for _ in zip(range(self.chance.randrange(1, 8)), stream):
            pass
        stream.hang_up()

    def chat_websocket(self):
        asyncio.run(self.talk())

    async def talk(self):
        import websockets

        url = "ws" + self.crowd.url.removeprefix("http") + "/api/ws"
        async with websockets.connect(url, open_timeout=programs.PATIENCE, ping_interval=None) as channel:
            await channel.send(json.dumps({"type": "auth", "token": self.user.token}))
            assert json.loads(await channel.recv())["type"] == "ready"
            for _ in range(self.chance.randrange(3)):
                question, ending = self.question()
                await channel.send(json.dumps({"type": "message", "content": question}))
                events = []
                while not events or events[-1]["type"] not in ("done", "error"):
                    events.append(json.loads(await asyncio.wait_for(channel.recv(), programs.PATIENCE)))
                self.follow(events, ending)

    def upload(self):
        word = f"shared{self.chance.getrandbits(64):016x}"
        answer = self.user.upload("/api/documents", f"{word}.md", f"# About {word}\n\nThe {word} is kept in a drawer.\n".encode(), "text/markdown",
                                  expect=None, namespace="general")
        if answer.status in (429, 503):
            self.crowd.count(f"answered {answer.status}")
            return
        assert answer.status == 201 and answer.json["status"] == "indexed", answer.body[:300]
        self.documents[answer.json["id"]] = word

    def search(self):
        if not self.documents:
            return
        identifier, word = self.chance.choice(list(self.documents.items()))
        answer = self.ask("GET", f"/api/search?q={word}")
        if answer is not None:
            assert any(found["document_id"] == identifier for found in answer.json["results"]), f"{word} of {identifier} is not found"

    def delete(self):
        if not self.documents:
            return
        identifier, word = self.documents.popitem()
        if self.ask("DELETE", f"/api/documents/{identifier}", expect=(200, 204)) is None:
            self.documents[identifier] = word
            return
        answer = self.ask("GET", f"/api/search?q={word}")
        gone = answer is None or all(found["document_id"] != identifier for found in answer.json["results"])
        assert gone, f"{word} is found after its document was deleted"

    def read_own(self):
        listed = self.ask("GET", "/api/chats?limit=200")
        if listed is None:
            return
        self.look(listed.text)
        for chat in self.chats[-3:]:
            messages = self.ask("GET", f"/api/chats/{chat}/messages")
            if messages is not None:
                self.look(messages.text)
                assert all(self.mark in message["content"] for message in messages.json["messages"] if message["role"] == "user")

    def read_foreign(self):
        with self.crowd.lock:
            foreign = [chat for chat, owner in self.crowd.chats if owner is not self][-50:]
        if foreign:
            chat = self.chance.choice(foreign)
            self.ask("GET", f"/api/chats/{chat}/messages", expect=(404,))
            self.ask("DELETE", f"/api/chats/{chat}", expect=(404,))
            self.ask("POST", f"/api/chats/{chat}/messages", {"content": self.mark}, expect=(404,))

    def sign_in(self):
        if self.chance.random() < 0.2:  # the most expensive of all, and seldom in life
            tokens = self.ask("POST", "/api/auth/login", {"name": self.user.name, "password": self.user.password})
            if tokens is not None:
                self.user.token = tokens.json["access_token"]
        me = self.ask("GET", "/api/me")
        assert me is None or me.json["username"] == self.user.name, me.body


def build(preset):
    """The sanitized binary of that preset."""
    for command in (["cmake", "--preset", preset],
                    ["cmake", "--build", "--preset", preset, "--parallel", str(os.cpu_count()), "--target", "slipway", "scripted-provider"]):
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return ROOT / "build" / preset / "slipway"


@contextlib.contextmanager
def binary_of(path):
    kept = programs.BINARY, programs.PROVIDER
    programs.BINARY, programs.PROVIDER = path, path.parent / "scripted-provider"
    try:
        yield
    finally:
        programs.BINARY, programs.PROVIDER = kept


def crowd_on(folder, clients, seconds, seed, application=programs.WWHD):
    """What a crowd did on a fresh server, and all that was wrong, in its answers or in the server's log."""
    folder.mkdir()
    with programs.Provider(folder, RULES, quiet=True) as provider:
        server = programs.Server(application, folder / "data", GROQ_API_KEY="gsk-of-the-test",
                                 GROQ_BASE_URL=provider.url)
        with server:
            server.wait_for_documents()
            crowd = Crowd(server.url, clients, seed).run(seconds)
    findings = crowd.findings
    findings += [f"the log: {''.join(server.log.all[number:number + 40])}"
                 for number, line in enumerate(server.log.all) if SANITIZER.search(line)][:3]
    return dict(sorted(crowd.counts.items())), findings


def run(context):
    report, findings, seconds = {}, [], context.scaled(SECONDS)
    for preset in ("dev", "tsan"):
        with binary_of(build(preset)):
            began = time.monotonic()
            counts, found = crowd_on(context.folder / preset, CLIENTS, seconds, context.seed)
        report[preset] = {"clients": CLIENTS, "seconds": seconds, "did": counts}
        findings += [f"{preset}: {finding}" for finding in found]
        context.say(f"{preset}: {sum(counts.values())} actions in {time.monotonic() - began:.0f} s, {len(found)} findings")
    return {**report, "findings": findings}
