"""After a crash: does the server show what was acknowledged, and nothing that is half?"""

import hashlib
import json
import re

import crash_application
import http_api

WORD = re.compile(r"\bq(?:[bdfgklmnprtvz][aiou]){5}x\b")


def documents(api, ledger):
    listed = {}
    while True:
        page = api.get(f"/api/documents?limit=100&offset={len(listed)}").json["documents"]
        listed |= {document["source"]: document for document in page}
        if len(page) < 100:
            break
    for source, document in ledger.documents.items():
        shown = listed.get(source)
        state = None
        if shown:
            if shown["status"] != "indexed":
                yield f"document {source} is {shown['status']}"
            words = WORD.findall(api.get(f"/api/documents/{shown['id']}").json["content"])
            if len(words) != crash_application.PARAGRAPHS or len(set(words)) != 1:
                yield f"document {source} is half: {words}"
            state = (words[0] if words else "", shown["title"])
        yield from document.seen(state, f"document {source}")
        for word in document.words:
            found = api.get(f"/api/search?q={word}&limit=20").json["results"]
            hits = [hit for hit in found if word in json.dumps(hit)]
            present = state is not None and word == state[0]
            if present and not any(hit["document_id"] == shown["id"] for hit in hits):
                yield f"document {source} is not found by its word {word}"
            if not present and hits:
                yield f"{word} is still found, in {hits[0]['document_id']}; {source} has it no more"


def chats(api, ledger):
    for chat, known in list(ledger.chats.items()):
        answer = api.get(f"/api/chats/{chat}/messages?limit=100", expect=None)
        yield from known.exists.seen("there" if answer.status == 200 else None, f"chat {chat}")
        if answer.status != 200:
            del ledger.chats[chat]
            continue
        messages = answer.json["messages"]
        stored = {message["id"]: message for message in messages}
        for before, message in zip([None, *messages], messages):
            answered = message["role"] == "assistant"
            is_cut = before is None and len(messages) == 100  # the page begins in the middle
            if answered and not is_cut and (before is None or before["role"] != "user"):
                yield f"chat {chat}: an answer without a question: {message['content']}"
            if answered and message["status"] == "complete" and not message["content"]:
                yield f"chat {chat}: the empty answer {message['id']} says that it is complete"
        for question, acknowledged in known.turns:
            if acknowledged is None:
                continue
            identity, content = acknowledged
            if identity not in stored and len(messages) < 100:
                yield f"chat {chat}: the answer to {question} is lost"
            elif identity in stored and stored[identity]["content"] != content:
                yield f"chat {chat}: the answer to {question} is stored as {stored[identity]['content']}, told was {content}"
        known.turns = [turn for turn in known.turns if turn[1]][-20:]
        if len(messages) >= 100:  # keep it small: another one takes its place
            api.delete(f"/api/chats/{chat}", 204)
            del ledger.chats[chat]


def accounts(api, operator, ledger):
    users = {user["username"]: user for user in operator.run("users.list")["users"]}
    anonymous = http_api.Api(api.url)
    for name, account in list(ledger.accounts.items()):
        user = users.get(name)
        yield from account.exists.seen("there" if user else None, f"account {name}")
        if not user:
            del ledger.accounts[name]
            continue
        yield from account.role.seen(user["role"], f"role of {name}")
        yield from account.active.seen(user["active"], f"active of {name}")
        if user["active"]:
            accepted = [password for password in account.password.states
                        if anonymous.post("/api/auth/login", {"name": name, "password": password}, None).status == 200]
            if len(accepted) != 1:
                yield f"{name} can sign in with {accepted} of {account.password.states}"
            else:
                account.password.states = accepted
        for tokens, session in account.sessions:
            if user["active"]:
                status = http_api.Api(api.url, tokens["access_token"]).get("/api/me", expect=None).status
                yield from session.seen("open" if status == 200 else "closed", f"session of {name}")


def everything(server, token, ledgers):
    """Sentences about what is not as it was acknowledged."""
    from crash_clients import Operator
    api, operator = http_api.Api(server.url, token), Operator(server.data)
    for ledger in ledgers:
        yield from documents(api, ledger)
        yield from chats(api, ledger)
        yield from accounts(api, operator, ledger)
    yield from operator.run("check")["findings"]


def backup(path):
    """A folder that looks like a backup is a whole one."""
    try:
        listed = json.loads((path / "backup.json").read_text())["files"]
    except (OSError, ValueError, KeyError) as error:
        yield f"{path.name} looks like a backup, but {error}"
        return
    for entry in listed:
        if hashlib.sha256((path / entry["path"]).read_bytes()).hexdigest() != entry["sha256"]:
            yield f"{path.name}: {entry['path']} is not what backup.json says"
