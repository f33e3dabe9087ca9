"""Starting, draining, dying, coming back; and what happens upstream when a client leaves."""

import signal
import socket
import threading
import time

import pytest

from http_api import Api, register
from programs import PATIENCE, WWHD, Provider, Server, event_of, eventually, run_cli

QUESTION = "Should I pay off my debts before I save?"
STREAMED = {"path": "/chat/completions", "stream": True}


def slow(answer, delay, **more):
    return {"when": STREAMED, "answer": answer, "chunk_delay_ms": delay, **more}


def test_sigterm_drains_an_open_stream(tmp_path, small_application):
    """The stream that is open goes on to its end; new connections find nobody."""
    words = " ".join(f"stone{number}" for number in range(60)) + " [1]."
    with Provider(tmp_path, [slow(words, 40)]) as provider:
        with Server(small_application, tmp_path / "data", **provider.environment()) as server:
            server.wait_for_documents()
            user = register(server.url)
            events, signalled = [], False
            for name, data in user.stream("/api/chats/new/messages", {"content": QUESTION}):
                events.append((name, data))
                if name == "token" and not signalled:
                    server.terminate()
                    server.log.wait_for(event_of("draining"))
                    signalled = True
            assert signalled and events[-1][0] == "done"
            assert "stone59" in events[-1][1]["message"]["content"] and events[-1][1]["message"]["status"] == "complete"
            server.wait()
            with pytest.raises(OSError):
                Api(server.url).get("/health")
        chat = events[-1][1]["message"]["chat_id"]
        with Server(small_application, tmp_path / "data", **provider.environment()) as server:
            stored = Api(server.url, user.token).get(f"/api/chats/{chat}/messages").json["messages"]
            assert stored[-1]["content"] == events[-1][1]["message"]["content"]


def test_a_second_signal_forces(tmp_path, small_application):
    with Provider(tmp_path, [slow("for ever ", 50, endless=True)]) as provider:
        server = Server(small_application, tmp_path / "data", **provider.environment()).start()
        server.wait_for_documents()
        stream = iter(register(server.url).stream("/api/chats/new/messages", {"content": QUESTION}))
        while next(stream)[0] != "token":
            pass
        server.terminate()
        server.log.wait_for(event_of("draining"))
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(PATIENCE) == 128 + signal.SIGTERM
        server.log.finish()
        assert server.events("forced to stop")


def test_a_second_signal_forces_also_while_a_document_hangs(tmp_path, small_application):
    """pdftotext that does not come back must not keep the process from ending."""
    hanging = tmp_path / "bin/pdftotext"
    hanging.parent.mkdir()
    hanging.write_text(f"#!/bin/sh\ntouch {tmp_path}/reads\nexec sleep 50\n")
    hanging.chmod(0o755)
    (small_application / "docs/general").mkdir(exist_ok=True)
    (small_application / "docs/general/slow.pdf").write_bytes((WWHD / "docs/business/first-employee.pdf").read_bytes())
    server = Server(small_application, tmp_path / "data", PATH=f"{hanging.parent}:/usr/bin:/bin").start()
    eventually((tmp_path / "reads").exists)
    server.terminate()
    server.log.wait_for(event_of("draining"))
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(30) == 128 + signal.SIGINT


def test_an_operator_who_goes_away_takes_nothing_along(tmp_path, small_application):
    """The private socket is closed in the middle of a command that tells its progress: the server goes on."""
    with Server(small_application, tmp_path / "data") as server:
        server.wait_for_documents()
        for command in ("reindex", "sync") * 8:
            with socket.socket(socket.AF_UNIX) as operator:
                operator.connect(str(next((tmp_path / "data").glob("*.sock"))))
                operator.sendall(f"POST /_operator/{command} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{{}}".encode())
                time.sleep(0.01)
        assert Api(server.url).get("/health").status == 200
        assert "chunks indexed" in run_cli("reindex", small_application, "--data", tmp_path / "data", folder=tmp_path).stdout


