"""Servers of two releases on one database: the next release moves the schema on while this one serves, restarts, and at last may not."""

import concurrent.futures
import threading

import pytest

from conftest import copy_small, replace_stores
from engines import Postgres
from http_api import Api, register
from programs import Server, eventually, run_cli
from test_fleet import Fleet

CLIENTS = 4
QUESTION = "Should I pay off my debts before I save?"

# What the next release would apply and note: a column, and a table that is everybody's for a reason that this one cannot know.
EXPANDS = """
begin;
alter table chats add column pinned bigint not null default 0;
create table plans (name text primary key);
insert into schema_migration (capability, number, checksum, applied_at, works_from) values
    ('chat', (select max(number) + 1 from schema_migration where capability = 'chat'), 'of the next release', 1, 0), ('plan', 1, 'its first', 1, 0);
commit"""

# And the one behind it: it removes a column, so whoever does not know the step may not work any more.
CONTRACTS = """
begin;
alter table messages drop column flags;
insert into schema_migration (capability, number, checksum, applied_at, works_from)
    select 'chat', max(number) + 1, 'of the release behind it', 1, max(number) + 1 from schema_migration where capability = 'chat';
commit"""

# The tables as releases had them that knew the first step of `knowledge` alone, and noted less.
OF_BEFORE = """
begin;
drop index documents_visible;
alter table documents add column content text not null default '';
update documents set content = coalesce((select content from document_texts where document_id = id), '');
drop table document_texts;
alter table documents drop column holder;
alter table documents drop column held_until;
drop table knowledge_leases;
delete from schema_migration where capability = 'knowledge' and number > 1;
alter table schema_migration drop column works_from;
commit"""


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    with Postgres(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture
def application(tmp_path):
    return replace_stores(copy_small(tmp_path), database="${DATABASE_URL}", database_owner="${DATABASE_OWNER_URL}")


def write_and_chat(fleet, token, stop, ledger):
    """One client of the balancer: what it was told is in the ledger."""
    done = 0
    while not stop.is_set():
        title = f"{threading.get_ident()}-{done}"
        chat = fleet.request(token, "POST", "/api/chats", {"title": title})
        assert chat.status == 201, chat.text
        answer = fleet.request(token, "POST", f"/api/chats/{chat.json['id']}/messages", {"content": QUESTION})
        assert answer.status == 200, answer.text
        ledger.append((title, answer.json["id"]))
        done += 1
    return done


def restart(server):
    server.terminate()
    server.wait()
    server.start()


def test_the_next_release_moves_the_schema_on_while_this_one_serves(postgres, application, tmp_path):
    urls = {"DATABASE_URL": postgres.url("rolling", postgres.database("rolling")), "DATABASE_OWNER_URL": postgres.url("owner", "rolling"),
            "JWT_SECRET": "a secret that both servers share, of enough bytes"}
    stays, restarts = (Server(application, tmp_path / f"data{number}", **urls).start() for number in range(2))
    try:
        for server in (stays, restarts):
            server.wait_for_documents()
        user = register(stays.url)
        fleet, stop, ledger = Fleet([stays, restarts]), threading.Event(), []
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            clients = [pool.submit(write_and_chat, fleet, user.token, stop, ledger) for _ in range(CLIENTS)]
            try:
                eventually(lambda: ledger)
                postgres.run("rolling", EXPANDS, user="owner")
                for server in (restarts, stays, restarts):
                    restart(server)
                    (newer,) = server.events("data of a newer release")
                    assert newer["steps"] == "chat 2"
                    before = len(ledger)
                    eventually(lambda: len(ledger) >= before + 2 * CLIENTS or any(client.done() for client in clients))
            finally:
                stop.set()
            assert all(client.result() > 0 for client in clients)
        print(f"{len(ledger)} chats and answers acknowledged over three restarts")
        kept = postgres.run("rolling", "select string_agg(title, ' ') from chats where pinned = 0").split()
        assert {title for title, _ in ledger} <= set(kept)
        told = postgres.run("rolling", "select string_agg(id, ' ') from messages where status = 'complete'").split()
        assert {answer for _, answer in ledger} <= set(told)
        restarts.terminate()
        restarts.wait()
        postgres.run("rolling", CONTRACTS, user="owner")
        refused = run_cli("serve", application, "--port", "0", "--data", tmp_path / "data1", folder=tmp_path, environment=urls, check=1)
        assert "removed what this program uses" in refused.stderr and "knows step 3 of chat" in refused.stderr, refused.stderr
    finally:
        for server in (stays, restarts):
            if server.process.poll() is None:
                server.terminate()
                server.wait()


def test_steps_that_contract_are_planned_and_applied_by_themselves(postgres, application, tmp_path):
    urls = {"DATABASE_URL": postgres.url("planned", postgres.database("planned")), "DATABASE_OWNER_URL": postgres.url("owner", "planned")}

    def migrate(*options, check=0):
        return run_cli("migrate", application, "--data", tmp_path / "data", *options, folder=tmp_path, environment=urls, check=check)
    planned = migrate("--plan", "--owner-from", "DATABASE_OWNER_URL").stdout
    assert "knowledge 2: expand" in planned and "go on working" in planned, "an empty database has no release before"
    migrate()
    assert migrate("--plan").stdout == "Nothing waits.\n"
    with Server(application, tmp_path / "data", **urls) as server:
        server.wait_for_documents()
    postgres.run("planned", OF_BEFORE, user="owner")
    planned = migrate("--plan", check=4).stdout
    assert "knowledge 2: contract (alter table documents drop column content)\nknowledge 3: expand\n" in planned
    assert "cannot run beside the one before" in planned
    refused = run_cli("serve", application, "--port", "0", "--data", tmp_path / "data", folder=tmp_path, environment=urls, check=1)
    assert "Step 3 of knowledge needs step 2" in refused.stderr and "migrate --contract" in refused.stderr
    assert migrate(check=1).stderr == refused.stderr
    assert "all" in migrate("--contract").stdout
    assert migrate("--plan").stdout == "Nothing waits.\n"
    with Server(application, tmp_path / "data", **urls) as server:
        server.wait_for_documents()
        assert register(server.url).get("/api/documents").json["total"] == 3


def test_a_backup_by_an_older_release_leaves_nothing_out(postgres, application, tmp_path):
    urls = {"DATABASE_URL": postgres.url("backed", postgres.database("backed")), "DATABASE_OWNER_URL": postgres.url("owner", "backed")}
    run_cli("migrate", application, "--data", tmp_path / "data", folder=tmp_path, environment=urls)
    postgres.run("backed", EXPANDS, user="owner")
    refused = run_cli("backup", application, tmp_path / "backup", "--data", tmp_path / "data", folder=tmp_path, environment=urls, check=1)
    assert "of a newer release than this program" in refused.stderr and not (tmp_path / "backup").exists()
