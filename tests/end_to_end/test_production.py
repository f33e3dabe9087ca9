"""The five applications as they run for others: started by the variables of their documents alone, on the port and health path of their
document, and telling at the start what was configured and what was not.

docs/checklist.tsv names the functions here that prove a row of the checklist.
"""

import dataclasses
import os
import pty
import random
import subprocess
import urllib.parse

import pytest

from engines import Bucket, Postgres, Redis
from http_api import Api, register
from programs import BINARY, PATIENCE, ROOT, Server, clean_environment, event_of, free_port, run_cli

SECRET = "8Jq2vQm1xWk7Zp4Rt9Ys3Ub6Nc0Hd5Lf"
KEY = "sk-a-key-that-nobody-may-read"


@dataclasses.dataclass
class Document:
    """What a document says of its application."""
    port: int
    health: tuple
    mode: dict          # of production
    database: str       # the variable
    owner: str
    question: str       # that its sample content answers

    def environment(self):
        return self.mode | {"JWT_SECRET": SECRET}


DOCUMENTS = {
    "rikai": Document(8000, ("/health",), {"APP_ENV": "production"}, "RIKAI_POSTGRES_URL", "RIKAI_POSTGRES_OWNER_URL",
                      "When is the weekly review?"),
    "deepscifi": Document(8283, ("/v1/health", "/api/health"), {"APP_ENV": "production"}, "LETTA_PG_URI", "DATABASE_OWNER_URL",
                          "Who repairs the tower at the ninth degree?"),
    "wwhd": Document(8000, ("/health",), {"APP_ENV": "production"}, "DATABASE_URL", "DATABASE_OWNER_URL",
                     "Which debt should I pay off first?"),
    "postmagiq": Document(8000, ("/api/health",), {"APP_ENV": "prod"}, "DATABASE_URL", "DATABASE_OWNER_URL",
                          "What does an auditor look for?"),
    "unamentis": Document(8766, ("/api/health", "/health"), {"ENVIRONMENT": "prod"}, "DATABASE_URL", "DATABASE_OWNER_URL",
                          "Why is the evening sky red?"),
}
every_application = pytest.mark.parametrize("name", DOCUMENTS)


class AsDocumented(Server):
    """Only variables: no option says where it listens. The address is one of this machine's that no other test has, so the port is free."""

    def __init__(self, name, data, **environment):
        self.host = ".".join(["127", *(str(random.randrange(1, 255)) for _ in range(3))])
        super().__init__(ROOT / "apps" / name, data, HOST=self.host, **environment)

    def command(self):
        return [str(BINARY), "serve", str(self.application), "--data", str(self.data)]

    def settings(self):
        return self.log.wait_for(event_of("settings"))


@every_application
def test_it_serves_on_the_port_and_health_path_of_its_document(name, tmp_path):
    document = DOCUMENTS[name]
    with AsDocumented(name, tmp_path / "data", **document.environment()) as server:
        assert urllib.parse.urlsplit(server.url).port == document.port
        for path in document.health:
            assert Api(server.url).get(path).status == 200
        assert Api(server.url).get("/readiness").json["ready"] is True
        user = register(server.url)
        assert user.post("/api/chats/new/messages", {"content": "Hello"}).json["status"] == "complete"
        asked = run_cli("health", ROOT / "apps" / name, folder=tmp_path, environment=document.environment() | {"HOST": server.host})
        assert asked.stderr == ""
    gone = run_cli("health", ROOT / "apps" / name, folder=tmp_path, environment=document.environment() | {"HOST": server.host}, check=1)
    assert f"{server.host}:{document.port}" in gone.stderr


@every_application
def test_outside_loopback_weak_secrets_are_refused(name, tmp_path):
    document = DOCUMENTS[name]
    modes = ({}, document.mode)
    for mode in modes:
        for secret in ("", "short", "change-this-secret-key-in-production", "a" * 40):
            environment = mode | {"HOST": "0.0.0.0", "PORT": free_port(), "JWT_SECRET": secret}
            refused = run_cli("serve", ROOT / "apps" / name, folder=tmp_path, environment=environment, check=1)
            assert "accounts.secret" in refused.stderr and (len(secret) < 10 or secret not in refused.stderr)


@every_application
def test_a_first_start_has_something_to_ask_about(name, tmp_path):
    with Server(ROOT / "apps" / name, tmp_path / "data") as server:
        assert server.wait_for_documents()["failed"] == 0
        if name == "postmagiq":  # where everybody has a workspace of their own, the sample is the operator's
            assert "Sources" in run_cli("ask", ROOT / "apps" / name, DOCUMENTS[name].question, "--data", tmp_path / "data", folder=tmp_path).stdout
            return
        answer = register(server.url).post("/api/chats/new/messages", {"content": DOCUMENTS[name].question}).json
        assert answer["status"] == "complete" and answer["sources"], answer


