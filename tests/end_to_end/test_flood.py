"""Sign-ins by the hundred at the same moment, each worth 19 MB and tens of milliseconds: the server goes on answering, and does not grow."""

import collections
import concurrent.futures
import pathlib

from http_api import Api, register
from programs import Server
from test_production import SECRET

AT_ONCE = 300
MEGABYTES_MORE = 400  # a few passwords at work, a connection for each who waits

MANIFEST = """name: flooded
environment: production
server: { host: 127.0.0.1, rate_limit: { requests: 0 }, rate_limits: {} }
accounts: { secret: "${JWT_SECRET}", attempts: { max: 10000 } }
"""


def resident_megabytes(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) / 1024


def test_a_flood_of_sign_ins_takes_neither_memory_nor_the_health_check(tmp_path):
    application = tmp_path / "app"
    application.mkdir()
    (application / "app.yaml").write_text(MANIFEST)
    with Server(application, tmp_path / "data", JWT_SECRET=SECRET) as server:
        user = register(server.url)
        before = resident_megabytes(server)

        def sign_in(number):
            answer = Api(server.url).request("POST", "/api/auth/login", {"name": f"nobody{number}", "password": "wrong password"})
            if answer.status == 503:
                assert int(answer.headers["Retry-After"]) > 0
            return answer.status

        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as threads:
            flood = [threads.submit(sign_in, number) for number in range(AT_ONCE)]
            watched = 0
            while not all(one.done() for one in flood) or watched < 5:
                assert Api(server.url).get("/health").json["status"] == "ok"
                assert user.get("/api/me").json["username"] == user.name
                watched += 1
            statuses = collections.Counter(one.result() for one in flood)
        assert set(statuses) <= {401, 503} and statuses[401] > 0, statuses
        assert resident_megabytes(server) - before < MEGABYTES_MORE
        assert Api(server.url).post("/api/auth/login", {"name": user.name, "password": user.password}).json["access_token"]
