"""stores.agents: what agents keep lies in a database of their own (LETTA_PG_URI of Deep Sci-Fi), beside the application's.

docs/checklist.tsv names the functions here that prove a row of the checklist.
"""

import json

import pytest

from conftest import copy_small, replace_stores
from engines import Postgres
from http_api import Api, register
from programs import ROOT, Server, eventually, run_cli

DEEPSCIFI = ROOT / "apps/deepscifi"
QUESTION = "Should I pay off my debts before I save?"
APART = {"database": "${DATABASE_URL:-sqlite:database.sqlite}", "database_owner": "${DATABASE_OWNER_URL}",
         "agents": "${LETTA_PG_URI}", "agents_owner": "${LETTA_PG_OWNER_URI}"}


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    """Of the records."""
    with Postgres(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(scope="module")
def letta(tmp_path_factory):
    """Of the agents; another release."""
    with Postgres(tmp_path_factory.mktemp("letta"), "16") as server:
        yield server


@pytest.fixture
def application(tmp_path):
    return replace_stores(copy_small(tmp_path), **APART)


def records(postgres, name):
    return {"DATABASE_URL": postgres.url("app", postgres.database(name)), "DATABASE_OWNER_URL": postgres.url("owner", name)}


def agents(letta, name):
    return {"LETTA_PG_URI": letta.url("agents", letta.database(name)), "LETTA_PG_OWNER_URI": letta.url("owner", name)}


def count(server, database, table):
    return int(server.run(database, f"select count(*) from {table}"))


def slipway(*arguments, data, **environment):
    return run_cli(*arguments, "--data", data, folder=data.parent, environment=environment, check=None)


def ask(user, chat="new"):
    return user.post(f"/api/chats/{chat}/messages", {"content": QUESTION}).json


def messages_of(server, user, chat):
    return Api(server.url, user.token).get(f"/api/chats/{chat['chat_id']}/messages").json["messages"]


def test_what_agents_say_do_and_search_lies_in_their_database(postgres, letta, tmp_path):
    """D15, D17, D18: users are in DATABASE_URL, conversations with each step and the embeddings in LETTA_PG_URI."""
    urls = records(postgres, "deepscifi") | agents(letta, "letta")
    with Server(DEEPSCIFI, tmp_path / "data", **urls) as server:
        user = register(server.url)
        user.post("/api/documents", {"title": "Ringworld", "source": "ring.md", "content": "# Ringworld\n\nThe ring turns once in nine days."}, 201)
        answer = user.post("/api/chats/new/messages", {"content": "How fast does the ring turn?"}).json
        assert answer["sources"], answer
        told = json.loads(slipway("status", DEEPSCIFI, "--json", data=tmp_path / "data", **urls).stdout)
        stores = {store["name"]: store for store in told["stores"]}
        assert "PostgreSQL 18" in stores["database"]["engine"] and "PostgreSQL 16" in stores["agents"]["engine"]
        assert "pgvector" in stores["index"]["engine"] and stores["index"]["url"] == stores["agents"]["url"]
    assert count(postgres, "deepscifi", "users") == 1
    assert count(letta, "letta", "chats") == 1 and count(letta, "letta", "messages") == 2
    steps = json.loads(letta.run("letta", "select trace from messages where role = 'assistant'"))
    assert [step["node"] for step in steps], steps
    assert int(letta.run("letta", "select count(*) from index_passage where embedding is not null")) >= 1
    assert count(postgres, "deepscifi", "chats") == 0
    assert postgres.run("deepscifi", "select count(*) from pg_tables where tablename like 'index_%'") == "0"
    assert letta.run("letta", "select count(*) from pg_tables where tablename in ('users', 'documents')") == "0"
    with Server(DEEPSCIFI, tmp_path / "data", **urls) as server:  # nothing of it was only in memory
        assert len(messages_of(server, user, answer)) == 2


def test_the_agents_database_is_behind_row_level_security_too(postgres, letta, application, tmp_path):
    urls = records(postgres, "secured") | agents(letta, "secured")
    with Server(application, tmp_path / "data", **urls) as server:
        server.wait_for_documents()
        ask(register(server.url))
    assert count(letta, "secured", "messages") == 2
    for table in ("chats", "messages", "series"):
        assert letta.run("secured", f"select count(*) from {table}", user="agents") == "0"
        assert letta.run("secured", f"select relforcerowsecurity from pg_class where relname = '{table}'") == "t"
    as_owner = urls | {"LETTA_PG_URI": urls["LETTA_PG_OWNER_URI"]}
    as_owner.pop("LETTA_PG_OWNER_URI")
    refused = slipway("serve", application, "--port", "0", data=tmp_path / "data", **as_owner)
    assert refused.returncode == 1 and "could bypass row-level security" in refused.stderr
    assert "owner-secret" not in refused.stderr


def test_migrations_are_planned_and_applied_in_both(postgres, letta, application, tmp_path):
    urls = records(postgres, "planned") | agents(letta, "planned")
    without = {name: url for name, url in urls.items() if "OWNER" not in name}
    plan = slipway("migrate", application, "--plan", "--owner-from", "OWNER", data=tmp_path / "data", OWNER=urls["DATABASE_OWNER_URL"], **urls)
    assert plan.returncode == 0 and "\nagents: chat 1: expand\n" in plan.stdout, plan.stderr
    done = slipway("migrate", application, data=tmp_path / "data", **urls)
    assert done.returncode == 0 and "Agents: all 2 steps are applied." in done.stdout, done.stderr
    with Server(application, tmp_path / "data", **without) as server:  # needs no owner any more
        server.wait_for_documents()
        ask(register(server.url))
    assert count(letta, "planned", "messages") == 2


def test_an_agents_database_that_goes_away_is_told_and_comes_back(postgres, tmp_path, application):
    (tmp_path / "own").mkdir()
    with Postgres(tmp_path / "own", "16") as own:
        urls = records(postgres, "halved") | agents(own, "halved")
        with Server(application, tmp_path / "data", **urls) as server:
            server.wait_for_documents()
            user = register(server.url)
            chat = ask(user)
            own.stop()
            eventually(lambda: Api(server.url).get("/readiness", expect=None).status == 503)
            checks = Api(server.url).get("/readiness", expect=503).json["checks"]
            assert checks["agents"]["error"] and checks["database"]["ok"], checks
            user.get("/api/me")  # records are another database's
            user.post("/api/chats/new/messages", {"content": QUESTION}, expect=503)
            own.start()
            eventually(lambda: Api(server.url).get("/readiness", expect=None).status == 200)
            assert len(messages_of(server, user, ask(user, chat["chat_id"]))) == 4


def test_a_backup_holds_both_and_is_restored_into_two_or_one(postgres, letta, application, tmp_path):
    urls = records(postgres, "saved") | agents(letta, "saved")
    with Server(application, tmp_path / "data", **urls) as server:
        server.wait_for_documents()
        user = register(server.url)
        chat = ask(user)
        made = slipway("backup", application, tmp_path / "backup", data=tmp_path / "data", **urls)
        assert made.returncode == 0, made.stderr
    two = records(postgres, "two") | agents(letta, "two")
    for name, places in (("two", two), ("one", records(postgres, "one")), ("file", {})):
        restored = slipway("restore", application, tmp_path / "backup", data=tmp_path / name, **places)
        assert restored.returncode == 0, restored.stderr
        with Server(application, tmp_path / name, **places) as server:
            assert len(messages_of(server, user, chat)) == 2
            ask(Api(server.url, user.token))
    assert count(letta, "two", "messages") == 4 and count(postgres, "two", "messages") == 0
    assert count(postgres, "one", "messages") == 4
    again = slipway("restore", application, tmp_path / "backup", data=tmp_path / "again", **(records(postgres, "fresh") | agents_again(letta)))
    assert again.returncode == 1 and "is not empty" in again.stderr
    assert count(postgres, "fresh", "users") == 0, "nothing is written when one of both is refused"


def agents_again(letta):
    return {"LETTA_PG_URI": letta.url("agents", "two"), "LETTA_PG_OWNER_URI": letta.url("owner", "two")}


def test_records_in_a_file_and_agents_in_postgresql(letta, application, tmp_path):
    urls = agents(letta, "beside_a_file")
    with Server(application, tmp_path / "data", **urls) as server:
        server.wait_for_documents()
        user = register(server.url)
        chat = ask(user)
        assert slipway("backup", application, tmp_path / "backup", data=tmp_path / "data", **urls).returncode == 0
    there = agents(letta, "beside_another")
    restored = slipway("restore", application, tmp_path / "backup", data=tmp_path / "other", **there)
    assert restored.returncode == 0, restored.stderr
    with Server(application, tmp_path / "other", **there) as server:
        assert len(messages_of(server, user, chat)) == 2
    assert count(letta, "beside_another", "messages") == 2


def test_chats_from_before_are_moved_and_not_forgotten(postgres, letta, application, tmp_path):
    before = records(postgres, "moving")
    with Server(application, tmp_path / "data", **before) as server:
        server.wait_for_documents()
        user = register(server.url)
        chat = ask(user)
    urls = before | agents(letta, "moving")
    refused = slipway("serve", application, "--port", "0", data=tmp_path / "data", **urls)
    assert refused.returncode == 1 and "--move-agents" in refused.stderr and "1 chats" in refused.stderr
    moved = slipway("migrate", application, "--move-agents", data=tmp_path / "data", **urls)
    assert moved.returncode == 0 and "1 chats with 2 messages were moved" in moved.stdout, moved.stderr
    with Server(application, tmp_path / "data", **urls) as server:
        assert len(messages_of(server, user, chat)) == 2
        ask(Api(server.url, user.token))
    assert count(postgres, "moving", "messages") == 0 and count(letta, "moving", "messages") == 4
    assert letta.run("moving", "select string_agg(number::text, ',' order by number) from chats") == "1,2"
    nothing = slipway("migrate", application, "--move-agents", data=tmp_path / "data", **before)
    assert nothing.returncode == 1 and "stores.agents" in nothing.stderr
