"""The same application on PostgreSQL: by changing URLs, moved there and back, through crashes, with the role that cannot bypass."""

import signal
import subprocess

import pytest

from conftest import copy_small, replace_stores
from engines import Postgres
from http_api import Api, register
from programs import BINARY, Server, clean_environment

QUESTION = "Should I pay off my debts before I save?"


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    with Postgres(tmp_path_factory.mktemp("postgres")) as server:
        yield server


OWN = {"database": "${DATABASE_URL:-sqlite:database.sqlite}", "database_owner": "${DATABASE_OWNER_URL}"}


@pytest.fixture
def application(tmp_path):
    return replace_stores(copy_small(tmp_path), **OWN)


@pytest.fixture
def indexed(tmp_path):
    """The same with an index that a variable names."""
    return replace_stores(copy_small(tmp_path), **OWN, index="${INDEX_URL}", index_owner="${INDEX_OWNER_URL}")


def slipway(*arguments, **environment):
    return subprocess.run([str(BINARY), *map(str, arguments)], capture_output=True, text=True, check=False,
                          env=clean_environment(**environment))


def test_the_application_moves_by_changing_urls(postgres, application, tmp_path):
    urls = {"DATABASE_URL": postgres.url("app", postgres.database("moving")),
            "DATABASE_OWNER_URL": postgres.url("owner", "moving")}
    server = Server(application, tmp_path / "data", **urls).start()
    server.wait_for_documents()
    user = register(server.url)
    chat = user.post("/api/chats/new/messages", {"content": QUESTION}).json
    assert chat["sources"]
    server.kill()  # what was answered is there
    with Server(application, tmp_path / "data", **urls) as server:
        again = Api(server.url, user.token)
        messages = again.get(f"/api/chats/{chat['chat_id']}/messages").json
        assert [message["role"] for message in messages["messages"]] == ["user", "assistant"]
        status = slipway("status", application, "--data", tmp_path / "data", **urls)
        assert "PostgreSQL 18" in status.stdout, status.stdout + status.stderr
    held = postgres.run("moving", "select count(*) from messages")
    assert held == "2"


def test_migrate_makes_the_role_and_serve_does_without_the_owner(postgres, application, tmp_path):
    url, owner = postgres.url("served", postgres.database("migrated")), postgres.url("owner", "migrated")
    refused = slipway("serve", application, "--port", "0", "--data", tmp_path / "data", DATABASE_URL=owner)
    assert refused.returncode == 1 and "slipway migrate" in refused.stderr
    without = slipway("migrate", application, "--data", tmp_path / "data", DATABASE_URL=url)
    assert without.returncode == 1 and "--owner-from" in without.stderr
    done = slipway("migrate", application, "--data", tmp_path / "data", "--owner-from", "OWNER", DATABASE_URL=url, OWNER=owner)
    assert done.returncode == 0 and "PostgreSQL 18" in done.stdout, done.stderr
    with Server(application, tmp_path / "data", DATABASE_URL=url) as server:
        server.wait_for_documents()
        assert register(server.url).get("/api/documents").json["total"] == 3
    as_owner = slipway("serve", application, "--port", "0", "--data", tmp_path / "data", DATABASE_URL=owner)
    assert as_owner.returncode == 1 and "could bypass row-level security" in as_owner.stderr
    assert "owner-secret" not in as_owner.stderr + done.stdout + done.stderr


