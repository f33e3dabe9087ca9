"""apps/rikai under the variables of the original RikaiOS, on the real engines.

docs/checklist.tsv names the functions here that prove a row of the checklist.
"""

import contextlib
import os
import subprocess

import pytest

from engines import Bucket, OpenSearch, Postgres, Qdrant, TaskRole, folder
from http_api import Api, register
from programs import ROOT, Provider, Server, run_cli

RIKAI = ROOT / "apps/rikai"
NOTES = {
    "garden": "# Garden\n\nTomatoes want sun and deep water twice a week.\n\nPrune the apple tree in late winter.",
    "bread": "# Bread\n\nA sourdough rests in the cold overnight.\n\nBake it in a hot iron pot with the lid on.",
    "money": "# Money\n\nPay the smallest debt first, then the next one.\n\nKeep three months of rent apart.",
    "sleep": "# Sleep\n\nA dark room and the same hour each evening help more than tea.",
    "boat": "# Boat\n\nSand the hull before you varnish it.\n\nThe bilge pump hides below the cabin floor.",
}
# The last ones share no word with what answers them.
QUESTIONS = ("sourdough", "prune tree winter", "debt", "How do I water tomatoes?", "rest at night", "financial trouble", "maintenance of a vessel")
SHARED_SECRET = "a-secret-that-both-services-of-the-test-sign-with-0123456789"
BACKENDS = ("pgvector", "qdrant", "opensearch")


@pytest.fixture(scope="module", params=["16", "18"])
def postgres(request, tmp_path_factory):
    with Postgres(tmp_path_factory.mktemp("postgres"), request.param) as server:
        yield server


