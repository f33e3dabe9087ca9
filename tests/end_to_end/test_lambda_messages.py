"""A function that SQS calls: what stands in for the event source hands messages over, and deletes those that the function does not want again."""

import json
import urllib.request

import pytest

from engines import Moto, Postgres
from lambda_emulator import Sandbox
from programs import PATIENCE, ROOT, Server, eventually
from test_unamentis import admin, course, expected, jobs, message, sources

UNAMENTIS = ROOT / "apps/unamentis"


class EventSource:
    """As Lambda's: receives, invokes, deletes all but the batchItemFailures."""

    def __init__(self, moto, prefix):
        self.moto, self.queue = moto, f"{moto.endpoint}/123456789012/{prefix}-jobs"

    def ask(self, operation, **input):
        request = urllib.request.Request(self.moto.endpoint, json.dumps({"QueueUrl": self.queue} | input).encode(),
                                         {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AmazonSQS.{operation}",
                                          "Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/sqs/aws4_request"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read() or b"{}")

    def receive(self):
        found = self.ask("ReceiveMessage", MaxNumberOfMessages=10, VisibilityTimeout=600, AttributeNames=["All"])
        return [{"messageId": one["MessageId"], "receiptHandle": one["ReceiptHandle"], "body": one["Body"], "attributes": one["Attributes"],
                 "messageAttributes": {}, "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:jobs", "awsRegion": "us-east-1"}
                for one in found.get("Messages", [])]

    def deliver(self, sandbox, records, seconds=60):
        """The bodies of what is to come again."""
        outcome = sandbox.invoke({"Records": records}, seconds)
        assert outcome.kind == "response", outcome.body
        again = {failure["itemIdentifier"] for failure in outcome.json["batchItemFailures"]}
        assert again <= {record["messageId"] for record in records}
        for record in records:
            if record["messageId"] not in again:
                self.ask("DeleteMessage", ReceiptHandle=record["receiptHandle"])
        return [record["body"] for record in records if record["messageId"] in again]

    def left(self):
        counts = self.ask("GetQueueAttributes", AttributeNames=["All"])["Attributes"]
        return sum(int(counts[name]) for name in ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible",
                                                  "ApproximateNumberOfMessagesDelayed"))


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    with Postgres(tmp_path_factory.mktemp("postgres")) as postgres, Moto(tmp_path_factory.mktemp("moto")) as moto:
        yield postgres, moto


@pytest.fixture
def world(services, tmp_path, request):
    """A core service that leaves jobs to others, and a function that takes them."""
    postgres, moto = services
    name = "".join(letter if letter.isalpha() else "_" for letter in request.node.name)[5:40]
    settings = {"DATABASE_URL": postgres.url(f"{name}_app", postgres.database(name)), "JWT_SECRET": "a secret that all of them share, of enough bytes",
                "SQS_QUEUE_PREFIX": name, "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL_SQS": moto.endpoint, **moto.environment}
    owner = {"DATABASE_OWNER_URL": postgres.url("owner", name)}
    with Server(UNAMENTIS, tmp_path / "core", "--role", "api", **settings, **owner) as core:
        api = admin(core, settings | owner)
        with Sandbox(UNAMENTIS, tmp_path / "sandbox", **settings) as sandbox:
            yield api, sandbox, EventSource(moto, name)


def test_jobs_of_the_core_are_done_by_a_function_that_sqs_calls(world):
    """The tickets of the core's own jobs are delivered: each job runs once, and nothing stays in the queue."""
    api, sandbox, source = world
    names = ["first", "second", "third"]
    for name in names:
        api.post("/api/import/jobs", {"curriculum": course(name, 2)})
    records = eventually(source.receive)
    while len(records) < len(names):
        records += source.receive()
    assert source.deliver(sandbox, records) == []
    assert len(jobs(api)["done"]) == 3 and sources(api) == sorted(sum((expected(name, 2) for name in names), []))
    assert source.left() == 0


def test_messages_of_others_are_jobs_and_one_that_fails_does_not_hold_up_the_rest(world):
    """What is no course fails for good, and its reason is told; it does not come again, and the good one beside it is done."""
    api, sandbox, source = world
    api.post("/api/import/jobs", {"curriculum": course("first", 1)})
    source.deliver(sandbox, eventually(source.receive))
    for body in (message(course("painting", 2)), message({"title": "no course"})):
        source.ask("SendMessage", MessageBody=body)
    records = source.receive()
    assert len(records) == 2 and source.deliver(sandbox, records) == []
    assert len(jobs(api)["done"]) == 2 and len(jobs(api)["failed"]) == 1 and source.left() == 0


def test_what_is_delivered_twice_is_done_once(world):
    """SQS delivers at least once: the second time there is nothing to do, and nothing is asked for again."""
    api, sandbox, source = world
    api.post("/api/import/jobs", {"curriculum": course("first", 2)})
    records = eventually(source.receive)
    assert source.deliver(sandbox, records) == [] and source.deliver(sandbox, records) == []
    assert len(jobs(api)["done"]) == 1 and sources(api) == expected("first", 2)


def test_what_cannot_be_done_now_comes_again(world, services):
    """The database is away: the whole batch is asked for again, and done when it is back."""
    api, sandbox, source = world
    postgres = services[0]
    api.post("/api/import/jobs", {"curriculum": course("first", 1)})
    records = eventually(source.receive)
    assert sandbox.waiting.wait(PATIENCE)
    postgres.stop()
    try:
        assert source.deliver(sandbox, records, seconds=20) == [record["body"] for record in records]
    finally:
        postgres.start()
    assert eventually(lambda: source.deliver(sandbox, records) == [])
    assert len(eventually(lambda: jobs(api).get("done"))) == 1