def test_data_move_to_postgresql_and_back(postgres, application, tmp_path):
    with Server(application, tmp_path / "data") as server:
        server.wait_for_documents()
        user = register(server.url)
        answer = user.post("/api/chats/new/messages", {"content": QUESTION}).json
    url, owner = postgres.url("mover", postgres.database("copied")), postgres.url("owner", "copied")
    there = slipway("copy", application, "--data", tmp_path / "data", "--from", f"sqlite:{tmp_path}/data/database.sqlite",
                    "--to", "env:TARGET", "--owner-from", "OWNER", TARGET=url, OWNER=owner)
    assert there.returncode == 0 and "Both read the same" in there.stdout, there.stderr
    with Server(application, tmp_path / "data", DATABASE_URL=url) as server:
        moved = Api(server.url, user.token)
        assert len(moved.get(f"/api/chats/{answer['chat_id']}/messages").json["messages"]) == 2
        moved.post(f"/api/chats/{answer['chat_id']}/messages", {"content": QUESTION})
    again = slipway("copy", application, "--data", tmp_path / "data", "--from", f"sqlite:{tmp_path}/data/database.sqlite",
                    "--to", "env:TARGET", TARGET=url)
    assert again.returncode == 1 and "is not empty" in again.stderr
    back = slipway("copy", application, "--data", tmp_path / "data", "--from", "env:SOURCE", "--to", f"sqlite:{tmp_path}/back.sqlite",
                   SOURCE=url)
    assert back.returncode == 0, back.stderr
    (tmp_path / "back.sqlite").replace(tmp_path / "data/database.sqlite")
    with Server(application, tmp_path / "data") as server:
        home = Api(server.url, user.token)
        assert len(home.get(f"/api/chats/{answer['chat_id']}/messages").json["messages"]) == 4


def test_a_backup_of_postgresql_can_be_restored_into_another_one(postgres, application, tmp_path):
    urls = {"DATABASE_URL": postgres.url("saved", postgres.database("saved")), "DATABASE_OWNER_URL": postgres.url("owner", "saved")}
    with Server(application, tmp_path / "data", **urls) as server:
        server.wait_for_documents()
        user = register(server.url)
        answer = user.post("/api/chats/new/messages", {"content": QUESTION}).json
        made = slipway("backup", application, tmp_path / "backup", "--data", tmp_path / "data", **urls)
        assert made.returncode == 0, made.stderr
    fresh = {"DATABASE_URL": postgres.url("fresh", postgres.database("fresh")), "DATABASE_OWNER_URL": postgres.url("owner", "fresh")}
    restored = slipway("restore", application, tmp_path / "backup", "--data", tmp_path / "other", **fresh)
    assert restored.returncode == 0, restored.stderr
    with Server(application, tmp_path / "other", **fresh) as server:
        found = Api(server.url, user.token)
        assert len(found.get(f"/api/chats/{answer['chat_id']}/messages").json["messages"]) == 2
        assert found.get("/api/search?q=debt").json["results"]


def test_a_database_that_goes_away_is_told_and_comes_back(postgres, application, tmp_path):
    urls = {"DATABASE_URL": postgres.url("away", postgres.database("away")), "DATABASE_OWNER_URL": postgres.url("owner", "away")}
    with Server(application, tmp_path / "data", **urls) as server:
        server.wait_for_documents()
        user = register(server.url)
        postgres.stop(signal.SIGKILL)
        assert user.get("/health").status == 200  # touches no store
        gone = user.post("/api/chats", {"title": "lost"}, None)
        assert gone.status == 503, gone.text
        assert "app-secret" not in gone.text and "away-secret" not in gone.text
        postgres.start()
        assert user.post("/api/chats", {"title": "found"}, 201).json["title"] == "found"


def one_for_both(postgres, name):
    """A new database, and the variables that put rows and index into it."""
    url = postgres.url("app", postgres.database(name))
    return {"DATABASE_URL": url, "INDEX_URL": url, "DATABASE_OWNER_URL": postgres.url("owner", name)}


def results_of(user):
    return user.get("/api/search?q=pay+debts").json["results"]


def assert_same(found, wanted):
    """The same passages in the same order; scores may differ where sums are made in another order."""
    assert [result["chunk_id"] for result in found] == [result["chunk_id"] for result in wanted]
    assert [result["score"] for result in found] == pytest.approx([result["score"] for result in wanted], abs=1e-4)


