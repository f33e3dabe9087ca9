"""The four functions of UnaMentis beside the core service, on one PostgreSQL, with their secrets in a Secrets Manager."""

import json
import pathlib
import subprocess
import sys
import time
import urllib.request

import pytest

from engines import Moto, Postgres
from http_api import Api
from lambda_emulator import Sandbox, http_api, rest_api
from programs import PATIENCE, ROOT, Server, eventually, run_cli

sys.path.insert(0, str(ROOT / "tests/deploy"))
from sam_template import events, met, pending  # noqa: E402

UNAMENTIS = ROOT / "apps/unamentis"
USER = {"email": "ada@example.org", "username": "ada", "password": "correct horse battery"}


class SecretsManager:
    """moto's, with the two secrets that Terraform makes; `asked()` counts the requests so far."""

    def __init__(self, place, moto):
        self._log, self.moto = pathlib.Path(place) / "engine.log", moto

    def put(self, name, values):
        body = json.dumps({"Name": name, "SecretString": json.dumps(values)}).encode()
        headers = {"X-Amz-Target": "secretsmanager.CreateSecret", "Content-Type": "application/x-amz-json-1.1",
                   "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/secretsmanager/aws4_request"}
        with urllib.request.urlopen(urllib.request.Request(self.moto.endpoint, body, headers), timeout=PATIENCE) as answer:
            return json.load(answer)["ARN"]

    def asked(self):
        return self._log.read_text().count("POST")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The core service, and each function in a sandbox that knows the ARNs of its secrets and nothing secret."""
    place = tmp_path_factory.mktemp("moto")
    with Postgres(tmp_path_factory.mktemp("postgres")) as postgres, Moto(place) as moto:
        secrets = SecretsManager(place, moto)
        core_settings = {"DATABASE_URL": postgres.url("tutor_app", postgres.database("tutor")), "DATABASE_OWNER_URL": postgres.url("owner", "tutor"),
                         "JWT_SECRET": "a secret that all of them share, of enough bytes"}
        database = secrets.put("unamentis-dev/database", {"DATABASE_URL": core_settings["DATABASE_URL"]})
        auth = secrets.put("unamentis-dev/auth", {"JWT_SECRET": core_settings["JWT_SECRET"]})
        settings = {"ENVIRONMENT": "staging", "SECRETS": f"secretsmanager://{database},{auth}?endpoint={moto.endpoint}", "AWS_REGION": "us-east-1",
                    **moto.environment}
        with Server(UNAMENTIS, tmp_path_factory.mktemp("core") / "data", **core_settings) as core:
            functions = {}
            try:
                for key in events():
                    functions[key] = Sandbox(UNAMENTIS, tmp_path_factory.mktemp(key), handler=key, **settings).start()
                    assert functions[key].waiting.wait(PATIENCE), "".join(functions[key].log.all)
                yield postgres, secrets, core, core_settings, functions
            finally:
                codes = [function.end() for function in functions.values()]
            assert codes == [0] * 4


def signed_in(functions):
    status, answer = functions["auth"].call("POST", "/api/auth/login", {"name": USER["username"], "password": USER["password"]})
    if status == 401:
        status, answer = functions["auth"].call("POST", "/api/auth/register", USER)
    assert status in (200, 201), answer
    return answer["access_token"]


def test_what_a_function_writes_the_core_reads_and_the_other_way_round(world):
    """U53: who registers by the function is known to the core at once; whom the core keeps out the function refuses."""
    _, _, core, settings, functions = world
    token = signed_in(functions)
    assert Api(core.url, token).get("/api/me").json["username"] == "ada"
    run_cli("users", "block", UNAMENTIS, "ada", "--data", core.data, folder=core.data.parent, environment=settings)
    assert functions["auth"].call("POST", "/api/auth/login", {"name": "ada", "password": USER["password"]})[0] in (401, 403)
    run_cli("users", "unblock", UNAMENTIS, "ada", "--data", core.data, folder=core.data.parent, environment=settings)
    assert functions["auth"].call("POST", "/api/auth/login", {"name": "ada", "password": USER["password"]})[0] == 200


def test_each_event_meets_a_route_or_is_on_the_list_of_what_is_to_come(world):
    """U48: the events of the template against what the binary says of itself, and against what each function answers."""
    _, _, core, _, functions = world
    described = Api(core.url).get("/openapi.json").json["paths"]
    known = {(method.upper(), path) for path, methods in described.items() for method in methods}
    for key, routes in events().items():
        for method, path in routes:
            there = (method, path) in known
            assert there != ((method, path) in pending()), f"{method} {path}: in OpenAPI {there}, so it belongs {'' if there else 'not '}off infra/sam/pending.tsv"
            outcome = functions[key].invoke(rest_api(method, path.replace("{id}", "1"), {} if method in ("POST", "PUT") else None))
            assert (outcome.json["statusCode"] != 404) == there, f"{method} {path}: {outcome.json['statusCode']}"
    # A path of the API that has functions answers with 403 what none of them takes: so none of the core's may lie there.
    paths = {path for routes in events().values() for _, path in routes}
    taken = {route for routes in events().values() for route in routes}
    assert not [(method, path) for method, path in known if met(path, paths) is not None and (method, met(path, paths)) not in taken]


def test_a_function_keeps_out_of_what_is_not_its_own(world):
    functions = world[4]
    assert functions["kb"].call("GET", "/api/health")[0] == 404
    assert functions["auth"].call("GET", "/api/chats")[0] == 404
    assert functions["metrics"].call("POST", "/api/auth/login", {"name": "ada", "password": "x"})[0] == 404


def test_secrets_are_fetched_once_and_a_function_holds_one_connection(world):
    """C20: nothing is asked of the Secrets Manager after the start, nothing secret stands in the environment or in a line of the log."""
    postgres, secrets, _, settings, functions = world
    signed_in(functions)
    before = secrets.asked()
    for _ in range(5):
        assert functions["auth"].call("POST", "/api/auth/login", {"name": "ada", "password": USER["password"]})[0] == 200
    assert secrets.asked() == before
    for function in functions.values():
        text = json.dumps(function.environment) + "".join(function.log.all)
        assert settings["JWT_SECRET"] not in text and "tutor_app-secret" not in text
    mine = "select count(*) from pg_stat_activity where datname = 'tutor' and usename = 'tutor_app' and client_port in ({})"
    ports = connections_of(functions["auth"].process.pid, postgres.port)
    assert len(ports) == 1 and postgres.run("tutor", mine.format(ports[0])) == "1"


def connections_of(pid, port):
    """The local ports of a process's connections to the database."""
    inodes = {str(link.readlink())[8:-1] for link in pathlib.Path(f"/proc/{pid}/fd").iterdir() if str(link.readlink()).startswith("socket:")}
    lines = [line.split() for line in pathlib.Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    return [int(line[1].split(":")[1], 16) for line in lines if line[9] in inodes and int(line[2].split(":")[1], 16) == port and line[3] == "01"]


def test_a_connection_that_died_in_the_freeze_is_replaced(world):
    """The database (a failover, a NAT that forgot) ends it while the sandbox stands still."""
    postgres, _, _, _, functions = world
    signed_in(functions)
    auth = functions["auth"]
    auth.waiting.wait(PATIENCE)
    auth.freeze()
    postgres.run("tutor", "select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = 'tutor_app' and client_port = "
                 f"{connections_of(auth.process.pid, postgres.port)[0]}")
    outcome = auth.send(http_api("POST", "/api/auth/login", {"name": "ada", "password": USER["password"]}))
    time.sleep(1)
    auth.thaw()
    assert outcome.done.wait(PATIENCE) and outcome.json["statusCode"] == 200, outcome.body