@every_application
def test_what_was_not_configured_is_said_with_its_variable(name, tmp_path):
    document = DOCUMENTS[name]
    with AsDocumented(name, tmp_path / "data", **document.environment()) as server:
        told = server.settings()
        missing = told["not_configured"]
        assert document.database in missing["database"] and "sqlite:" in missing["database"]
        assert "OPENAI_API_KEY" in missing["chat model"] and "OPENAI_API_KEY" in missing["embeddings"]
        assert told["configured"] == {"token secret": "given"}
        everything = {"database", "index", "objects", "cache", "channels", "queue", "secrets", "mail", "chat model", "embeddings"}
        assert everything <= set(missing)


@pytest.fixture(scope="module")
def engines(tmp_path_factory):
    places = [tmp_path_factory.mktemp(name) for name in ("postgres", "s3", "redis")]
    buckets = ["rikai-documents", "deepscifi-assets", "wwhd-documents", "postmagiq-artifacts-prod", "postmagiq-sessions-prod"]
    with Postgres(places[0], "16") as postgres, Bucket(places[1], buckets=buckets, region="us-west-2") as bucket, \
            Redis(places[2]) as redis:
        yield postgres, bucket, redis


# Beside database and models: the variables of the document → what is then configured.
GIVEN = {
    "rikai": ({"RIKAI_S3_BUCKET": "rikai-documents", "RIKAI_S3_REGION": "us-west-2", "RIKAI_S3_USE_IAM_ROLE": "true",
               "ANTHROPIC_API_KEY": KEY}, {"objects"}),
    "deepscifi": ({"AWS_S3_BUCKET": "deepscifi-assets", "AWS_REGION": "us-west-2", "ANTHROPIC_API_KEY": KEY, "OPENAI_API_KEY": KEY},
                  {"objects", "files.assets", "embeddings"}),
    "wwhd": ({"AWS_S3_BUCKET": "wwhd-documents", "AWS_REGION": "us-west-2", "GROQ_API_KEY": KEY}, {"objects"}),
    "postmagiq": ({"AWS_REGION": "us-west-2", "GROQ_API_KEY": KEY, "GOOGLE_API_KEY": KEY, "SMTP_FROM": "post@example.org",
                   "SMTP_URL": f"smtp://post:{KEY}@127.0.0.1:9"}, {"objects", "files.artifacts", "files.sessions", "cache", "channels", "mail"}),
    "unamentis": ({"OPENAI_API_KEY": KEY}, {"embeddings"}),
}


@every_application
def test_the_variables_of_the_document_are_taken_and_no_secret_is_told(name, engines, tmp_path):
    postgres, bucket, redis = engines
    document, (given, expected) = DOCUMENTS[name], GIVEN[name]
    database = postgres.database(f"production_{name}")
    urls = {document.database: postgres.url(name, database), document.owner: postgres.url("owner", database)}
    environment = document.environment() | urls | given | bucket.environment | {"AWS_ENDPOINT_URL_S3": bucket.endpoint}
    if name == "postmagiq":
        environment["REDIS_URL"] = redis.url
    with AsDocumented(name, tmp_path / "data", **environment) as server:
        told = server.settings()
        assert set(told["configured"]) == {"database", "index", "token secret", "chat model"} | expected
        assert str(postgres.port) in told["configured"]["database"]
        register(server.url)
    log = "".join(server.log.all)
    passwords = {urllib.parse.urlsplit(url).password for url in urls.values()}
    for secret in {SECRET, KEY, *passwords, *bucket.environment.values()} - {None}:
        assert secret not in log or len(secret) < 8


def test_a_person_at_a_terminal_sees_it_as_a_table(tmp_path):
    mine, its = pty.openpty()
    process = subprocess.Popen([BINARY, "serve", ROOT / "apps/postmagiq", "--port", "0", "--data", tmp_path / "data"], cwd=tmp_path,
                               env=clean_environment(), stdout=its, stderr=subprocess.DEVNULL)
    try:
        os.close(its)
        seen = b""
        while b"Stop with Ctrl-C" not in seen:
            seen += os.read(mine, 65536)
    finally:
        process.terminate()
        assert process.wait(PATIENCE) == 0
        os.close(mine)
    text = seen.decode()
    assert "What it was given (+), and does without (-)" in text
    assert "set by GROQ_API_KEY, ANTHROPIC_API_KEY, GOOGLE_API_KEY, OPENAI_API_KEY" in text and "set by REDIS_URL" in text
