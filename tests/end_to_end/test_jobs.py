"""Jobs: declared in Lua, started by users, the operator and the clock, run by any server, told over API and command line."""

import concurrent.futures
import json

import pytest

from engines import Moto, Postgres, Redis
from http_api import Api, register
from programs import Server, eventually, run_cli

MANIFEST = """
name: works
stores:
  database: "${DATABASE_URL:-sqlite:database.sqlite}"
  database_owner: "${DATABASE_OWNER_URL}"
  queue: "${QUEUE_URL:-database:}"
  cache: "${CACHE_URL:-memory:}"
  mail_from: works@example.org
accounts: { secret: "${JWT_SECRET}", registration: open }
server: { limits: { drain_time_max: 20s }, rate_limit: { requests: "${REQUESTS:-0}", period: 24h } }
jobs: { at_once: 3, attempts: 3, lease: 5s, schedules: { SCHEDULES } }
"""

SCRIPT = """
job("note", function(job)
  slipway.documents.put{title = job.arguments.title, content = "By " .. job.user.username .. ": " .. job.arguments.title,
                        source = job.arguments.title}
end)
job("mail", function(job) slipway.mail.send{to = job.arguments.to, subject = "A report", text = "For " .. job.user.username} end)
job("never", function(job) error{code = "invalid", message = "This can never work."} end)
job("slow", function(job)
  local until_then = time() + job.arguments.ms
  while time() < until_then do slipway.stores.check{} end
  slipway.documents.put{title = job.arguments.title, content = job.arguments.title, source = job.arguments.title}
end)
job("tick", function(job)
  local known = slipway.documents.list{}
  slipway.documents.put{title = job.id, content = "tick", source = job.id}
end)
route.post("/works", {status = 202, body = {type = "object", required = array{"title"}}}, function(request)
  return slipway.jobs.start{name = "note", arguments = request.body, key = request.body.title}
end)
route.get("/works/{id}", {}, function(request) return slipway.jobs.get{id = request.params.id} end)
route.post("/kept", {body = {type = "object"}}, function(request) return slipway.cache.set{name = "kept", value = request.body} end)
route.get("/kept", {}, function(request) return {value = slipway.cache.get{name = "kept"}} end)
"""


def application(tmp_path, schedules=""):
    folder = tmp_path / "works"
    folder.mkdir()
    (folder / "app.yaml").write_text(MANIFEST.replace("SCHEDULES", schedules))
    (folder / "routes.lua").write_text(SCRIPT)
    return folder


def ended(api, identifier, state="done"):
    """The job once it is in that state."""
    def look():
        job = api.get(f"/api/jobs/{identifier}").json
        return job if job["state"] == state else None
    return eventually(look)


def titles(api):
    found, offset = set(), 0
    while True:
        page = api.get(f"/api/documents?limit=100&offset={offset}").json["documents"]
        found |= {document["title"] for document in page}
        offset += len(page)
        if len(page) < 100:
            return found


def test_a_job_runs_as_whoever_started_it(tmp_path):
    with Server(application(tmp_path), tmp_path / "data") as server:
        user = register(server.url)
        started = user.post("/works", {"title": "First"}, 202).json
        assert started["name"] == "note"
        job = ended(user, started["id"])
        assert job["attempts"] == 1 and job["created_at"] <= job["started_at"] <= job["finished_at"]
        assert user.get(f"/works/{started['id']}").json["state"] == "done"
        document = user.get("/api/documents").json["documents"][0]
        assert f"By {user.get('/api/me').json['username']}" in user.get(f"/api/documents/{document['id']}").json["content"]
        started = user.post("/api/jobs", {"name": "mail", "arguments": {"to": "ada@example.org"}}, 202)
        assert started.headers["Location"] == f"/api/jobs/{started.json['id']}"
        ended(user, started.json["id"])
        (message,) = (tmp_path / "data/outbox").glob("*.eml")
        assert "To: ada@example.org" in message.read_text() and "works@example.org" in message.read_text()


