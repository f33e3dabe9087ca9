"""apps/postmagiq under the variables of the original's plan, on the real engines.

docs/checklist.tsv names the functions here that prove a row of the checklist.
"""

import json
import shutil

import pytest

from engines import Bucket, PgBouncer, Postgres, Redis
from http_api import Api, register
from programs import ROOT, Server, run_cli

POSTMAGIQ = ROOT / "apps/postmagiq"
NOTES = {"tone": "# Tone\n\nWrite warmly and end with a question.", "cadence": "# Cadence\n\nOne post each Tuesday morning."}


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    with Postgres(tmp_path_factory.mktemp("postgres"), "16") as server:
        yield server


@pytest.fixture(scope="module")
def bucket(tmp_path_factory):
    place = tmp_path_factory.mktemp("s3")
    buckets = [f"postmagiq-{what}-{where}" for what in ("artifacts", "sessions") for where in ("dev", "staging")]
    with Bucket(place, buckets=buckets, region="us-east-1") as server:
        server.place = place / "data"
        yield server


def objects_of(bucket, name):
    return [path.read_bytes() for path in (bucket.place / name).rglob("*") if path.is_file()]


def in_the_buckets(bucket):
    return {"AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL_S3": bucket.endpoint, **bucket.environment}


def stores_of(settings, data):
    told = run_cli("status", POSTMAGIQ, "--data", data, "--json", folder=data.parent, environment=settings).stdout
    return {store["name"]: store for store in json.loads(told)["stores"]}


def test_a_migration_makes_the_tables(postgres, tmp_path):
    """P04: by its own command, with the owner's URL; then the server has nothing left to do."""
    settings = {"DATABASE_URL": postgres.url("postmagiq", postgres.database("migrated")), "OWNER": postgres.url("owner", "migrated")}
    refused = run_cli("serve", POSTMAGIQ, "--port", "0", "--data", tmp_path / "data", folder=tmp_path, environment=settings, check=1)
    assert "migrate" in refused.stderr
    run_cli("migrate", POSTMAGIQ, "--data", tmp_path / "data", "--owner-from", "OWNER", folder=tmp_path, environment=settings)
    tables = postgres.run("migrated", "select string_agg(tablename, ' ') from pg_tables where schemaname = 'public'").split()
    assert {"users", "workspaces", "documents", "chats", "messages", "files", "job", "index_passage"} <= set(tables)
    del settings["OWNER"]
    with Server(POSTMAGIQ, tmp_path / "data", **settings) as server:
        register(server.url)


def test_the_database_is_reached_by_a_pooler(postgres, tmp_path):
    """P02, P03: PostgreSQL 16 with pgvector, by PgBouncer with transaction pooling; what is sent is found."""
    place = tmp_path / "pooler"
    place.mkdir()
    database = postgres.database("pooled")
    with PgBouncer(place, postgres, {"postmagiq": "postmagiq-secret"}) as pooler:
        owner = {"DATABASE_URL": postgres.url("postmagiq", database), "OWNER": postgres.url("owner", database)}
        run_cli("migrate", POSTMAGIQ, "--data", tmp_path / "data", "--owner-from", "OWNER", folder=tmp_path, environment=owner)
        settings = {"DATABASE_URL": pooler.url("postmagiq", database)}
        with Server(POSTMAGIQ, tmp_path / "data", **settings) as server:
            user = register(server.url)
            for title, content in NOTES.items():
                user.post("/api/documents", {"title": title, "source": f"{title}.md", "content": content}, 201)
            assert "Tuesday" in user.get("/api/search?q=on+which+day+do+we+publish").json["results"][0]["text"]
            told = stores_of(settings, tmp_path / "data")
            assert "PostgreSQL 16" in told["database"]["engine"] and "pgvector" in told["index"]["engine"]
            assert str(pooler.port) in told["database"]["url"]
            clients = postgres.run(database, "select string_agg(distinct usename, ' ') from pg_stat_activity where datname = 'pooled' and usename = 'postmagiq'")
            assert clients == "postmagiq" and pooler.process.poll() is None


