"""Limits over several servers that share a PostgreSQL and no Redis."""

import concurrent.futures

from engines import Postgres
from http_api import Api, register
from programs import Server
from test_production import SECRET

MANIFEST = """name: limited
server:
  rate_limit: { requests: 40, period: 24h }
  rate_limits: { sign_up: { routes: [POST /api/auth/register], by: everybody, requests: 3, period: 24h } }
stores: { database: "${DATABASE_URL}", database_owner: "${DATABASE_OWNER_URL}", index: "${DATABASE_URL}" }
accounts: { secret: "${JWT_SECRET}" }
"""


def test_servers_that_share_a_postgresql_admit_together_what_one_would(tmp_path):
    """Three servers, one PostgreSQL: exactly as many requests are admitted as one server would."""
    application = tmp_path / "app"
    application.mkdir()
    (application / "app.yaml").write_text(MANIFEST)
    (tmp_path / "postgres").mkdir()
    with Postgres(tmp_path / "postgres") as postgres:
        postgres.database("limited")
        settings = {"DATABASE_URL": postgres.url("app", "limited"), "DATABASE_OWNER_URL": postgres.url("owner", "limited"), "JWT_SECRET": SECRET}
        servers = [Server(application, tmp_path / f"data{number}", **settings).start() for number in range(3)]
        try:
            user = register(servers[0].url)
            everywhere = [Api(server.url, user.token) for server in servers]
            with concurrent.futures.ThreadPoolExecutor(12) as pool:
                answers = list(pool.map(lambda number: everywhere[number % 3].get("/api/me", expect=None), range(120)))
            assert [answer.status for answer in answers].count(200) == 40
            assert {answer.status for answer in answers} == {200, 429}
            assert all(int(answer.headers["Retry-After"]) >= 1 for answer in answers if answer.status == 429)
            told = sorted(int(answer.headers["X-RateLimit-Remaining"]) for answer in answers if answer.status == 200)
            assert told == list(range(40)), "each of the forty was told what is left"
            register(servers[1].url)
            register(servers[2].url)
            refused = Api(servers[0].url).post("/api/auth/register", {"email": "a@example.org", "username": "a", "password": SECRET}, 429)
            assert refused.headers["X-RateLimit-Limit"] == "3"
        finally:
            for server in servers:
                server.terminate()
                server.wait()
