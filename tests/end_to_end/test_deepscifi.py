"""apps/deepscifi under the variables of the original, on the real engines.

docs/checklist.tsv names the functions here that prove a row of the checklist.
"""

import json

import pytest

from engines import Bucket, Postgres, Redis, TaskRole
from http_api import Api, register
from programs import ROOT, Server, run_cli
from test_files import open_url, send_form

DEEPSCIFI = ROOT / "apps/deepscifi"
PICTURE = b"\x89PNG\r\n\x1a\n of a ringworld"


@pytest.fixture(scope="module")
def bucket(tmp_path_factory):
    """It takes only what is signed for its region."""
    place = tmp_path_factory.mktemp("s3")
    with Bucket(place, buckets=("deepscifi-assets",), region="us-west-2") as server:
        server.place = place / "data/deepscifi-assets"
        yield server


def in_the_bucket(bucket):
    return {"AWS_S3_BUCKET": "deepscifi-assets", "AWS_ENDPOINT_URL_S3": bucket.endpoint, **bucket.environment}


def objects_of(bucket):
    return {str(path.relative_to(bucket.place)): path.read_bytes() for path in bucket.place.rglob("*") if path.is_file()}


def stores_of(settings, data):
    told = run_cli("status", DEEPSCIFI, "--data", data, "--json", folder=data.parent, environment=settings).stdout
    return {store["name"]: store for store in json.loads(told)["stores"]}


def test_users_and_assets_lie_in_the_database_that_is_named(tmp_path):
    (tmp_path / "postgres").mkdir()
    with Postgres(tmp_path / "postgres", "16") as postgres:
        settings = {"DATABASE_URL": postgres.url("deepscifi", postgres.database("deepscifi")), "DATABASE_OWNER_URL": postgres.url("owner", "deepscifi")}
        with Server(DEEPSCIFI, tmp_path / "data", **settings) as server:
            user = register(server.url)
            user.upload("/api/files/assets", "ring.png", PICTURE, "image/png", 201)
            assert postgres.run("deepscifi", "select count(*) from users") == "1"
            assert postgres.run("deepscifi", "select name || ' ' || size from files") == f"ring.png {len(PICTURE)}"
            told = stores_of(settings, tmp_path / "data")
            assert "PostgreSQL 16" in told["database"]["engine"] and "pgvector" in told["index"]["engine"]
        assert not list((tmp_path / "data").glob("*.db"))


def test_assets_lie_in_the_bucket_of_their_region(bucket, tmp_path):
    """D25, D26: us-west-2 unless it is named otherwise; the credentials are those of the task."""
    settings = {"AWS_S3_BUCKET": "deepscifi-assets", "AWS_ENDPOINT_URL_S3": bucket.endpoint}
    with TaskRole("key-of-the-test", "secret-of-the-test") as role:
        with Server(DEEPSCIFI, tmp_path / "data", **settings, **role.environment) as server:
            asset = register(server.url).upload("/api/files/assets", "ring.png", PICTURE, "image/png", 201).json
        assert role.asked >= 1
    kept = [key for key, content in objects_of(bucket).items() if content == PICTURE]
    assert len(kept) == 1 and kept[0].startswith("public/") and kept[0].endswith(asset["id"])
    assert not list((tmp_path / "data").glob("assets*"))
    wrong = in_the_bucket(bucket) | {"AWS_REGION": "eu-central-1"}
    assert "region" in stores_of(wrong, tmp_path / "wrong")["files.assets"]["error"]


def test_assets_are_uploaded_by_urls_that_the_bucket_signs(bucket, tmp_path):
    """D27: the client sends the picture to the bucket itself, of the type and size that the form allows."""
    with Server(DEEPSCIFI, tmp_path / "data", **in_the_bucket(bucket)) as server:
        user = register(server.url)
        upload = user.post("/api/files/assets/uploads", {"name": "cover.png", "size": len(PICTURE)}, 201).json
        assert upload["url"].startswith(bucket.endpoint)
        assert send_form(server, upload, PICTURE + b"more") == 400
        assert send_form(server, upload, PICTURE, **{"Content-Type": "text/html"}) == 403
        assert send_form(server, upload, PICTURE) == 204
        asset = user.post(f"/api/files/assets/{upload['id']}/complete").json
        assert open_url(server, asset["url"], expect=200).body == PICTURE
        user.post("/api/files/assets/uploads", {"name": "cover.html"}, 400)


def test_everybody_reads_assets(bucket, tmp_path):
    """D28: without signing in, from the server; and by the CDN's address, where there is one."""
    with Server(DEEPSCIFI, tmp_path / "data", **in_the_bucket(bucket)) as server:
        user = register(server.url)
        asset = user.upload("/api/files/assets", "ring.png", PICTURE, "image/png", 201).json
        shown = open_url(server, asset["url"], expect=200)
        assert shown.body == PICTURE and shown.headers["Content-Type"] == "image/png" and "public" in shown.headers["Cache-Control"]
        Api(server.url).get("/api/files/assets", 401)  # reading is not listing
    with Server(DEEPSCIFI, tmp_path / "cdn", NEXT_PUBLIC_ASSETS_URL="https://assets.deepscifi.app", **in_the_bucket(bucket)) as server:
        asset = register(server.url).upload("/api/files/assets", "ring.png", PICTURE, "image/png", 201).json
        address = "https://assets.deepscifi.app/"
        assert asset["url"].startswith(address + "public/") and objects_of(bucket)[asset["url"][len(address):]] == PICTURE


def test_redis_is_an_optional_cache(tmp_path):
    """D63: used when it is named; without it, and when it is lost, the application serves all the same."""
    (tmp_path / "redis").mkdir()
    with Redis(tmp_path / "redis") as redis:
        settings = {"REDIS_URL": redis.url}
        with Server(DEEPSCIFI, tmp_path / "data", **settings) as server:
            assert "Redis" in stores_of(settings, tmp_path / "data")["cache"]["engine"]
            redis.process.kill()
            redis.process.wait()
            register(server.url).upload("/api/files/assets", "ring.png", PICTURE, "image/png", 201)
            Api(server.url).get("/readiness")
    with Server(DEEPSCIFI, tmp_path / "none") as server:
        register(server.url)
        assert "memory" in stores_of({}, tmp_path / "none")["cache"]["engine"]


def test_the_balancer_and_the_page_find_their_health_paths(tmp_path):
    with Server(DEEPSCIFI, tmp_path / "data") as server:
        assert Api(server.url).get("/v1/health").json["status"] == "ok"
        assert Api(server.url).get("/v1/health/").json["status"] == "ok"
        assert Api(server.url).get("/api/health").json == {"status": "ok"}
