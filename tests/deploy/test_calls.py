"""src/deploy/check/calls.tsv lists every operation of AWS that the program's source names: what `slipway plan` holds roles against."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
STORES = ROOT / "src/store"


def listed(role):
    rows = [line.split("\t") for line in (ROOT / "src/deploy/check/calls.tsv").read_text().splitlines()[1:]]
    assert all(len(row) == 5 for row in rows)
    return {row[2] for row in rows if row[0] == role}


def text_of(*folders):
    return "".join(one.read_text() for folder in folders for one in sorted((STORES / folder).glob("*.cpp")))


def test_each_operation_of_secrets_and_queues_is_listed():
    called = {f"secretsmanager:{name}" for name in re.findall(r'"secretsmanager\.(\w+)"', text_of("secrets"))}
    called |= {f"ssm:{name}" for name in re.findall(r'"AmazonSSM\.(\w+)"', text_of("secrets"))}
    queues = text_of("queue")
    operations = re.findall(r'"((?:Send|Receive|Delete|Change|Get|Set|Create|Purge|List|Start)(?:Message|Queue)\w*)"', queues)
    fields = {"ReceiveMessageWaitTimeSeconds"}  # an attribute, not an operation
    # A batch is allowed by the action of the single operation; a queue is made where the program may, and used where it may not.
    called |= {f"sqs:{name.removesuffix('Batch')}" for name in set(operations) - fields}
    assert {"secretsmanager:GetSecretValue", "ssm:GetParameters", "sqs:ReceiveMessage", "sqs:ChangeMessageVisibility"} <= called
    assert called <= listed("task"), called - listed("task")


def test_each_method_on_objects_is_listed():
    methods = set(re.findall(r"net::Method::(\w+)", text_of("objects")))
    actions = {"get": "s3:GetObject", "head": "s3:GetObject", "put": "s3:PutObject", "post": "s3:PutObject", "del": "s3:DeleteObject", "delete_": "s3:DeleteObject"}
    assert methods and methods <= set(actions), methods
    assert {actions[one] for one in methods} <= listed("task")
    assert ("x-amz-tagging" in text_of("objects")) == ("s3:PutObjectTagging" in listed("task"))