@pytest.fixture(scope="module")
def newest(tmp_path_factory):
    with Postgres(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(scope="module")
def qdrant(tmp_path_factory):
    with Qdrant(tmp_path_factory.mktemp("qdrant")) as server:
        yield server


@pytest.fixture(scope="module")
def opensearch(tmp_path_factory):
    with OpenSearch(tmp_path_factory.mktemp("opensearch")) as server:
        yield server


def records(postgres, name):
    """Variables of a new database."""
    return {"RIKAI_POSTGRES_URL": postgres.url("rikai", postgres.database(name)), "RIKAI_POSTGRES_OWNER_URL": postgres.url("owner", name)}


def add_notes(user):
    for title, content in NOTES.items():
        user.post("/api/documents", {"title": title, "source": f"{title}.md", "content": content}, 201)


def found_by(user, question):
    results = user.get(f"/api/search?q={question.replace(' ', '+').replace('?', '%3F')}&limit=10").json["results"]
    return [(one["document_id"], one["text"], one["score"]) for one in results]


def answers_of(user, by_meaning=True):
    """The scripted provider's vectors know words only, so that questions without a shared one have no answer."""
    answers = {question: found_by(user, question) for question in QUESTIONS}
    assert all(answers[question] for question in (QUESTIONS if by_meaning else QUESTIONS[:4]))
    return answers


def assert_same(found, wanted):
    """The same passages in the same order; sums that are made in another order differ in their last digits."""
    for question in QUESTIONS:
        assert [one[:2] for one in found[question]] == [one[:2] for one in wanted[question]], question
        assert [one[2] for one in found[question]] == pytest.approx([one[2] for one in wanted[question]], abs=1e-5), question


def stores_of(settings, data):
    return run_cli("status", RIKAI, "--data", data, folder=data.parent, environment=settings).stdout


@pytest.mark.parametrize("provider", ["local", "openai"])
def test_each_backend_gives_the_same_results(newest, qdrant, opensearch, tmp_path, provider):
    """R01, R06, R09: one variable changes, `reindex` fills the new place, and callers see no difference; the way back, too. Whoever makes the vectors."""
    with contextlib.ExitStack() as stack:
        settings = {**records(newest, provider), "RIKAI_QDRANT_URL": f"http://127.0.0.1:{qdrant.port}/{provider}",
                    "RIKAI_QDRANT_API_KEY": "key-of-the-test", "RIKAI_OPENSEARCH_URL": f"{opensearch.url}/{provider}"}
        if provider == "openai":
            settings |= stack.enter_context(Provider(tmp_path)).environment()
        expect_the_same(settings, tmp_path, provider)


def expect_the_same(settings, tmp_path, provider):
    with Server(RIKAI, tmp_path / "data", **settings) as server:
        user = register(server.url)
        add_notes(user)
        wanted = answers_of(user, provider == "local")
    for backend in (*BACKENDS[1:], BACKENDS[0]):
        chosen = settings | {"RIKAI_VECTOR_BACKEND": backend}
        run_cli("reindex", RIKAI, "--data", tmp_path / "data", folder=tmp_path, environment=chosen)
        with Server(RIKAI, tmp_path / "data", **chosen) as server:
            user = Api(server.url, user.token)
            assert_same(answers_of(user, provider == "local"), wanted)
            changed = user.post("/api/documents", {"title": "new", "content": f"# New\n\nWritten with {backend} about glaciers."}, 201).json
            assert any(backend in text for _, text, _ in found_by(user, "glaciers"))
            user.delete(f"/api/documents/{changed['id']}", 204)
            assert not any(backend in text for _, text, _ in found_by(user, "glaciers"))
            told = stores_of(chosen, tmp_path / "data")
            assert provider + "/" in told and {"pgvector": "pgvector", "qdrant": "Qdrant", "opensearch": "OpenSearch"}[backend] in told


@pytest.mark.parametrize("backend", ["", "pgvector"])
def test_one_postgresql_holds_records_and_vectors(postgres, tmp_path, backend):
    """R02, R08: also with the variable unset; no index file, and no connection but to that one database."""
    name = "one" + backend
    settings = records(postgres, name) | ({"RIKAI_VECTOR_BACKEND": backend} if backend else {})
    with Server(RIKAI, tmp_path / "data", **settings) as server:
        user = register(server.url)
        add_notes(user)
        answers_of(user)
        assert int(postgres.run(name, "select count(*) from documents")) == len(NOTES)
        assert int(postgres.run(name, "select count(*) from index_passage where embedding is not null")) >= len(NOTES)
        assert peers_of(server.process.pid, int(server.url.rsplit(":", 1)[1])) == {postgres.port}
        assert "pgvector" in stores_of(settings, tmp_path / "data")
    assert not [path.name for path in (tmp_path / "data").iterdir() if path.name.startswith(("index", "rikai"))]


def test_two_services_share_one_postgresql(postgres, tmp_path):
    """R26: as the API on 8000 and the Letta server on 8283 do, which are two services of one program."""
    settings = records(postgres, "shared")
    with Server(RIKAI, tmp_path / "api", **settings, JWT_SECRET=SHARED_SECRET) as api:
        user = register(api.url)
        without_owner = settings | {"RIKAI_POSTGRES_OWNER_URL": ""}
        with Server(RIKAI, tmp_path / "letta", **without_owner, JWT_SECRET=SHARED_SECRET) as letta:
            add_notes(user)
            there = Api(letta.url, user.token)
            assert any("sourdough" in text for _, text, _ in found_by(there, "sourdough"))
            chat = there.post("/api/chats/new/messages", {"content": "How long does the sourdough rest?"}).json
            assert len(user.get(f"/api/chats/{chat['chat_id']}/messages").json["messages"]) == 2
            for server in (api, letta):
                assert peers_of(server.process.pid, int(server.url.rsplit(":", 1)[1])) == {postgres.port}


def peers_of(process, own_port):
    """Ports that a process is connected to, besides those who ask it."""
    sockets = set()
    for entry in os.listdir(f"/proc/{process}/fd"):
        try:
            target = os.readlink(f"/proc/{process}/fd/{entry}")
        except OSError:
            continue
        if target.startswith("socket:["):
            sockets.add(target[8:-1])
    with open(f"/proc/{process}/net/tcp") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    ours = [row for row in rows if row[9] in sockets and int(row[1].rsplit(":", 1)[1], 16) != own_port]
    return {int(row[2].rsplit(":", 1)[1], 16) for row in ours}


def test_qdrant_is_chosen_by_name(qdrant, tmp_path):
    """R03; records may lie anywhere, here in SQLite."""
    settings = {"RIKAI_VECTOR_BACKEND": "qdrant", "RIKAI_QDRANT_URL": f"http://127.0.0.1:{qdrant.port}", "RIKAI_QDRANT_API_KEY": "key-of-the-test"}
    expect_vectors_elsewhere(settings, tmp_path, "Qdrant", qdrant.port)


def test_opensearch_is_chosen_by_name(opensearch, tmp_path):
    """R04"""
    settings = {"RIKAI_VECTOR_BACKEND": "opensearch", "RIKAI_OPENSEARCH_URL": f"{opensearch.url}/byname"}
    expect_vectors_elsewhere(settings, tmp_path, "OpenSearch", opensearch.port)


def expect_vectors_elsewhere(settings, tmp_path, engine, port):
    with Server(RIKAI, tmp_path / "data", **settings) as server:
        user = register(server.url)
        add_notes(user)
        answers_of(user)
        assert engine in stores_of(settings, tmp_path / "data")
        assert peers_of(server.process.pid, int(server.url.rsplit(":", 1)[1])) == {port}
    assert not list((tmp_path / "data").glob("index*"))


def test_without_variables_everything_lies_in_the_data_folder(tmp_path):
    with Server(RIKAI, tmp_path / "data") as server:
        user = register(server.url)
        add_notes(user)
        answers_of(user)
        assert peers_of(server.process.pid, int(server.url.rsplit(":", 1)[1])) == set()
    assert (tmp_path / "data/rikai.db").exists() and (tmp_path / "data/index.sqlite").exists()
    assert [path for path in (tmp_path / "data/objects").rglob("*") if path.is_file()]


@pytest.mark.parametrize("settings, named", [
    ({"RIKAI_VECTOR_BACKEND": "milvus"}, ("RIKAI_VECTOR_BACKEND", "pgvector, qdrant, opensearch")),
    ({"RIKAI_VECTOR_BACKEND": "pgvector"}, ("RIKAI_POSTGRES_URL",)),
    ({"RIKAI_MINIO_BUCKET": "notes", "RIKAI_MINIO_SECURE": "perhaps"}, ("RIKAI_MINIO_SECURE",)),
    ({"RIKAI_MINIO_ACCESS_KEY": "alone"}, ("objects_secret_key",)),
])
def test_what_cannot_be_meant_is_an_error_that_names_its_variable(tmp_path, settings, named):
    for command in (("check", RIKAI), ("serve", RIKAI, "--port", "0", "--data", tmp_path / "data")):
        refused = run_cli(*command, folder=tmp_path, environment=settings, check=1)
        assert all(name in refused.stdout + refused.stderr for name in named), refused.stdout + refused.stderr


# Documents ----------------------------------------------------------------------------------------------------------

NOTE = b"# Kept\n\nPhlogistic combustion.\n"


@pytest.fixture
def bucket(request, tmp_path):
    (tmp_path / "s3").mkdir()
    with Bucket(tmp_path / "s3", buckets=("rikaios-documents", "rikai-documents", "notes"), region=getattr(request, "param", "us-east-1")) as server:
        server.kept = lambda name: [path for path in (tmp_path / "s3/data" / name).rglob("*") if path.is_file() and path.read_bytes() == NOTE]
        yield server


MINIO_KEYS = {"RIKAI_MINIO_ACCESS_KEY": "key-of-the-test", "RIKAI_MINIO_SECRET_KEY": "secret-of-the-test"}


def expect_document(tmp_path, **settings):
    """Sent, read back and found, and not in the data folder."""
    with Server(RIKAI, tmp_path / "data", **settings) as server:
        user = register(server.url)
        added = user.upload("/api/documents", "kept.md", NOTE, "text/markdown", 201).json
        assert "Phlogistic" in user.get(f"/api/documents/{added['id']}").json["content"]
        assert found_by(user, "phlogistic")
    assert not (tmp_path / "data/objects").exists()


@pytest.mark.parametrize("bucket", ["eu-central-1"], indirect=True)
def test_documents_lie_in_the_s3_bucket(bucket, tmp_path):
    """R12, R13, R19: also when MinIO is named; the bucket takes requests that are signed for its region only."""
    aws = {"RIKAI_S3_BUCKET": "rikaios-documents", "AWS_ENDPOINT_URL_S3": bucket.endpoint, **bucket.environment}
    minio = {"RIKAI_MINIO_ENDPOINT": "127.0.0.1:1", "RIKAI_MINIO_BUCKET": "notes", "RIKAI_MINIO_ACCESS_KEY": "of-minio", "RIKAI_MINIO_SECRET_KEY": "x" * 20}
    expect_document(tmp_path, RIKAI_S3_REGION="eu-central-1", **aws, **minio)
    assert len(bucket.kept("rikaios-documents")) == 1 and not bucket.kept("notes")
    assert "region" in stores_of(aws | {"RIKAI_S3_REGION": "eu-central-2"}, tmp_path / "other")


@pytest.mark.parametrize("bucket", ["us-west-2"], indirect=True)
def test_the_role_of_the_task_opens_the_bucket(bucket, tmp_path):
    """R14: credentials come from the endpoint of ECS, no setting has one; R13: the region unless it is named."""
    with TaskRole("key-of-the-test", "secret-of-the-test") as role:
        expect_document(tmp_path, RIKAI_S3_BUCKET="rikaios-documents", RIKAI_S3_USE_IAM_ROLE="true", AWS_ENDPOINT_URL_S3=bucket.endpoint,
                        **role.environment)
        assert role.asked >= 1
    assert len(bucket.kept("rikaios-documents")) == 1


def test_without_an_s3_bucket_documents_lie_in_minio(bucket, tmp_path):
    """R15, R16: RIKAI_S3_BUCKET is there and empty; the bucket has its default name, or its own."""
    minio = {"RIKAI_S3_BUCKET": "", "RIKAI_MINIO_ENDPOINT": f"127.0.0.1:{bucket.port}"}
    expect_document(tmp_path / "default", **minio, **MINIO_KEYS)
    assert len(bucket.kept("rikai-documents")) == 1 and not bucket.kept("notes")
    expect_document(tmp_path / "named", **minio, **MINIO_KEYS, RIKAI_MINIO_BUCKET="notes", RIKAI_MINIO_SECURE="false")
    assert len(bucket.kept("notes")) == 1
    # The credentials are MinIO's: AWS's own, which would open it, are not asked.
    wrong = minio | bucket.environment | MINIO_KEYS | {"RIKAI_MINIO_SECRET_KEY": "another-secret"}
    refused = stores_of(wrong, tmp_path / "wrong")
    assert "cannot be used" in refused and "another-secret" not in refused
    assert "TLS" in stores_of(minio | MINIO_KEYS | {"RIKAI_MINIO_SECURE": "true"}, tmp_path / "secure")


def test_minio_is_looked_for_at_its_usual_port(tmp_path):
    """R15: RIKAI_MINIO_ENDPOINT is localhost:9000 where only its keys are given."""
    assert "localhost:9000" in stores_of(MINIO_KEYS, tmp_path / "data")


# The database from a file of SQL --------------------------------------------------------------------------------------

INIT = RIKAI / "docker/init/postgres/01-init.sql"


def test_the_init_file_is_what_the_migrations_say(tmp_path):
    printed = run_cli("migrate", RIKAI, "--print", "rikai_app", folder=tmp_path).stdout
    assert INIT.read_text() == printed, "slipway migrate apps/rikai --print rikai_app > " + str(INIT.relative_to(ROOT))
    refused = run_cli("migrate", RIKAI, "--print", "a; drop role", folder=tmp_path, check=1)
    assert "letters" in refused.stderr


def test_the_init_file_makes_an_empty_postgresql_ready(postgres, tmp_path):
    """R07: psql reads it as a container's init folder has it read; then the application serves, with nothing left to migrate."""
    postgres.run("postgres", "create database initialised")
    psql = next(folder("postgresql-16").glob("*/pginstall/bin/psql"))
    for expected in (0, 3):  # the second time the tables are there, and nothing is done by halves
        done = subprocess.run([psql, "-v", "ON_ERROR_STOP=1", "--no-psqlrc", "-q", "-d", postgres.url("superuser", "initialised"), "-f", INIT],
                              capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == expected, done.stderr
    postgres.run("initialised", "alter role rikai_app password 'rikai_app-secret'")
    assert postgres.run("initialised", "select count(*) from pg_attribute a join pg_type t on t.oid = a.atttypid where a.attrelid = "
                                       "'index_passage'::regclass and t.typname = 'vector'") == "1"
    settings = {"RIKAI_POSTGRES_URL": postgres.url("rikai_app", "initialised")}
    before = postgres.run("initialised", "select count(*) from schema_migration")
    with Server(RIKAI, tmp_path / "data", **settings) as server:
        user = register(server.url)
        add_notes(user)
        answers_of(user)
    run_cli("migrate", RIKAI, "--data", tmp_path / "data", "--owner-from", "OWNER", folder=tmp_path,
            environment=settings | {"OWNER": postgres.url("superuser", "initialised")})
    assert postgres.run("initialised", "select count(*) from schema_migration") == before
