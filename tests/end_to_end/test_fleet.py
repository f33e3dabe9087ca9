"""A fleet on the real engines under load: what clients were told happened is there, whichever servers die meanwhile."""

import collections
import concurrent.futures
import os
import random
import threading
import time

import pytest

from engines import Bucket, Postgres, Qdrant, Redis
from http_api import Api, register
from programs import Server, eventually, run_cli

OPERATIONS = int(os.environ.get("SLIPWAY_OPERATIONS", "10000"))  # acknowledged ones
CLIENTS = 8
KILLS = 4

MANIFEST = """
name: fleet
stores:
  database: "${DATABASE_URL}"
  database_owner: "${DATABASE_OWNER_URL}"
  objects: "${OBJECTS_URL}"
  index: "${INDEX_URL}"
  cache: "${CACHE_URL}"
  queue: "${QUEUE_URL}"
accounts: { secret: "${JWT_SECRET}", registration: open }
jobs: { lease: 5s, at_once: 2, attempts: 20 }
"""

SCRIPT = """
job("note", function(job)
  slipway.documents.put{title = job.arguments.title, content = "A note on " .. job.arguments.title, source = job.arguments.title}
end)
"""


class Ledger:
    """What clients were told, kept outside of the fleet."""

    def __init__(self):
        self.lock = threading.Lock()
        self.chats, self.answers, self.documents, self.jobs, self.count = set(), set(), set(), set(), 0

    def note(self, which, what):
        with self.lock:
            getattr(self, which).add(what)
            self.count += 1

    def full(self):
        return self.count >= OPERATIONS


class Fleet:
    """Servers behind a balancer that sends what failed to the next one, as long as the operation may be sent twice."""

    def __init__(self, servers):
        self.servers, self.chance = servers, random.Random(7)

    def request(self, token, method, path, body=None):
        last = None
        end = time.monotonic() + 60
        while time.monotonic() < end:
            for server in self.chance.sample(self.servers, len(self.servers)):
                try:
                    answer = Api(server.url, token).request(method, path, body)
                except (OSError, AttributeError) as failed:  # it is down, or on its way up
                    last = failed
                    continue
                if answer.status < 500 and answer.status != 409:
                    return answer
                last = f"{answer.status}: {answer.text}"
            time.sleep(0.05)
        raise AssertionError(f"no server took {method} {path}: {last}")


def work(fleet, token, ledger, number):
    """One client: mostly chats, some answers, documents and jobs."""
    chance, step, own = random.Random(number), 0, []
    while not ledger.full():
        step += 1
        name, kind = f"{number}-{step}", chance.random()
        if kind < 0.80 or not own:
            answer = fleet.request(token, "POST", "/api/chats", {"title": name})
            assert answer.status == 201, answer.text
            own.append(answer.json["id"])
            ledger.note("chats", name)
        elif kind < 0.90:
            chat = chance.choice(own)
            answer = fleet.request(token, "POST", f"/api/chats/{chat}/messages", {"content": f"Tell me about {name}"})
            assert answer.status == 200, answer.text
            ledger.note("answers", (chat, answer.json["id"]))
        elif kind < 0.97:
            answer = fleet.request(token, "POST", "/api/documents", {"source": name, "title": name, "content": f"# {name}\n\nWords of {name}.\n"})
            assert answer.status in (200, 201), answer.text
            ledger.note("documents", name)
        else:
            answer = fleet.request(token, "POST", "/api/jobs", {"name": "note", "arguments": {"title": f"job {name}"}, "key": name})
            assert answer.status == 202, answer.text
            ledger.note("jobs", (answer.json["id"], f"job {name}"))


def kill_some(fleet, ledger, stop):
    """Kills a server at random, and starts it again, KILLS times over the run."""
    for number in range(KILLS):
        wanted = OPERATIONS * (number + 1) // (KILLS + 1)
        while ledger.count < wanted and not stop.is_set():
            time.sleep(0.02)
        if stop.is_set():
            return
        victim = fleet.chance.choice(fleet.servers)
        victim.kill()
        time.sleep(1)
        victim.start()


def pages(api, path, name):
    found, offset = [], 0
    while True:
        page = api.get(f"{path}?offset={offset}&limit=100").json[name]
        found += page
        offset += len(page)
        if len(page) < 100:
            return found


