"""Several servers on one PostgreSQL, one bucket and one Qdrant are one application: what one took in, all have."""

import concurrent.futures
import itertools

import pytest

from conftest import copy_small
from engines import Bucket, Postgres, Qdrant
from http_api import Api, register
from programs import Server, eventually

QUESTION = "Should I pay off my debts before I save?"


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """Variables of an application whose stores are all elsewhere, and the PostgreSQL among them."""
    with Postgres(tmp_path_factory.mktemp("postgres")) as postgres, Bucket(tmp_path_factory.mktemp("bucket")) as bucket, \
            Qdrant(tmp_path_factory.mktemp("qdrant")) as qdrant:
        database = postgres.database("replicas")
        yield {"DATABASE_URL": postgres.url("replica", database), "DATABASE_OWNER_URL": postgres.url("owner", database),
               "OBJECTS_URL": bucket.url, "INDEX_URL": qdrant.url, "JWT_SECRET": "a secret that all replicas share, of enough bytes",
               **bucket.environment}


@pytest.fixture
def application(tmp_path):
    folder = copy_small(tmp_path)
    manifest = folder / "app.yaml"
    text = manifest.read_text()
    head, rest = text.split("stores:\n", 1)
    after = rest[next(place for place, line in _lines(rest) if line and not line.startswith((" ", "#"))):]
    manifest.write_text(head + "stores:\n  database: \"${DATABASE_URL}\"\n  database_owner: \"${DATABASE_OWNER_URL}\"\n"
                               "  objects: \"${OBJECTS_URL}\"\n  index: \"${INDEX_URL}\"\n\n" + after)
    return folder


def _lines(text):
    place = 0
    for line in text.split("\n"):
        yield place, line
        place += len(line) + 1


def test_replicas_are_one_application(stores, application, tmp_path):
    """Three of them, clients that ask any, one that is killed: nothing acknowledged is lost."""
    servers = [Server(application, tmp_path / f"data{number}", **stores) for number in range(3)]
    try:
        for server in servers:  # one after the other, as a rolling start does: ingestion is not shared out yet
            server.start()
            server.wait_for_documents()
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
