"""Several servers on one PostgreSQL, one bucket and one Qdrant are one application: what one took in, all have."""

import concurrent.futures
import contextlib
import http.client
import itertools
import threading

import pytest

from conftest import copy_small, replace_stores
from engines import Bucket, Postgres, Qdrant
from http_api import Api, register
from programs import Server, eventually, run_cli

DATABASE = "replicas"
QUESTION = "Should I pay off my debts before I save?"


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    with Postgres(tmp_path_factory.mktemp("postgres")) as server:
        server.database(DATABASE)
        yield server


@pytest.fixture(scope="module")
def stores(tmp_path_factory, postgres):
    """Variables of an application whose stores are all elsewhere."""
    with Bucket(tmp_path_factory.mktemp("bucket")) as bucket, Qdrant(tmp_path_factory.mktemp("qdrant")) as qdrant:
        yield {"DATABASE_URL": postgres.url("replica", DATABASE), "DATABASE_OWNER_URL": postgres.url("owner", DATABASE),
               "OBJECTS_URL": bucket.url, "INDEX_URL": qdrant.url, "JWT_SECRET": "a secret that all replicas share, of enough bytes",
               **bucket.environment}


@pytest.fixture
def application(tmp_path):
    return replace_stores(copy_small(tmp_path), database="${DATABASE_URL}", database_owner="${DATABASE_OWNER_URL}", objects="${OBJECTS_URL}",
                          index="${INDEX_URL}")


def test_replicas_are_one_application(stores, application, tmp_path):
    """Three of them, clients that ask any, one that is killed: nothing acknowledged is lost."""
    servers = [Server(application, tmp_path / f"data{number}", **stores) for number in range(3)]
    try:
        start_at_once(servers)
        user = register(servers[0].url)
        everywhere = [Api(server.url, user.token) for server in servers]
        for api in everywhere:
            assert api.get("/api/documents").json["total"] == 3
        added = everywhere[1].post("/api/documents", {"source": "note.md", "title": "Note", "namespace": "money",
                                                      "content": "# Note\n\nPhlogistic combustion pays no rent.\n"}, 201).json
        for api in everywhere:
            assert api.get("/api/search?q=phlogistic").json["results"]
            assert api.get(f"/api/documents/{added['id']}").json["title"] == "Note"
        chat = everywhere[0].post("/api/chats/new/messages", {"content": QUESTION}).json
        everywhere[2].post(f"/api/chats/{chat['chat_id']}/messages", {"content": QUESTION})
        assert len(everywhere[1].get(f"/api/chats/{chat['chat_id']}/messages").json["messages"]) == 4

        ledger = write_while_one_dies(everywhere, servers[1])
        titles = {chat["title"] for chat in all_chats(everywhere[2])}
        assert ledger <= titles, f"{len(ledger - titles)} of {len(ledger)} acknowledged chats are lost"
    finally:
        for server in servers:
            if server.process and server.process.poll() is None:
                server.terminate()
                server.wait()


def start_at_once(servers):
    """They share out the documents that the application brings along."""
    with concurrent.futures.ThreadPoolExecutor(len(servers)) as pool:
        list(pool.map(Server.start, servers))
        list(pool.map(Server.wait_for_documents, servers))


def expect_whole(application, folder, stores):
    """What nobody works on any more agrees in all stores; the command is one server more."""
    checked = run_cli("check", application, "--stores", "--data", folder / "check", folder=folder, environment=stores, check=None)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_server_that_starts_while_others_take_documents_in(stores, application, tmp_path):
    servers = [Server(application, tmp_path / f"data{number}", **stores) for number in range(3)]
    with contextlib.ExitStack() as stack:
        start_at_once(servers)
        for server in servers:
            stack.enter_context(server)
        user = register(servers[0].url)
        before = user.get("/api/documents").json["total"]
        stop, ledger = threading.Event(), []

        def write(worker):
            api = Api(servers[worker % 3].url, user.token)
            for number in itertools.count():
                if stop.is_set():
                    return
                word = f"vessel{worker}x{number}"
                content = f"# Of {word}\n\n" + "\n\n".join(f"The {word} carries cargo number {line} over the sea." for line in range(20))
                document = api.post("/api/documents", {"title": word, "namespace": "money", "content": content}, 201).json
                if number % 4 == 3:
                    api.delete(f"/api/documents/{document['id']}", expect=204)
                else:
                    ledger.append(document["id"])

        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            writers = [pool.submit(write, worker) for worker in range(6)]
            try:
                assert eventually(lambda: len(ledger) >= 6)
                fourth = stack.enter_context(Server(application, tmp_path / "data3", **stores))
                fourth.wait_for_documents()
                (tmp_path / "anchor.md").write_text("# Anchor\n\nThe kedgeworthy anchor holds.\n")
                run_cli("ingest", application, tmp_path / "anchor.md", "--data", tmp_path / "cli", folder=tmp_path, environment=stores)
                so_far = len(ledger)
                assert eventually(lambda: len(ledger) >= so_far + 6)
            finally:
                stop.set()
            for writer in writers:
                writer.result()
        there = Api(fourth.url, user.token)
        assert there.get("/api/documents").json["total"] == before + len(ledger) + 1
        assert there.get("/api/search?q=kedgeworthy").json["results"]
        lost = [document for document in ledger if there.get(f"/api/documents/{document}", expect=None).status != 200]
        assert not lost, f"{len(lost)} of {len(ledger)} acknowledged documents are lost"
        assert not fourth.events("document recovered")
        assert not [event for server in [*servers, fourth] for event in server.events("the search index is not whole and is made anew")]
    expect_whole(application, tmp_path, stores)


