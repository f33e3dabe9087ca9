"""apps/unamentis: courses that come as messages of SQS are imported by workers that may be stopped at any moment, and tell how far they are."""

import json
import re

import pytest

from engines import Moto, Postgres
from http_api import Api, register
from programs import ROOT, Server, eventually, run_cli

UNAMENTIS = ROOT / "apps/unamentis"
TOPICS = 12


def course(name, topics=TOPICS, **more):
    """A UMCF document as the original's samples are."""
    def topic(number):
        segments = [{"id": f"s{part}", "type": "lecture", "content": f"Part {part} of {name} {number} tells of perspective and pigments."}
                    for part in range(3)]
        return {"id": {"value": f"t{number}"}, "type": "topic", "title": f"{name} {number}", "description": f"About {name} {number}.",
                "orderIndex": number, "transcript": {"segments": segments}}
    return {"umcf": "1.0.0", "id": {"catalog": "tests", "value": name}, "title": f"The course {name}", "version": {"number": "1.0.0"},
            "content": [{"id": {"value": "root"}, "type": "curriculum", "title": name, "children": [topic(number) for number in range(topics)]}], **more}


def message(curriculum):
    return json.dumps({"name": "import", "arguments": {"curriculum": curriculum}})


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    with Postgres(tmp_path_factory.mktemp("postgres")) as postgres, Moto(tmp_path_factory.mktemp("moto")) as moto:
        yield postgres, moto


@pytest.fixture
def settings(services, request):
    """The original's own variables, with a database and queues of this test's own."""
    postgres, moto = services
    name = re.sub("[^a-z]", "_", request.node.name)[5:45]
    return {"DATABASE_URL": postgres.url(f"{name}_app", postgres.database(name)), "DATABASE_OWNER_URL": postgres.url("owner", name),
            "JWT_SECRET": "a secret that all tasks share, of enough bytes", "SQS_QUEUE_PREFIX": name, "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL_SQS": moto.endpoint, "LOG_LEVEL": "INFO", **moto.environment}


def admin(server, settings):
    run_cli("users", "create", UNAMENTIS, "ada", "--email", "ada@example.org", "--password", "correct horse battery", "--role", "admin",
            "--data", server.data, folder=server.data.parent, environment=settings)
    tokens = Api(server.url).post("/api/auth/login", {"name": "ada", "password": "correct horse battery"}).json
    return Api(server.url, tokens["access_token"])


def jobs(api):
    """All of them, by state."""
    states, cursor = {}, ""
    while True:
        page = api.get(f"/api/jobs?limit=100{cursor}").json
        for job in page["jobs"]:
            states.setdefault(job["state"], []).append(job)
        if not page.get("next"):
            return states
        cursor = f"&cursor={page['next']}"


def sources(api):
    found, offset = [], 0
    while True:
        page = api.get(f"/api/documents?namespace=curriculum&limit=100&offset={offset}").json["documents"]
        found += [document["source"] for document in page]
        offset += len(page)
        if len(page) < 100:
            return sorted(found)


def expected(name, topics=TOPICS):
    return [f"curriculum/{name}/t{number}" for number in range(topics)]


def test_messages_of_sqs_are_courses_that_are_imported(services, settings, tmp_path):
    """U43: somebody else sends; what is no course, or may not be imported, is told with its reason."""
    moto = services[1]
    with Server(UNAMENTIS, tmp_path / "data", **settings) as server:
        api = admin(server, settings)
        api.post("/api/import/jobs", {"curriculum": course("first", 1)})  # the queue is there now
        eventually(lambda: len(jobs(api).get("done", [])) == 1)
        for body in (message(course("painting")), message({"title": "no course"}), message(course("closed", rights={"license": {"type": "CC BY-ND 4.0"}}))):
            moto.send(f"{settings['SQS_QUEUE_PREFIX']}-jobs", body)
        eventually(lambda: len(jobs(api).get("done", [])) == 2 and len(jobs(api).get("failed", [])) == 2)
        assert sources(api) == sorted(expected("first", 1) + expected("painting"))
        reasons = " ".join(job["reason"] for job in jobs(api)["failed"])
        assert "formatIdentifier" in reasons and "CC BY-ND 4.0 forbids" in reasons
        hit = api.get("/api/search?q=pigments%20painting%203&namespaces=curriculum").json["results"][0]
        assert hit["title"].startswith("painting")


def test_a_consumer_that_is_stopped_ends_or_returns_its_work(services, settings, tmp_path):
    """U44: SIGTERM as at a Spot interruption while imports run; nothing stays held, and the next task does what is left, once."""
    moto = services[1]
    with Server(UNAMENTIS, tmp_path / "api", "--role", "api", **settings) as server:
        api = admin(server, settings)
        api.post("/api/import/jobs", {"curriculum": course("first", 1)})
        names = [f"c{number}" for number in range(8)]
        for name in names:
            moto.send(f"{settings['SQS_QUEUE_PREFIX']}-jobs", message(course(name)))
        worker = Server(UNAMENTIS, tmp_path / "spot", "--role", "worker", **settings).start()
        eventually(lambda: jobs(api).get("running"))
        worker.terminate()
        worker.wait()
        left = jobs(api)
        assert not left.get("running") and not left.get("failed"), "what was held is done, or waits again"
        done_before = len(left.get("done", []))
        assert done_before < len(names) + 1, "it was stopped in the middle"
        with Server(UNAMENTIS, tmp_path / "next", "--role", "worker", **settings):
            eventually(lambda: len(jobs(api).get("done", [])) == len(names) + 1)
        assert sources(api) == sorted(sum((expected(name) for name in names), expected("first", 1)))


def test_the_state_of_an_import_can_be_asked_for(settings, tmp_path):
    """U45: from queued to complete or failed, with attempts, times and the reason; only for admins."""
    with Server(UNAMENTIS, tmp_path / "api", "--role", "api", **settings) as server:
        api = admin(server, settings)
        assert Api(server.url).get("/api/health").json["status"] == "healthy" and Api(server.url).get("/health").status == 200
        started = api.post("/api/import/jobs", {"curriculum": course("states")}).json
        assert started["success"] and started["status"] == "queued"
        state = api.get(f"/api/import/jobs/{started['jobId']}").json["job"]
        assert state["status"] == "queued" and state["attempts"] == 0 and state["startedAt"] is None and state["completedAt"] is None
        learner = register(server.url)
        learner.get(f"/api/import/jobs/{started['jobId']}", 403)
        learner.post("/api/import/jobs", {"curriculum": course("mine")}, 403)
        api.post("/api/import/jobs", {"curriculum": {"umcf": "1.0.0"}}, 400)
        api.get("/api/import/jobs/nobody", 404)
        with Server(UNAMENTIS, tmp_path / "worker", "--role", "worker", **settings):
            state = eventually(lambda: (job := api.get(f"/api/import/jobs/{started['jobId']}").json["job"])["status"] == "complete" and job)
            assert state["attempts"] == 1 and state["createdAt"] <= state["startedAt"] <= state["completedAt"] and state["error"] is None
            shorter = api.post("/api/import/jobs", {"curriculum": course("states", 3)}).json
            eventually(lambda: api.get(f"/api/import/jobs/{shorter['jobId']}").json["job"]["status"] == "complete")
            assert sources(api) == expected("states", 3), "topics that the course has no more are gone"
        shown = run_cli("jobs", "show", UNAMENTIS, started["jobId"], "--data", server.data, folder=tmp_path, environment=settings)
        assert json.loads(shown.stdout)["state"] == "done"