def test_kill_during_ingestion_leaves_whole_documents(tmp_path, small_application):
    """kill -9 while documents come in: afterwards each is there whole or not at all, and what is missing can be added."""
    count = 60  # many are under way at once
    notes = tmp_path / "notes" / "general"
    notes.mkdir(parents=True)
    for number in range(count):
        parts = "\n\n".join(f"Paragraph {part} of note{number}x tells of walnut{part} at length, so that it becomes a passage of its own. " * 6
                            for part in range(12))
        (notes / f"note{number}.md").write_text(f"# Note {number}\n\n{parts}\n")
    data = tmp_path / "data"
    with Server(small_application, data) as server:
        server.wait_for_documents()
        user = register(server.url)
        ingesting = threading.Thread(target=run_cli, args=("ingest", small_application, notes.parent, "--data", data),
                                     kwargs={"folder": tmp_path, "check": None})
        ingesting.start()
        eventually(lambda: sum(document["title"].startswith("Note ") and document["status"] == "indexed"
                               for document in user.get("/api/documents?limit=500").json["documents"]) > 5)
        server.kill()
        ingesting.join(PATIENCE)
        server.start()
        listed = Api(server.url, user.token).get("/api/documents?limit=500").json["documents"]
        assert listed and {document["status"] for document in listed} == {"indexed"}
        again = Api(server.url, user.token)
        present = [document for document in listed if document["title"].startswith("Note ")]
        for document in present:
            assert "walnut11" in again.get(f"/api/documents/{document['id']}").json["content"]
            assert again.get(f"/api/documents/{document['id']}/file").body
        number = present[-1]["title"].split()[1]
        found = again.get(f"/api/search?q=note{number}x+walnut11&limit=20").json["results"]
        assert present[-1]["id"] in {result["document_id"] for result in found}
        absent = count - len(present)
        told = run_cli("ingest", small_application, notes.parent, "--data", data, folder=tmp_path).stdout
        assert told.startswith(f"{absent} added, 0 updated, {count - absent} unchanged, 0 failed"), told
        assert again.get("/api/documents?limit=500").json["total"] == count + 3


def test_sigterm_while_documents_come_in_is_clean(tmp_path, small_application):
    """Work beside the connections ends before what it uses is gone, wherever it is just then."""
    for turn in range(6):
        for number in range(20):
            (small_application / "docs" / "money" / f"note{number}.md").write_text(f"# Note {turn} {number}\n\n" + "Stones and money. " * 200)
        with Server(small_application, tmp_path / "data"):
            time.sleep(0.05 * turn)


def test_what_was_acknowledged_survives_kill(tmp_path, small_application):
    with Server(small_application, tmp_path / "data") as server:
        server.wait_for_documents()
        user = register(server.url)
        made = user.post("/api/documents", {"title": "Last words", "content": "A kestrel hovers above the motorway.", "namespace": "general"}, 201).json
        chat = user.post("/api/chats/new/messages", {"content": QUESTION}).json["chat_id"]
        server.kill()
        server.start()
        again = Api(server.url, user.token)
        assert again.get("/api/search?q=kestrel").json["results"][0]["document_id"] == made["id"]
        assert len(again.get(f"/api/chats/{chat}/messages").json["messages"]) == 2


def test_a_second_server_on_the_same_data_is_refused(tmp_path, small_application):
    with Server(small_application, tmp_path / "data") as server:
        refused = run_cli("serve", small_application, "--port", "0", "--data", tmp_path / "data", folder=tmp_path, check=1)
        assert str(server.process.pid) in refused.stderr and "data" in refused.stderr
        assert Api(server.url).get("/health").status == 200
    with Server(small_application, tmp_path / "data") as server:
        assert Api(server.url).get("/health").status == 200