@pytest.fixture
def environment(tmp_path_factory):
    place = tmp_path_factory.mktemp
    with Postgres(place("postgres")) as postgres, Bucket(place("bucket")) as bucket, Qdrant(place("qdrant")) as qdrant, \
            Redis(place("redis")) as redis:
        database = postgres.database("fleet")
        yield postgres, {"DATABASE_URL": postgres.url("fleet_app", database), "DATABASE_OWNER_URL": postgres.url("owner", database),
                         "OBJECTS_URL": bucket.url, "INDEX_URL": qdrant.url, "CACHE_URL": redis.url, "QUEUE_URL": redis.url,
                         "JWT_SECRET": "a secret that all servers share, of enough bytes", **bucket.environment}


def write_application(tmp_path, manifest=MANIFEST):
    folder = tmp_path / "fleet"
    folder.mkdir()
    (folder / "app.yaml").write_text(manifest)
    (folder / "routes.lua").write_text(SCRIPT)
    return folder


def test_nothing_acknowledged_is_lost_while_servers_die(environment, tmp_path):
    _, settings = environment
    folder = write_application(tmp_path)
    fleet = Fleet([Server(folder, tmp_path / f"data{number}", **settings).start() for number in range(3)])
    try:
        user = register(fleet.servers[0].url)
        ledger, stop = Ledger(), threading.Event()
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(CLIENTS + 1) as pool:
            killing = pool.submit(kill_some, fleet, ledger, stop)
            clients = [pool.submit(work, fleet, user.token, ledger, number) for number in range(CLIENTS)]
            try:
                for client in concurrent.futures.as_completed(clients):
                    client.result()
            finally:
                stop.set()
            killing.result()
        print(f"{ledger.count} operations acknowledged in {time.monotonic() - began:.0f} s, {KILLS} servers killed: {len(ledger.chats)} chats, "
              f"{len(ledger.answers)} answers, {len(ledger.documents)} documents, {len(ledger.jobs)} jobs")
        api = Api(fleet.servers[1].url, user.token)
        for job, _ in ledger.jobs:
            eventually(lambda: api.get(f"/api/jobs/{job}").json["state"] == "done")
        titles = {document["title"] for document in pages(api, "/api/documents", "documents")}
        lost = (ledger.documents | {title for _, title in ledger.jobs}) - titles
        assert not lost, f"{len(lost)} documents are lost: {sorted(lost)[:5]}"
        lost = ledger.chats - {chat["title"] for chat in pages(api, "/api/chats", "chats")}
        assert not lost, f"{len(lost)} chats are lost: {sorted(lost)[:5]}"
        told = collections.defaultdict(set)
        for chat, message in ledger.answers:
            told[chat].add(message)
        for chat, messages in told.items():
            kept = {message["id"] for message in api.get(f"/api/chats/{chat}/messages?limit=100").json["messages"]}
            assert messages <= kept, f"answers of chat {chat} are lost"
    finally:
        for server in fleet.servers:
            if server.process.poll() is None:
                server.terminate()
                server.wait()
    checked = run_cli("check", folder, "--stores", "--data", tmp_path / "data0", folder=tmp_path, environment=settings)
    assert "agree" in checked.stdout, checked.stdout


def test_a_database_may_sleep(environment, tmp_path):
    """idle=drain: a quiet server with jobs, a schedule and a balancer that probes it holds no connection; the first request is answered."""
    postgres, settings = environment
    settings = {**settings, "QUEUE_URL": "database:", "DATABASE_URL": settings["DATABASE_URL"] + "&idle=drain&idle_timeout=3s"}
    folder = write_application(tmp_path, MANIFEST.replace("jobs: {", "jobs: { schedules: { nightly: { when: \"0 3 * * *\", job: note } },"))

    def connections():
        return int(postgres.run("postgres", "select count(*) from pg_stat_activity where usename in ('fleet_app', 'owner')"))
    with Server(folder, tmp_path / "data", **settings) as server:
        user = register(server.url)
        assert connections() > 0
        eventually(lambda: connections() == 0)
        for _ in range(40):  # of a quarter of a second: many times what a poller, a sweeper and a pool wait
            assert Api(server.url).get("/health").status == 200
            assert connections() == 0
            time.sleep(0.25)
        assert user.get("/api/me").json["email"]
        job = user.post("/api/jobs", {"name": "note", "arguments": {"title": "awake"}}, 202).json["id"]
        eventually(lambda: user.get(f"/api/jobs/{job}").json["state"] == "done")
        eventually(lambda: connections() == 0)
