"""Local production without a container engine: the commands and variables of the compose files, on real engines in the place of theirs."""

import pytest

from engines import Bucket, Postgres, Redis, compose_config
from http_api import Api, register
from programs import BINARY, ROOT, Server, event_of, free_port, run_cli

OWNER_PASSWORD = "owner-secret"  # as the tests' PostgreSQL has it
GIVEN = {"JWT_SECRET": "8Jq2vQm1xWk7Zp4Rt9Ys3Ub6Nc0Hd5Lf", "APP_PASSWORD": "5d0c4b3a29f8e7d6", "POSTGRES_PASSWORD": OWNER_PASSWORD,
         "RIKAI_MINIO_ACCESS_KEY": "key-of-the-test", "RIKAI_MINIO_SECRET_KEY": "secret-of-the-test"}


@pytest.fixture(scope="module")
def engines(tmp_path_factory):
    buckets = compose_config("docker/docker-compose.yml")["services"]["buckets"]["command"][0]
    names = [word.removeprefix("minio/") for word in buckets.split() if word.startswith("minio/")]
    places = [tmp_path_factory.mktemp(name) for name in ("postgres", "minio", "redis")]
    with Postgres(places[0], "16") as postgres, Bucket(places[1], buckets=names) as minio, Redis(places[2]) as redis:
        yield {"postgres:5432": f"127.0.0.1:{postgres.port}", "minio:9000": f"127.0.0.1:{minio.port}",
               "redis:6379": f"127.0.0.1:{redis.port}"}, postgres


class Service(Server):
    """One service of a compose file: its command and its variables, no option of ours."""

    def __init__(self, project, name, hosts, data):
        service = project["services"][name]
        environment = {}
        for variable, value in service["environment"].items():
            for host, place in hosts.items():
                value = value.replace(host, place)
            environment[variable] = value
        application = ROOT / environment["SLIPWAY_APP"].lstrip("/")
        environment |= {"SLIPWAY_APP": str(application), "DATA": str(data), "HOST": "127.0.0.1"}
        environment |= {port: str(free_port()) for port in ("PORT", "LETTA_SERVER_PORT")}
        super().__init__(application, data, **environment)
        self.words = service["command"]

    def command(self):
        return [str(BINARY), *self.words]

    def run(self):
        return run_cli(*self.words, folder=self.data.parent, environment=self._environment)


@pytest.mark.parametrize("file, application, more", [
    ("compose.yaml", "rikai", {"APP": "rikai"}), ("docker-compose.prod.yml", "postmagiq", {}), ("server/core/docker-compose.yml", "unamentis", {})])
def test_the_services_of_a_compose_file_work_together(file, application, more, engines, tmp_path):
    """P60, U54: migrated by the owner, then an api and a worker that do not know the owner's password."""
    hosts, postgres = engines
    project = compose_config(file, POSTGRES_DB=postgres.database(f"local_{application}"), **GIVEN, **more)
    Service(project, "migrate", hosts, tmp_path / "migrate").run()
    with Service(project, "api", hosts, tmp_path / "api") as api, Service(project, "worker", hosts, tmp_path / "worker") as worker:
        for server in (api, worker):
            told = server.log.wait_for(event_of("settings"))["configured"]
            assert {"database", "index", "token secret"} <= set(told) and OWNER_PASSWORD not in "".join(server.log.all)
        assert Api(api.url).get("/readiness").json["ready"] and Api(worker.url).get("/readiness").json["ready"]
        user = register(api.url)
        user.post("/api/documents", {"title": "Harbour", "source": "harbour.md", "content": "The ferry leaves at half past seven."}, 201)
        answer = user.post("/api/chats/new/messages", {"content": "When does the ferry leave?"}).json
        assert answer["status"] == "complete" and "seven" in answer["content"]