def test_vectors_of_one_workspace_are_not_another_s(postgres, tmp_path):
    """P05: the same server stores and searches embeddings; what lies in another workspace is not found, nor seen by the role at all."""
    database = postgres.database("vectors")
    settings = {"DATABASE_URL": postgres.url("postmagiq", database), "DATABASE_OWNER_URL": postgres.url("owner", database)}
    with Server(POSTMAGIQ, tmp_path / "data", **settings) as server:
        user = register(server.url)
        for title, content in NOTES.items():
            user.post("/api/documents", {"title": title, "source": f"{title}.md", "content": content}, 201)
        assert user.get("/api/search?q=on+which+day+do+we+publish").json["results"][0]["title"] == "cadence"
        assert int(postgres.run(database, "select count(*) from index_passage where embedding is not null")) >= len(NOTES)
        # Another application that shares the database, as another workspace of it.
        other = tmp_path / "other"
        shutil.copytree(POSTMAGIQ, other)
        (other / "app.yaml").write_text((POSTMAGIQ / "app.yaml").read_text().replace("workspace: postmagiq", "workspace: another"))
        with Server(other, tmp_path / "second", **settings) as second:
            stranger = register(second.url)
            assert stranger.get("/api/search?q=on+which+day+do+we+publish").json["results"] == []
            stranger.post("/api/documents", {"title": "Ours", "source": "o.md", "content": "We publish on Friday."}, 201)
            assert [one["title"] for one in stranger.get("/api/search?q=publish").json["results"]] == ["Ours"]
        assert "Ours" not in [one["title"] for one in user.get("/api/search?q=publish").json["results"]]
    assert postgres.run(database, "select count(*) from index_passage", "postmagiq") == "0"


def test_redis_is_the_cache(tmp_path):
    """P06"""
    (tmp_path / "redis").mkdir()
    with Redis(tmp_path / "redis") as redis:
        settings = {"REDIS_URL": redis.url}
        with Server(POSTMAGIQ, tmp_path / "data", **settings) as server:
            told = stores_of(settings, tmp_path / "data")["cache"]
            assert told["engine"].startswith(("Redis 7", "Redis 8")) and str(redis.port) in told["url"]
            Api(server.url).get("/readiness")


def test_artifacts_lie_in_the_bucket_of_their_environment(bucket, tmp_path):
    """P21, P22 (the half without workflows): drafts, audits and finals are uploaded and read back by the workspace."""
    drafts = {"draft.md": b"# Draft", "audit.json": b'{"score": 3}', "final.md": b"# Final"}
    with Server(POSTMAGIQ, tmp_path / "data", **in_the_buckets(bucket)) as server:
        author, editor = register(server.url), register(server.url)
        workspace = author.get("/api/workspaces").json["workspaces"][0]["id"]
        invited = author.post(f"/api/workspaces/{workspace}/invitations", {"email": f"{editor.name}@example.org", "role": "viewer"}, 201).json
        editor.post("/api/invitations/accept", {"token": invited["token"]})
        there = {"X-Workspace": workspace}
        kept = {name: author.upload("/api/files/artifacts", name, content, expect=201).json for name, content in drafts.items()}
        assert [file["name"] for file in editor.get("/api/files/artifacts", headers=there).json["files"]] == list(reversed(drafts))
        for name, content in drafts.items():
            assert editor.get(kept[name]["url"], headers=there).body == content
    assert sorted(objects_of(bucket, "postmagiq-artifacts-dev")) == sorted(drafts.values())
    staging = in_the_buckets(bucket) | {"APP_ENV": "staging", "JWT_SECRET": "8Jq2vQm1xWk7Zp4Rt9Ys3Ub6Nc0Hd5Lf", "HOST": "127.0.0.1"}
    with Server(POSTMAGIQ, tmp_path / "staging", **staging) as server:
        register(server.url).upload("/api/files/artifacts", "draft.md", b"of staging", expect=201)
    assert objects_of(bucket, "postmagiq-artifacts-staging") == [b"of staging"]


def test_sessions_lie_in_a_bucket_of_their_own(bucket, tmp_path):
    """P23: the state of an orchestrator is kept, read by itself alone, and found again by the next server."""
    state = json.dumps({"step": "audit", "round": 2}).encode()
    with Server(POSTMAGIQ, tmp_path / "data", **in_the_buckets(bucket)) as server:
        orchestrator, other = register(server.url), register(server.url)
        kept = orchestrator.upload("/api/files/sessions", "run-1.json", state, "application/json", 201).json
        other.get(kept["url"], 404)
        orchestrator.upload("/api/files/sessions", "run-1.exe", b"x", "application/x-msdownload", 400)
    with Server(POSTMAGIQ, tmp_path / "data", **in_the_buckets(bucket)) as server:
        assert Api(server.url, orchestrator.token).get(kept["url"]).body == state
    assert objects_of(bucket, "postmagiq-sessions-dev") == [state]


def test_the_balancer_finds_its_health_path(tmp_path):
    with Server(POSTMAGIQ, tmp_path / "data") as server:
        assert Api(server.url).get("/api/health").json == {"status": "ok"}
