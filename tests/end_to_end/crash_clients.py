"""Clients that write until the server dies, each with a ledger of its own."""

import http.client
import json
import random
import socket
import threading

import crash_application
import http_api
from crash_ledger import Account, Chat, Document, Thing
from programs import PATIENCE

SLOTS = 4  # documents of one client
ACCOUNTS = 3
CHATS = 4


class Refused(Exception):
    """The server answered, but not with success."""


class Operator:
    """The commands of the CLI, through the private socket of the data folder."""

    def __init__(self, data):
        self._path = str(data / "slipway.sock")

    def run(self, command, **arguments):
        connection = http.client.HTTPConnection("slipway", timeout=PATIENCE)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(PATIENCE)
        connection.sock.connect(self._path)
        connection.request("POST", f"/_operator/{command}", json.dumps(arguments), {"Content-Type": "application/json"})
        for name, data in http_api.Events(connection, connection.getresponse()):
            if name == "result":
                return data
            if name == "error":
                raise Refused(f"{command} {arguments}: {data}")
        raise ConnectionError("the server died")


class Client(threading.Thread):
    """Writes until the server dies. `findings` holds answers that no healthy server gives."""

    def __init__(self, number, ledger, server, token, seed):
        super().__init__(daemon=True)
        self.number, self.ledger, self.findings = number, ledger, []
        self.api, self.operator = http_api.Api(server.url, token), Operator(server.data)
        self.chance = random.Random(seed)
        self.stop = False

    def run(self):
        operations = [self.upload] * 4 + [self.edit] * 2 + [self.remove] * 2 + [self.talk] * 4 + [self.stream] * 2 + \
                     [self.begin_chat, self.end_chat, self.register, self.set_password, self.set_role, self.block, self.sign_in, self.sign_out]
        try:
            while not self.stop:
                self.chance.choice(operations)()
        except (OSError, http.client.HTTPException, ValueError):
            pass  # killed in the middle: what follows was not acknowledged
        except (AssertionError, Refused) as error:
            self.findings.append(f"client {self.number}: {error}")

    def _done(self, thing):
        thing.done()
        self.ledger.acknowledged += 1

    # documents

    def _slot(self, present):
        sources = [f"c{self.number}-{slot}" for slot in range(SLOTS)]
        fit = [source for source in sources if (self.ledger.documents.setdefault(source, Document()).now is not None) == present]
        return self.chance.choice(fit) if fit else None

    def upload(self):
        source = f"c{self.number}-{self.chance.randrange(SLOTS)}"
        document = self.ledger.documents.setdefault(source, Document())
        word, kind = crash_application.word_of(self.chance), self.chance.choice(crash_application.KINDS)
        ending, content = crash_application.upload_of(kind, source, word)
        document.change((word, source))
        self.api.upload("/api/documents", f"{source}.{ending}", content, expect=200 if document.now else 201, source=source, title=source)
        self._done(document)

    def edit(self):
        source = self._slot(present=True)
        if not source:
            return
        document = self.ledger.documents[source]
        word, title = document.now
        if self.chance.random() < 0.5:
            document.change((word, title := f"{source} {self.chance.randrange(100)}"))
            change = {"title": title}
        else:
            document.change((word := crash_application.word_of(self.chance), title))
            change = {"content": crash_application.markdown(title, word)}
        self.api.patch(f"/api/documents/{self._id_of(source)}", change)
        self._done(document)

    def remove(self):
        source = self._slot(present=True)
        if source:
            found = self._id_of(source)
            self.ledger.documents[source].change(None)
            self.api.delete(f"/api/documents/{found}", 204)
            self._done(self.ledger.documents[source])

    def _id_of(self, source):
        listed = self.api.get("/api/documents?limit=100").json["documents"]
        return next(document["id"] for document in listed if document["source"] == source)

    # chats

    def _open_chats(self):
        return [chat for chat, known in self.ledger.chats.items() if known.exists.now]

    def begin_chat(self):
        if len(self._open_chats()) < CHATS:
            made = self.api.post("/api/chats", {"title": f"chat of {self.number}"}, 201).json["id"]
            self.ledger.chats[made] = Chat(Thing(["there"]))
            self.ledger.acknowledged += 1

    def _ask(self):
        if not self._open_chats():
            self.begin_chat()
        chat = self.chance.choice(self._open_chats())
        question = f"What does {crash_application.word_of(self.chance)} say of ownword{self.chance.randrange(crash_application.OWN_DOCUMENTS)}x?"
        turn = [question, None]
        self.ledger.chats[chat].turns.append(turn)
        return chat, turn

    def talk(self):
        chat, turn = self._ask()
        answer = self.api.post(f"/api/chats/{chat}/messages", {"content": turn[0]}).json
        turn[1] = (answer["id"], answer["content"])
        self.ledger.acknowledged += 1

    def stream(self):
        chat, turn = self._ask()
        told = ""
        for name, data in self.api.stream(f"/api/chats/{chat}/messages", {"content": turn[0]}):
            if name == "token":
                told += data["content"]
            assert name != "error", data
            if name == "done":
                assert data["message"]["content"] == told, (told, data)
                turn[1] = (data["message"]["id"], told)
                self.ledger.acknowledged += 1

    def end_chat(self):
        if len(self._open_chats()) == CHATS:
            chat = self.chance.choice(self._open_chats())
            self.ledger.chats[chat].exists.change(None)
            self.api.delete(f"/api/chats/{chat}", 204)
            self._done(self.ledger.chats[chat].exists)

    # accounts

    def register(self):
        name = f"a{self.number}x{len(self.ledger.accounts)}"
        if len(self.ledger.accounts) >= ACCOUNTS:
            return
        account = Account(Thing([f"password of {name}"]), Thing(["member"]), Thing([True]), Thing())
        self.ledger.accounts[name] = account
        account.exists.change("there")
        tokens = http_api.register(self.api.url, name, account.password.now).tokens
        account.sessions.append((tokens, Thing(["open"])))
        self._done(account.exists)

    def _account(self):
        fit = [name for name, account in self.ledger.accounts.items() if account.exists.now]
        return self.chance.choice(fit) if fit else None

    def set_password(self):
        if name := self._account():
            account = self.ledger.accounts[name]
            account.password.change(f"password {self.chance.randrange(10**9)}")
            for _, session in account.sessions:
                session.change("closed")
            self.operator.run("users.password", name=name, password=account.password.states[-1])
            self._done(account.password)
            for _, session in account.sessions:
                session.done()

    def set_role(self):
        if name := self._account():
            role = self.ledger.accounts[name].role
            role.change(self.chance.choice(["viewer", "member", "admin"]))
            self.operator.run("users.role", name=name, role=role.states[-1])
            self._done(role)

    def block(self):
        if name := self._account():
            account = self.ledger.accounts[name]
            account.active.change(not account.active.now)
            blocked = not account.active.states[-1]
            for _, session in account.sessions if blocked else ():
                session.change("closed")
            self.operator.run("users.active", name=name, active=not blocked)
            self._done(account.active)
            for _, session in account.sessions if blocked else ():
                session.done()

    def sign_in(self):
        name = self._account()
        if name and self.ledger.accounts[name].active.now and len(self.ledger.accounts[name].password.states) == 1:
            account = self.ledger.accounts[name]
            tokens = self.api.post("/api/auth/login", {"name": name, "password": account.password.now}).json
            account.sessions = [*account.sessions[-2:], (tokens, Thing(["open"]))]
            self.ledger.acknowledged += 1

    def sign_out(self):
        if name := self._account():
            for tokens, session in self.ledger.accounts[name].sessions:
                if session.now == "open":
                    session.change("closed")
                    self.api.post("/api/auth/logout", {"refresh_token": tokens["refresh_token"]}, expect=204)
                    return self._done(session)


class Caretaker(threading.Thread):
    """Backs up and reindexes while the others write."""

    def __init__(self, server, folder, seed):
        super().__init__(daemon=True)
        self.operator, self.folder, self.chance = Operator(server.data), folder, random.Random(seed)
        self.findings, self.backups, self.stop = [], [], False

    def run(self):
        try:
            while not self.stop:
                if self.chance.random() < 0.5:
                    self.operator.run("reindex")
                else:
                    path = self.folder / f"backup-{self.chance.randrange(10**9)}"
                    self.operator.run("backup", path=str(path))
                    self.backups.append(path)
        except (OSError, http.client.HTTPException, ValueError):
            pass
        except Refused as error:
            self.findings.append(f"caretaker: {error}")
