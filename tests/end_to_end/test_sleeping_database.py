"""idle=drain: for an hour of the server's clock nobody asks, and no connection to the database is open; the first request then succeeds."""

import datetime
import mmap
import socket
import struct
import threading
import time

import pytest

from engines import Postgres
from http_api import Api, register
from programs import BINARY, Server, eventually

MANIFEST = """
name: sleeper
stores: { database: "${DATABASE_URL}", database_owner: "${DATABASE_OWNER_URL}", index: "${DATABASE_URL}", index_owner: "${DATABASE_OWNER_URL}" }
accounts: { secret: "${JWT_SECRET}", registration: open }
server: { metrics: { path: /metrics } }
jobs: { schedules: { nightly: { when: "0 HOUR * * *", job: note } } }
"""
SCRIPT = 'job("note", function(job) slipway.documents.put{title = "A note", content = "A note.", source = "note"} end)'

LIBRARY = BINARY.parent / "libfast-clock.so"
MINUTE = 60
PROBED_EVERY = 15  # seconds of the server's clock


class FastClock:
    """The clock of a program that tools/fast-clock lies under."""

    def __init__(self, place):
        file = place / "clock"
        file.write_bytes(bytes(mmap.PAGESIZE))
        with open(file, "r+b") as opened:
            self._page = mmap.mmap(opened.fileno(), mmap.PAGESIZE)
        self._written, self._since, self._ahead, self._rate = 0, time.monotonic_ns(), 0, 1
        self.runs(1)
        self.environment = {"LD_PRELOAD": LIBRARY, "FAST_CLOCK": file}

    def _now(self):
        real = time.monotonic_ns()
        return real, self._ahead + (real - self._since) * (self._rate - 1)

    def seconds(self):
        real, ahead = self._now()
        return (real + ahead) / 1e9

    def runs(self, rate):
        """From now on so many times as fast."""
        (self._since, self._ahead), self._rate = self._now(), rate
        self._page[:8] = struct.pack("=q", self._written + 1)
        self._page[8:32] = struct.pack("=qqq", self._since, self._ahead, self._rate)
        self._written += 2
        self._page[:8] = struct.pack("=q", self._written)


class CountingProxy:
    """Passes connections on, and knows how many are open."""

    def __init__(self, port):
        self._target, self._lock, self.open = port, threading.Lock(), 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.open += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client, socket.create_connection(("127.0.0.1", self._target)) as server:
            back = threading.Thread(target=self._pass, args=(server, client), daemon=True)
            back.start()
            self._pass(client, server)
            back.join()
        with self._lock:
            self.open -= 1

    @staticmethod
    def _pass(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        for side in (source, target):
            try:
                side.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self._listener.close()


def probe(server, clock, until, found):
    """A balancer and Prometheus, until the server's clock says so. What this machine is too slow for, by that clock, is asked again later."""
    next_probe = clock.seconds()
    while clock.seconds() < until:
        try:
            healthy, figures = (Api(server.url).get(path, None) for path in ("/health", "/metrics"))
            if healthy.status == figures.status == 200:
                found.append(figures.text)
        except OSError:
            pass
        next_probe += PROBED_EVERY
        time.sleep(max(0.0, (next_probe - clock.seconds()) / clock._rate))


@pytest.fixture
def postgres(tmp_path_factory):
    with Postgres(tmp_path_factory.mktemp("postgres")) as server:
        yield server


def test_a_database_sleeps_for_an_hour(postgres, tmp_path):
    assert LIBRARY.exists(), f"{LIBRARY} is not built: ninja fast-clock"
    application = tmp_path / "sleeper"
    application.mkdir()
    later = (datetime.datetime.now(datetime.timezone.utc).hour + 12) % 24
    (application / "app.yaml").write_text(MANIFEST.replace("HOUR", str(later)))
    (application / "routes.lua").write_text(SCRIPT)
    clock, proxy = FastClock(tmp_path), CountingProxy(postgres.port)
    postgres.database("sleeper")
    through = {name: postgres.url(user, "sleeper").replace(f":{postgres.port}/", f":{proxy.port}/") + "&idle=drain"
               for name, user in (("DATABASE_URL", "sleeper_app"), ("DATABASE_OWNER_URL", "owner"))}
    try:
        with Server(application, tmp_path / "data", **through, **clock.environment, JWT_SECRET="a secret of enough bytes for a test") as server:
            user = register(server.url)
            job = user.post("/api/jobs", {"name": "note"}, 202).json["id"]
            eventually(lambda: user.get(f"/api/jobs/{job}").json["state"] == "done")
            awake = Api(server.url).get("/metrics").text
            assert proxy.open > 0 and "slipway_stores_asleep 0" in awake and 'slipway_documents{status="indexed"} 1' in awake
            quiet_since, figures = clock.seconds(), []
            clock.runs(20)  # while the database is still asked, its answers need their time
            probe(server, clock, quiet_since + 5 * MINUTE, [])
            most, opened = [proxy.open], threading.Event()

            def watch():
                while not opened.wait(0.005):
                    most.append(proxy.open)
            watching = threading.Thread(target=watch)
            watching.start()
            clock.runs(120)
            probe(server, clock, quiet_since + 65 * MINUTE, figures)
            clock.runs(1)
            opened.set()
            watching.join()
            assert max(most) == 0, "a connection was open in the hour"
            assert len(figures) > 60 and all("slipway_stores_asleep 1" in text for text in figures)
            assert all('slipway_documents{status="indexed"} 1' in text for text in figures), "the last known figures are told"
            assert user.get("/api/me").json["email"] and proxy.open > 0
            assert "slipway_stores_asleep 0" in Api(server.url).get("/metrics").text
            print(f"asked {len(figures)} times in an hour of the server's clock; looked {len(most)} times, found no connection")
    finally:
        proxy.close()
