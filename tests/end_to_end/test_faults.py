"""The storage fails: full disk, folder gone, read-only, taken, damaged; too few descriptors. The server says so, and goes on when it can."""

import contextlib
import os
import random
import resource
import shutil
import socket
import subprocess
import time
import urllib.parse

import pytest

import crash_application
import damage_rounds
from crash_clients import Operator
from http_api import Api, register
from programs import BINARY, Server, event_of, eventually, run_cli

WORD = "qbadafakanax"


@pytest.fixture
def application(tmp_path):
    return crash_application.make(tmp_path / "application")


@pytest.fixture
def disk(tmp_path):
    """A folder on a small disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m,mode=700", "tmpfs", folder], capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a small disk needs the right to mount")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill(folder, leave=0):
    """Takes the space that is left, all or all but `leave` bytes."""
    ballast = folder / "ballast"
    if leave:
        ballast.write_bytes(bytes(max(0, shutil.disk_usage(folder).free - leave)))
        return ballast
    with open(ballast, "ab", buffering=0) as file, contextlib.suppress(OSError):
        for size in (1 << 16, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"b" * size)
    return ballast


def user_who_writes(server):
    user = register(server.url)
    user.post("/api/documents", {"title": "kept", "source": "kept", "content": crash_application.markdown("kept", WORD)}, 201)
    return user


def finds(user, word):
    return any(word in str(hit) for hit in user.get(f"/api/search?q={word}").json["results"])


def checked(application, data, folder):
    return run_cli("check", application, "--stores", "--data", data, folder=folder)


def test_documents_leave_the_last_of_the_disk_to_conversations(tmp_path, application, disk):
    with Server(application, disk / "data", "--no-watch") as server:
        server.wait_for_documents()
        user = user_who_writes(server)
        fill(disk, leave=2_500_000)
        refused = user.post("/api/documents", {"title": "one more", "content": "A small one."}, 503).json["error"]
        assert refused["code"] == "unavailable" and "nearly full" in refused["message"]
        for _ in range(5):
            assert user.post("/api/chats/new/messages", {"content": "What of ownword1x?"}).json["sources"]
        register(server.url)
        assert finds(user, WORD) and not finds(user, "small")


def test_a_full_disk_is_said_and_forgotten_when_there_is_space_again(tmp_path, application, disk):
    data = disk / "data"
    with Server(application, data) as server:
        server.wait_for_documents()
        user = user_who_writes(server)
        ballast = fill(disk)
        kept, refused = [], []
        for number in range(60):
            body = {"title": f"large {number}", "content": crash_application.markdown("large", f"ql{number}x") + "Sand and stones. " * 4000}
            answer = user.post("/api/documents", body, expect=None)
            (kept if answer.status == 201 else refused).append((number, answer))
            if len(refused) == 3:
                break
        assert len(refused) == 3, "the disk never became full"
        for _, answer in refused:
            assert answer.status == 503 and "full" in answer.json["error"]["message"], answer.text
        fill(disk)
        assert finds(user, WORD), "what is there is still found"
        assert user.get("/api/documents?limit=100").json["documents"]
        asked = user.post("/api/chats/new/messages", {"content": "What of ownword1x?"}, expect=None)
        assert asked.status == 200 or (asked.status == 503 and "full" in asked.text), asked.text
        (application / "docs" / "later.md").write_text(crash_application.markdown("later", "qlaterx") + "Sand and stones. " * 4000)
        server.log.wait_for(event_of("document failed"))
        told = run_cli("backup", application, disk / "saved", "--data", data, folder=tmp_path, check=1).stderr
        assert "full" in told and str(disk) in told, told
        assert not (disk / "saved").exists() and not (disk / "saved.incomplete").exists()
        ballast.unlink()
        eventually(lambda: finds(user, "qlaterx"))
        user.post("/api/documents", {"title": "after", "content": crash_application.markdown("after", "qafterx")}, 201)
        eventually(lambda: not Operator(data).run("check")["findings"])

        def titles():
            return {document["title"] for document in user.get("/api/documents?limit=100").json["documents"]}
        assert {f"large {number}" for number, _ in kept} | {"kept", "after"} <= titles()
        eventually(lambda: not titles() & {f"large {number}" for number, _ in refused})
        run_cli("backup", application, tmp_path / "saved", "--data", data, folder=tmp_path)


def test_a_folder_that_is_gone_is_said_and_nothing_is_acknowledged(tmp_path, application):
    data = tmp_path / "data"
    with Server(application, data) as server:
        server.wait_for_documents()
        user = user_who_writes(server)
        shutil.rmtree(data)
        answer = Api(server.url).post("/api/auth/register", {"email": "l@example.org", "username": "late", "password": "a long password"}, 503)
        assert "removed" in answer.json["error"]["message"] and "slipway restore" in answer.json["error"]["message"]
        user.post("/api/documents", {"title": "late", "content": "late"}, 503)
        user.get("/health")
        assert "removed" in user.get("/readiness", 503).json["checks"]["database"]["error"]


def test_a_folder_that_cannot_be_used_is_named(tmp_path, application, disk):
    (tmp_path / "file").write_text("a file")
    for wrong in (tmp_path / "file", tmp_path / "file" / "below"):
        told = run_cli("serve", application, "--port", "0", "--data", wrong, folder=tmp_path, check=1).stderr
        assert str(wrong) in told and "--data" in told, told
    run_cli("ingest", application, application / "docs", "--data", disk / "data", folder=tmp_path)
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    for command in (("serve", application, "--port", "0"), ("search", application, "ferry")):
        told = run_cli(*command, "--data", disk / "data", folder=tmp_path, check=1).stderr
        assert str(disk / "data") in told and "ead-only" in told and "--data" in told, told


def test_a_second_process_is_refused_and_told_which_is_the_first(tmp_path, application):
    with Server(application, tmp_path / "data") as server:
        server.wait_for_documents()
        for command in (("serve", application, "--port", "0"), ("restore", application, tmp_path / "saved", "--replace")):
            if command[0] == "restore":
                run_cli("backup", application, tmp_path / "saved", "--data", server.data, folder=tmp_path)
            told = run_cli(*command, "--data", server.data, folder=tmp_path, check=1).stderr
            assert f"Process {server.process.pid} " in told and str(server.data) in told, told
        assert "ferry" in run_cli("search", application, "ferry", "--data", server.data, folder=tmp_path).stdout
        (server.data / "slipway.sock").unlink()
        told = run_cli("search", application, "ferry", "--data", server.data, folder=tmp_path, check=1).stderr
        assert f"Process {server.process.pid} " in told and "try again" in told, told


def test_damage_is_named_and_repaired(tmp_path, application):
    seed = int(os.environ.get("SLIPWAY_SEED", time.time_ns() % 2**32))
    rounds = damage_rounds.Rounds(tmp_path, application, random.Random(seed))
    for victim in ("database", "index", "index-lost", "wal", "original"):
        rounds.one(victim)
    assert not rounds.findings, f"SLIPWAY_SEED={seed}:\n" + "\n".join(rounds.findings)


def test_an_index_that_is_not_whole_is_made_anew_at_the_start(tmp_path, application):
    """As a `reindex` leaves it that was killed."""
    data = tmp_path / "data"
    run_cli("ingest", application, application / "docs", "--data", data, folder=tmp_path)
    for path in data.glob("*index*"):
        path.unlink()
    with Server(application, data, "--no-watch") as server:
        assert server.events("the search index is not whole and is made anew")
        assert finds(register(server.url), "ownword3x")
    checked(application, data, tmp_path)


def test_without_descriptors_it_waits_and_goes_on(tmp_path, application):
    if b"__ubsan_handle_dynamic_type" in BINARY.read_bytes():
        pytest.skip("the sanitizer of virtual tables tries memory with a pipe, and takes its own lack of descriptors for a finding")
    with Server(application, tmp_path / "data") as server:
        server.wait_for_documents()
        user = user_who_writes(server)
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (80, 80))
        address = urllib.parse.urlsplit(server.url)
        idle = [socket.create_connection((address.hostname, address.port)) for _ in range(120)]
        server.log.wait_for(event_of("cannot accept connections"))
        for connection in idle:
            connection.close()
        eventually(lambda: user.get("/health", expect=None).status == 200)
        user.post("/api/documents", {"title": "after", "content": crash_application.markdown("after", "qafterx")}, 201)
        assert finds(user, WORD) and finds(user, "qafterx")


def test_a_lost_restore_is_finished_or_undone_by_the_next_start(tmp_path, application):
    """What `restore` left when it died after its list was written, and before."""
    data, saved = tmp_path / "data", tmp_path / "saved"
    run_cli("ingest", application, application / "docs", "--data", data, folder=tmp_path)
    run_cli("backup", application, saved, "--data", data, folder=tmp_path)
    (application / "docs" / "new.md").write_text(crash_application.markdown("new", "qnewx"))
    run_cli("ingest", application, application / "docs", "--data", data, folder=tmp_path)
    database = data / "database.sqlite"
    shutil.copy(saved / "database.sqlite", f"{database}.arriving")
    assert "qnewx" in run_cli("search", application, "qnewx", "--data", data, folder=tmp_path).stdout
    assert not os.path.exists(f"{database}.arriving"), "what had not got so far is taken away"
    (application / "docs" / "new.md").unlink()
    shutil.copy(saved / "database.sqlite", f"{database}.arriving")
    (data / "restore.json").write_text('{"targets": ["%s"]}' % database)
    assert "qnewx" not in run_cli("search", application, "qnewx", "--data", data, folder=tmp_path).stdout
    assert os.path.exists(f"{database}.before-restore") and not (data / "restore.json").exists()
    run_cli("search", application, "ownword1x", "--data", data, folder=tmp_path)


def test_a_damaged_secret_is_not_replaced_in_silence(tmp_path, application):
    """Another one would sign everybody out."""
    data = tmp_path / "data"
    run_cli("users", "list", application, "--data", data, folder=tmp_path)
    secret = next(data.glob("*.secret"))
    secret.write_text("short\n")
    told = run_cli("users", "list", application, "--data", data, folder=tmp_path, check=1).stderr
    assert str(secret) in told and "sign in again" in told
    assert secret.read_text() == "short\n"


def test_a_database_that_is_gone_is_not_replaced_in_silence(tmp_path, application):
    data = tmp_path / "data"
    run_cli("users", "list", application, "--data", data, folder=tmp_path)
    database = data / "database.sqlite"
    database.unlink()
    told = run_cli("users", "list", application, "--data", data, folder=tmp_path, check=1).stderr
    assert str(database) in told and "slipway restore" in told and not database.exists()