def test_what_users_may_not(tmp_path):
    with Server(application(tmp_path, "save: { when: \"0 3 * * *\", job: data.backup, arguments: { folder: backups } }"),
                tmp_path / "data") as server:
        user = register(server.url)
        for name in ("data.backup", "documents.reindex", "nobody"):
            assert "no job" in user.post("/api/jobs", {"name": name}, 404).json["error"]["message"]
        user.post("/api/jobs", {"name": "note", "attempts": 0}, 400)
        user.post("/api/jobs", {"name": "note", "unknown": 1}, 400)
        user.get("/api/jobs", expect=403)
        user.get("/api/jobs/nobody", expect=404)
        Api(server.url).post("/api/jobs", {"name": "note"}, 401)
        forged = run_cli("jobs", "start", server.application, "data.backup", "--arguments", json.dumps({"folder": str(tmp_path / "else")}),
                         "--data", tmp_path / "data", folder=tmp_path)
        job = ended(user, json.loads(forged.stdout)["id"], "failed")
        assert "No schedule" in job["reason"] and not (tmp_path / "else").exists()
        for _ in range(2):  # how many are kept, the manifest says, not who starts the job
            forged = run_cli("jobs", "start", server.application, "data.backup", "--arguments", '{"folder": "backups", "keep": "1"}',
                             "--data", tmp_path / "data", folder=tmp_path)
            ended(user, json.loads(forged.stdout)["id"])
        assert len(list((tmp_path / "data/backups").iterdir())) == 2


def test_the_operator_lists_starts_and_tries_again(tmp_path):
    folder = application(tmp_path)
    def jobs(command, *arguments, check=0):
        return run_cli("jobs", command, folder, *arguments, "--data", tmp_path / "data", folder=tmp_path, check=check)
    waiting = json.loads(jobs("start", "note", "--arguments", '{"title": "Before"}').stdout)  # no server runs yet
    assert waiting["state"] == "queued" and "waiting" not in jobs("list").stdout
    assert jobs("start", "note", "--arguments", "[1]", check=2).stderr.startswith("error: --arguments is a JSON object")
    assert "no job 'else'" in jobs("start", "else", check=1).stderr
    with Server(folder, tmp_path / "data") as server:
        user = register(server.url)
        ended(user, waiting["id"])
        bad = json.loads(jobs("start", "never").stdout)["id"]
        assert ended(user, bad, "failed")["reason"] == "This can never work."
        listed = jobs("list", "--state", "failed").stdout
        assert bad in listed and "This can never work." in listed and waiting["id"] not in listed
        assert jobs("retry", check=2).stderr == "error: name the job, or say --all.\n"
        assert jobs("retry", bad).stdout == "1 job waits again.\n"
        ended(user, bad, "failed")
        assert "given up" in jobs("retry", waiting["id"], check=1).stderr
        assert "queue" in run_cli("status", folder, "--data", tmp_path / "data", folder=tmp_path).stdout


def test_the_clock_starts_each_job_once_and_backs_up(tmp_path):
    folder = application(tmp_path, "often: { when: every 1s, job: tick }, "
                                   "save: { when: every 1s, job: data.backup, arguments: { folder: backups, keep: \"2\" } }")
    with Server(folder, tmp_path / "data") as server:
        user = register(server.url)
        eventually(lambda: user.get("/api/documents").json["total"] >= 3)
        backups = tmp_path / "data/backups"
        newest = eventually(lambda: sorted(place.name for place in backups.glob("slipway-*") if (place / "backup.json").exists())[2:]
                            or (len(list(backups.glob("slipway-*"))) == 2 and sorted(p.name for p in backups.glob("slipway-*"))))
        assert newest


def test_a_wrong_schedule_is_told_before_anything_starts(tmp_path):
    folder = application(tmp_path, "often: { when: every blue moon, job: tick }")
    assert "jobs.schedules.often.when" in run_cli("check", folder, folder=tmp_path, check=1).stdout
    (folder / "app.yaml").write_text(MANIFEST.replace("SCHEDULES", "often: { when: every 1s, job: tock }"))
    assert "there is no job 'tock'" in run_cli("check", folder, folder=tmp_path, check=1).stderr