def test_what_a_killed_server_was_taking_in_is_finished_by_another(postgres, stores, application, tmp_path):
    one = Server(application, tmp_path / "one", **stores)
    with Server(application, tmp_path / "two", **stores) as two, contextlib.ExitStack() as stack:
        two.wait_for_documents()
        one.start().wait_for_documents()
        stack.callback(one.kill)
        user = register(two.url)
        kept = user.post("/api/documents", {"title": "Kept", "namespace": "money", "content": "# Kept\n\nFloccinaucical rent.\n"}, 201).json
        total = user.get("/api/documents").json["total"]
        victim = Api(one.url, user.token)
        many = "\n\n".join(f"Paragraph {number} tells of tides, whales and the rent of a lighthouse." * 8 for number in range(600))
        sent = [threading.Thread(target=send_into_the_void, args=(victim, method, path, body)) for method, path, body in (
            ("POST", "/api/documents", {"title": "Long", "namespace": "money", "content": many}),
            ("PATCH", f"/api/documents/{kept['id']}", {"content": many}))]
        for thread in sent:
            thread.start()
        assert eventually(lambda: postgres.run(DATABASE, "select count(*) from documents where dirty > 0 and holder <> ''") == "2")
        one.kill()
        for thread in sent:
            thread.join()
        # Whoever is asked for documents finds what the other one left.
        assert eventually(lambda: user.get("/api/documents").json["total"] == total and
                          postgres.run(DATABASE, "select count(*) from documents where dirty > 0 or holder <> ''") == "0")
        assert len(two.events("document recovered")) == 2
        assert user.get(f"/api/documents/{kept['id']}").json["status"] == "indexed"
        assert user.get("/api/search?q=floccinaucical").json["results"]
        user.post("/api/documents", {"title": "Long", "namespace": "money", "content": "Short now."}, 201)
        two.terminate()
        two.wait()
        expect_whole(application, tmp_path, stores)


def send_into_the_void(api, method, path, body):
    with contextlib.suppress(OSError, http.client.HTTPException):
        api.request(method, path, body)


def write_while_one_dies(everywhere, victim):
    """The titles of chats that were acknowledged. A request that failed is sent to the next server, as a balancer does."""
    def write(worker):
        acknowledged = set()
        for number in range(25):
            title = f"{worker}-{number}"
            if worker == 0 and number == 8:
                victim.kill()
            for api in itertools.islice(itertools.cycle(everywhere), worker + number, worker + number + len(everywhere)):
                try:
                    if api.post("/api/chats", {"title": title}, None).status == 201:
                        acknowledged.add(title)
                        break
                except OSError:
                    continue
            else:
                raise AssertionError(f"no server took {title}")
        return acknowledged
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        return set().union(*pool.map(write, range(6)))


def all_chats(api):
    chats, offset = [], 0
    while True:
        page = api.get(f"/api/chats?offset={offset}&limit=100").json["chats"]
        chats += page
        offset += len(page)
        if len(page) < 100:
            return chats


def test_who_is_blocked_or_signed_out_at_one_is_so_at_all(stores, application, tmp_path):
    with Server(application, tmp_path / "one", **stores) as one, Server(application, tmp_path / "two", **stores) as two:
        one.wait_for_documents()
        user = register(one.url)
        there = Api(two.url, user.token)
        assert there.get("/api/me").json["email"]
        user.post("/api/auth/logout", {"refresh_token": user.tokens["refresh_token"]}, 204)
        # An answer may be a second old where another process changed what it rests on.
        assert eventually(lambda: there.get("/api/me", expect=None).status == 401)


def test_qdrant_under_its_own_names(tmp_path):
    """QDRANT_URL and QDRANT_API_KEY, as the original's environment has them."""
    (tmp_path / "qdrant").mkdir()
    with Qdrant(tmp_path / "qdrant") as qdrant, \
            Server(copy_small(tmp_path), tmp_path / "data", QDRANT_URL=f"http://127.0.0.1:{qdrant.port}",
                   QDRANT_API_KEY="key-of-the-test") as server:
        server.wait_for_documents()
        user = register(server.url)
        assert user.get("/api/search?q=debt").json["results"]
        assert user.post("/api/chats/new/messages", {"content": QUESTION}).json["sources"]
