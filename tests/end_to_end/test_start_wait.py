"""A server that starts before its stores: it waits, says for what, and ends when they do not come or when it is told to."""

import pathlib
import signal
import subprocess
import threading

import pytest

from engines import Bucket, Postgres, Qdrant
from http_api import register
from programs import BINARY, PATIENCE, Lines, Server, clean_environment, event_of, eventually, free_port, run_cli
from test_replicas import application  # noqa: F401 – the one whose stores are all named by URLs

SECRET = "a secret that all replicas share, of enough bytes"


def nobody_there(**more):
    """Stores of which none is there; what is named in `more` is."""
    return {"DATABASE_URL": "sqlite:database.sqlite", "OBJECTS_URL": "file:objects", "INDEX_URL": "embedded:index.sqlite",
            "JWT_SECRET": SECRET, "AWS_ACCESS_KEY_ID": "key-of-the-test", "AWS_SECRET_ACCESS_KEY": "secret-of-the-test", **more}


def qdrant_url(port):
    return f"qdrant+http://127.0.0.1:{port}/wwhd?api_key=key-of-the-test"


def bucket_url(port):
    return f"s3://documents/wwhd?region=us-east-1&endpoint=http://127.0.0.1:{port}&style=path"


def waiting(application, tmp_path, urls, *before):
    """`slipway serve`, and its log once it waits."""
    command = [*before, str(BINARY), "serve", str(application), "--port", "0", "--data", str(tmp_path / "data")]
    process = subprocess.Popen(command, cwd=tmp_path, env=clean_environment(**urls), stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    log = Lines(process.stderr)
    return process, log, log.wait_for(event_of("waiting for a store"))


def test_stores_that_start_late_are_waited_for(application, tmp_path):  # noqa: F811
    ports = {"qdrant": free_port(), "bucket": free_port()}
    place = {name: tmp_path / name for name in ("postgres", "qdrant", "bucket")}
    for folder in place.values():
        folder.mkdir()
    started = []
    with Postgres(place["postgres"]) as postgres:
        database = postgres.database("late")
        postgres.stop()

        urls = nobody_there(DATABASE_URL=postgres.url("app", database), DATABASE_OWNER_URL=postgres.url("owner", database),
                            INDEX_URL=qdrant_url(ports["qdrant"]), OBJECTS_URL=bucket_url(ports["bucket"]))
        server = Server(application, tmp_path / "data", **urls)

        def is_waited_for(store):
            return any(event["store"] == store for event in server.events("waiting for a store"))

        def start():
            """Each once the server has said that it waits for it."""
            eventually(lambda: is_waited_for("database"))
            postgres.start()
            eventually(lambda: is_waited_for("index"))
            started.append(Qdrant(place["qdrant"], ports["qdrant"]))
            eventually(lambda: is_waited_for("objects"))
            started.append(Bucket(place["bucket"], ports["bucket"]))
        starting = threading.Thread(target=start)
        starting.start()
        try:
            with server:
                server.wait_for_documents()
                told = {event["store"]: event for event in server.events("waiting for a store")}
                assert set(told) == {"database", "index", "objects"}
                assert told["database"]["url"] == f"postgresql://owner@127.0.0.1:{postgres.port}/late"
                assert told["index"]["url"] == f"qdrant+http://127.0.0.1:{ports['qdrant']}/wwhd"
                assert told["objects"]["url"] == "s3://documents/wwhd"
                assert {event["store"] for event in server.events("store is there")} == {"index", "objects"}
                assert register(server.url).get("/api/documents").json["total"] == 3
                log = "".join(server.log.all)
                assert "-secret" not in log and "key-of-the-test" not in log and "secret-of-the-test" not in log
        finally:
            starting.join()
            for engine in started:
                engine.__exit__()


def test_a_store_that_never_comes_is_named_with_what_to_do(application, tmp_path):  # noqa: F811
    port = free_port()
    process, log, _ = waiting(application, tmp_path, nobody_there(INDEX_URL=f"opensearch+http://ada:key-of-the-test@127.0.0.1:{port}/app"))
    assert process.wait(PATIENCE) == 1
    log.finish()
    said = log.all[-1]
    assert f"error: The store `index` at opensearch+http://127.0.0.1:{port}/app cannot be used" in said
    assert "`stores.index`" in said and "key-of-the-test" not in "".join(log.all)


def test_what_waiting_does_not_mend_is_said_at_once(application, tmp_path):  # noqa: F811
    (tmp_path / "qdrant").mkdir()
    with Qdrant(tmp_path / "qdrant") as qdrant:
        told = run_cli("serve", application, "--port", "0", "--data", tmp_path / "data", folder=tmp_path, check=1,
                       environment=nobody_there(INDEX_URL=qdrant.url.replace("key-of-the-test", "another-key"))).stderr
    assert "does not accept" in told or "key" in told, told
    assert "waiting for a store" not in told and "another-key" not in told, told


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_wait(application, tmp_path, number):  # noqa: F811
    process, log, _ = waiting(application, tmp_path, nobody_there(OBJECTS_URL=bucket_url(free_port())))
    process.send_signal(number)
    assert process.wait(PATIENCE) == 128 + number, log.all


def test_a_signal_ends_the_wait_of_the_first_process_of_a_container(application, tmp_path):  # noqa: F811
    """For process 1 the system has no ending by a signal unless the program asks for one."""
    alone = ["/usr/bin/unshare", "--user", "--map-root-user", "--pid", "--fork"]
    if subprocess.run([*alone, "/bin/true"], check=False, capture_output=True).returncode != 0:
        pytest.skip("name spaces of users are not allowed here")
    urls = nobody_there(DATABASE_URL=f"postgresql://app:app-secret@127.0.0.1:{free_port()}/none")
    process, log, told = waiting(application, tmp_path, urls, *alone)
    assert told["store"] == "database" and "app-secret" not in "".join(log.all)
    children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
    subprocess.run(["/bin/kill", "-TERM", children.read_text().split()[0]], check=True)
    assert process.wait(PATIENCE) == 128 + signal.SIGTERM, log.all


def test_status_and_readiness_name_each_store(application, tmp_path):  # noqa: F811
    """To who may know: the machine itself, and admins. The world learns ready or not, and health asks no store."""
    for name in ("postgres", "qdrant", "bucket"):
        (tmp_path / name).mkdir()
    with Postgres(tmp_path / "postgres") as postgres, Qdrant(tmp_path / "qdrant") as qdrant, Bucket(tmp_path / "bucket") as bucket:
        database = postgres.database("status")
        urls = nobody_there(DATABASE_URL=postgres.url("app", database), DATABASE_OWNER_URL=postgres.url("owner", database),
                            INDEX_URL=qdrant.url, OBJECTS_URL=bucket.url, TRUSTED_PROXIES="1")
        with Server(application, tmp_path / "data", **urls) as server:
            server.wait_for_documents()
            user, admin = register(server.url), register(server.url)
            run_cli("users", "role", application, admin.name, "admin", "--data", server.data, folder=tmp_path, environment=urls)
            outside = {"X-Forwarded-For": "203.0.113.9"}

            def readiness(api, **headers):
                return api.request("GET", "/readiness", None, headers={**outside, **headers})
            assert set(readiness(user).json) == {"ready", "timestamp"}
            assert set(readiness(user, Authorization="Bearer no.such.token").json) == {"ready", "timestamp"}
            checks = readiness(admin, Authorization=f"Bearer {admin.token}").json["checks"]
            assert set(readiness(user, Authorization=f"Bearer {user.token}").json) == {"ready", "timestamp"}
            assert checks["database"]["engine"].startswith("PostgreSQL 18") and checks["index"]["engine"] == "Qdrant 1.15.0"
            assert checks["objects"]["engine"] == f"S3 at http://127.0.0.1:{bucket.port}"
            assert all(check["ok"] and check["latency_ms"] >= 0 for check in checks.values())
            told = run_cli("status", application, "--data", server.data, folder=tmp_path, environment=urls).stdout
            assert f"Qdrant 1.15.0 at qdrant+http://127.0.0.1:{qdrant.port}/wwhd" in told, told

            qdrant.process.send_signal(signal.SIGSTOP)
            postgres.stop(signal.SIGKILL)
            frozen = eventually(lambda: not (answer := user.get("/readiness", None).json)["ready"] and answer)
            assert frozen["checks"]["objects"]["ok"] and not frozen["checks"]["index"]["ok"]
            assert user.get("/health").status == 200 and set(readiness(user).json) == {"ready", "timestamp"}
            told = run_cli("status", application, "--json", "--data", server.data, folder=tmp_path, environment=urls, check=None)
            assert "-secret" not in told.stdout + told.stderr and "key-of-the-test" not in told.stdout + told.stderr
            qdrant.process.send_signal(signal.SIGCONT)
            postgres.start()
            eventually(lambda: user.get("/readiness", None).json["ready"])