def test_scripts_keep_values_in_the_cache(tmp_path):
    with Server(application(tmp_path), tmp_path / "data") as server:
        user = register(server.url)
        assert user.get("/kept").json.get("value") is None
        user.post("/kept", {"colour": "green"})
        assert user.get("/kept").json["value"] == {"colour": "green"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with Postgres(tmp_path_factory.mktemp("postgres")) as postgres, Redis(tmp_path_factory.mktemp("redis")) as redis, \
            Moto(tmp_path_factory.mktemp("moto")) as moto:
        yield postgres, redis, moto


def environment(shared, name, **more):
    postgres, redis, moto = shared
    database = postgres.database(name)
    return {"DATABASE_URL": postgres.url(f"{name}_app", database), "DATABASE_OWNER_URL": postgres.url("owner", database),
            "JWT_SECRET": "a secret that all replicas share, of enough bytes", "CACHE_URL": redis.url, **moto.environment, **more}


@pytest.mark.parametrize("queue", ["database", "redis", "sqs"])
def test_workers_are_killed_and_stopped_and_every_job_is_done(tmp_path, shared, queue):
    """One server takes requests, two work; one of those is killed, the other is stopped in the middle and a third comes."""
    urls = {"database": "database:", "redis": shared[1].url, "sqs": f"sqs://us-east-1/works?workspace=main&endpoint={shared[2].endpoint}"}
    settings = environment(shared, f"jobs_{queue}", QUEUE_URL=urls[queue])
    folder = application(tmp_path)
    api = Server(folder, tmp_path / "api", "--role", "api", **settings).start()
    workers = [Server(folder, tmp_path / f"worker{number}", "--role", "worker", **settings) for number in range(3)]
    try:
        for worker in workers[:2]:
            worker.start()
            assert Api(worker.url).get("/health").status == 200
            assert Api(worker.url).get("/api/documents", expect=None).status == 404, "a worker serves no API"
        user = register(api.url)
        started = [user.post("/api/jobs", {"name": "slow", "arguments": {"title": f"slow {number}", "ms": 300}}, 202).json["id"]
                   for number in range(12)]
        eventually(lambda: any(user.get(f"/api/jobs/{job}").json["state"] == "running" for job in started))
        workers[0].kill()
        workers[1].terminate()
        workers[1].wait()
        workers[2].start()
        for job in started:
            ended(user, job)
        assert {f"slow {number}" for number in range(12)} <= titles(user)
    finally:
        for server in [api, *workers]:
            if server.process and server.process.poll() is None:
                server.terminate()
                server.wait()


def test_what_other_services_send_to_sqs_is_a_job(tmp_path, shared):
    """U43: a message of somebody else becomes a job of the application; what is no job is given up, and said to be."""
    moto = shared[2]
    settings = environment(shared, "strangers", QUEUE_URL=f"sqs://us-east-1/strangers?workspace=main&endpoint={moto.endpoint}")
    with Server(application(tmp_path), tmp_path / "data", **settings) as server:
        user = register(server.url)
        ended(user, user.post("/works", {"title": "First"}, 202).json["id"])  # the queue is there now
        for body in ({"name": "note", "arguments": {"title": "Sent by another"}}, {"Records": [{"eventName": "ObjectCreated:Put"}]},
                     {"name": "data.backup", "arguments": {"folder": str(tmp_path / "stolen")}}):
            moto.send("strangers-jobs", json.dumps(body))
        eventually(lambda: "Sent by another" in titles(user))
        listed = lambda: run_cli("jobs", "list", server.application, "--state", "failed", "--data", tmp_path / "data", folder=tmp_path).stdout
        eventually(lambda: "No schedule" in listed())
        assert not (tmp_path / "stolen").exists()


def test_limits_count_over_all_servers(tmp_path, shared):
    """Three servers, one Redis: exactly as many requests are admitted as one server would."""
    settings = environment(shared, "limits", REQUESTS="40")
    folder = application(tmp_path)
    servers = [Server(folder, tmp_path / f"data{number}", **settings).start() for number in range(3)]
    try:
        user = register(servers[0].url)
        everywhere = [Api(server.url, user.token) for server in servers]
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda number: everywhere[number % 3].get("/api/me", expect=None), range(120)))
        assert [answer.status for answer in answers].count(200) == 40
        assert {answer.status for answer in answers} == {200, 429}
        refused = next(answer for answer in answers if answer.status == 429)
        assert int(refused.headers["Retry-After"]) >= 1
    finally:
        for server in servers:
            server.terminate()
            server.wait()