def test_the_index_moves_into_the_database_and_back(postgres, indexed, tmp_path):
    """One PostgreSQL holds both: documents, answers, a restart, a backup, and the same results as the embedded index gave."""
    urls = {"DATABASE_URL": postgres.url("searched", postgres.database("searched")), "DATABASE_OWNER_URL": postgres.url("owner", "searched")}
    with Server(indexed, tmp_path / "data", **urls) as server:
        server.wait_for_documents()
        user = register(server.url)
        before = results_of(user)
        assert before
    there = urls | {"INDEX_URL": urls["DATABASE_URL"]}
    reindexed = slipway("reindex", indexed, "--data", tmp_path / "data", **there)
    assert reindexed.returncode == 0 and "chunks indexed" in reindexed.stdout, reindexed.stderr
    server = Server(indexed, tmp_path / "data", **there).start()
    found = Api(server.url, user.token)
    assert_same(results_of(found), before)
    assert found.post("/api/chats/new/messages", {"content": QUESTION}).json["sources"]
    server.kill()
    with Server(indexed, tmp_path / "data", **there) as server:
        assert_same(results_of(Api(server.url, user.token)), before)
        status = slipway("status", indexed, "--data", tmp_path / "data", **there)
        assert "with pgvector 0.8" in status.stdout, status.stdout + status.stderr
        checked = slipway("backup", indexed, tmp_path / "backup", "--data", tmp_path / "data", **there)
        assert checked.returncode == 0, checked.stderr
    stores = slipway("check", indexed, "--stores", "--data", tmp_path / "data", **there)
    assert stores.returncode == 0, stores.stdout + stores.stderr
    assert postgres.run("searched", "select count(*) > 3 from index_passage") == "t"
    assert slipway("reindex", indexed, "--data", tmp_path / "data", **urls).returncode == 0
    with Server(indexed, tmp_path / "data", **urls) as server:
        assert_same(results_of(Api(server.url, user.token)), before)


def test_a_restore_fills_the_index_anew(postgres, indexed, tmp_path):
    both = one_for_both(postgres, "indexsource")
    with Server(indexed, tmp_path / "data", **both) as server:
        server.wait_for_documents()
        user = register(server.url)
        before = results_of(user)
        assert slipway("backup", indexed, tmp_path / "backup", "--data", tmp_path / "data", **both).returncode == 0
    fresh = one_for_both(postgres, "indextarget")
    restored = slipway("restore", indexed, tmp_path / "backup", "--data", tmp_path / "other", **fresh)
    assert restored.returncode == 0, restored.stderr
    with Server(indexed, tmp_path / "other", **fresh) as server:
        server.wait_for_documents()
        assert_same(results_of(Api(server.url, user.token)), before)


def test_an_index_in_another_postgresql_has_an_owner_of_its_own(postgres, indexed, tmp_path):
    urls = {"INDEX_URL": postgres.url("searcher", postgres.database("onlyindex"))}
    without = slipway("serve", indexed, "--port", "0", "--data", tmp_path / "data", **urls)
    assert without.returncode == 1, without.stdout
    assert "searcher-secret" not in without.stderr + without.stdout
    owned = urls | {"INDEX_OWNER_URL": postgres.url("owner", "onlyindex")}
    migrated = slipway("migrate", indexed, "--data", tmp_path / "data", **owned)
    assert migrated.returncode == 0 and "Search index" in migrated.stdout, migrated.stderr
    with Server(indexed, tmp_path / "data", **urls) as server:
        server.wait_for_documents()
        assert results_of(register(server.url))


def test_without_the_extension_it_is_said_what_to_do(postgres, indexed, tmp_path):
    both = one_for_both(postgres, "bare")
    postgres.run("bare", "drop extension vector")
    refused = slipway("migrate", indexed, "--data", tmp_path / "data", **both)
    assert refused.returncode == 1 and "CREATE EXTENSION vector" in refused.stderr, refused.stderr