def test_a_client_that_hangs_up_cancels_the_model(tmp_path, small_application):
    """The provider sees that nobody listens any more, and what was sent is stored as partial."""
    with Provider(tmp_path, [slow("one more stone on the wall [1] ", 30, endless=True)]) as provider:
        with Server(small_application, tmp_path / "data", **provider.environment()) as server:
            server.wait_for_documents()
            user = register(server.url)
            stream = user.stream("/api/chats/new/messages", {"content": QUESTION})
            chat, received = None, ""
            for name, data in stream:
                if name == "started":
                    chat = data["chat_id"]
                received += data["content"] if name == "token" else ""
                if len(received) > 40:
                    break
            stream.hang_up()
            gone = eventually(lambda: [entry for entry in provider.record() if entry["path"].endswith("/chat/completions") and entry["body"].get("stream")])
            assert gone[0]["client_gone"] is True and gone[0]["chunks"] > 0
            stored = eventually(lambda: [message for message in user.get(f"/api/chats/{chat}/messages").json["messages"]
                                         if message["role"] == "assistant"])
            assert stored[0]["status"] == "partial"
            assert stored[0]["content"].startswith(received), "what was sent is what is stored"


def test_stop_ends_the_answer(tmp_path, small_application):
    with Provider(tmp_path, [slow("and so on and so forth [1] ", 30, endless=True)]) as provider:
        with Server(small_application, tmp_path / "data", **provider.environment()) as server:
            server.wait_for_documents()
            user = register(server.url)
            chat, done = None, None
            for name, data in user.stream("/api/chats/new/messages", {"content": QUESTION}):
                if name == "started":
                    chat = data["chat_id"]
                elif name == "token" and done is None:
                    assert user.post(f"/api/chats/{chat}/stop").json == {"stopped": True}
                    done = False
                elif name == "done":
                    done = data["message"]
            assert done["status"] == "partial" and done["content"]
            eventually(lambda: any(entry["client_gone"] for entry in provider.record()))


def test_two_messages_at_once_are_answered_in_order(tmp_path, small_application):
    with Provider(tmp_path, [{"when": {"path": "/chat/completions"}, "answer": "Answered [1].", "first_delay_ms": 400}]) as provider:
        with Server(small_application, tmp_path / "data", **provider.environment()) as server:
            server.wait_for_documents()
            user = register(server.url)
            chat = user.post("/api/chats", {"title": "two"}, 201).json["id"]
            senders = [threading.Thread(target=user.post, args=(f"/api/chats/{chat}/messages", {"content": f"{QUESTION} {number}"}))
                       for number in range(3)]
            for sender in senders:
                sender.start()
                time.sleep(0.2)
            for sender in senders:
                sender.join(PATIENCE)
            messages = user.get(f"/api/chats/{chat}/messages").json["messages"]
            assert [message["role"] for message in messages] == ["user", "assistant"] * 3


def test_a_failing_model_is_told_and_stored(tmp_path, small_application):
    rules = [{"when": {"path": "/chat/completions"}, "status": 500, "error": "the provider is on fire"}]
    with Provider(tmp_path, rules) as provider, Server(small_application, tmp_path / "data", **provider.environment()) as server:
        server.wait_for_documents()
        user = register(server.url)
        events = list(user.stream("/api/chats/new/messages", {"content": QUESTION}))
        assert events[-1][0] in ("error", "done") and not any(name == "done" for name, data in events[:-1])
        messages = user.get(f"/api/chats/{events[0][1]['chat_id']}/messages").json["messages"]
        assert messages[0]["content"] == QUESTION
        assert "sk-of-the-test" not in "".join(server.log.all), "no key in the log"


def test_changed_documents_and_scripts_are_noticed(tmp_path, small_application):
    with Server(small_application, tmp_path / "data") as server:
        server.wait_for_documents()
        user = register(server.url)
        note = small_application / "docs" / "money" / "fresh.md"
        note.write_text("# Fresh\n\nThe periwinkle fund is for periwinkles only.\n")
        eventually(lambda: user.get("/api/search?q=periwinkle").json["results"])
        note.unlink()
        eventually(lambda: b"periwinkles only" not in user.get("/api/search?q=periwinkle").body)
        routes = small_application / "routes.lua"
        good = routes.read_text()
        routes.write_text(good + '\nroute.get("/api/v1/fresh", {auth = false}, function() return {fresh = true} end)\n')
        eventually(lambda: Api(server.url).get("/api/v1/fresh", None).status == 200)
        routes.write_text(good + "\nthis is no Lua\n")
        server.log.wait_for(event_of("scripts not reloaded, the old ones go on"))
        assert Api(server.url).get("/api/v1/fresh").json == {"fresh": True}
