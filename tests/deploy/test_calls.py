"""Roles against what the program asked of AWS while the tests ran: what is called is allowed, also on the bucket and the queue that it is for,
and what is allowed is called, or src/deploy/check/calls.tsv says who needs it."""

import copy
import json
import re

import pytest
from aws_calls import allowed, grants, in_place_of, listed, matches, missing_rights, needed, recorded
from offline_terraform import APPLICATIONS, ENVIRONMENTS, ROOT, plan
from sam_template import resources

STORES = {"s3", "sqs", "secretsmanager", "ssm", "database"}
PLANS = [(stack, name) for stack in APPLICATIONS for name in (*ENVIRONMENTS, "bare")]


def called():
    return {action for action, _ in recorded()}


def of_program(action):
    return action.split(":")[0] in {"s3", "sqs", "secretsmanager", "ssm", "rds-db"}


def of_release(action):
    return action.split(":")[0] in {"ecs", "ecr", "logs", "elasticloadbalancing", "iam"}


def roles(stack, name, kind):
    """Inline policies of the roles of a kind ("task"), as far as the plan knows them: address → what is allowed."""
    found = {}
    for address, values in plan(stack, name).of("aws_iam_role_policy").items():
        if f".aws_iam_role_policy.{kind}[" in address and values.get("policy"):
            found[address] = grants(json.loads(values["policy"]))
    return found


def test_what_was_called_is_listed_and_what_is_listed_was_called():
    rows = listed("task")
    assert {one for one in called() if of_program(one)} - set(rows) == set()
    assert {action for action, (service, _, _) in rows.items() if service in STORES} - called() == set()
    release = listed("deploy")
    assert {one for one in called() if of_release(one)} - set(release) == set()
    assert {action for action, (service, _, _) in release.items() if service != "platform"} - called() == set()


def test_functions_are_listed_as_the_tasks_of_the_same_program_are():
    tasks, functions = listed("task"), listed("function")
    stores = {action for action, (service, _, _) in functions.items() if service in STORES}
    assert stores <= set(tasks)
    # Nobody takes messages but Lambda, and a function makes no queue.
    assert {action for action, (service, _, _) in tasks.items() if service in STORES} - stores == {"sqs:CreateQueue"}


def test_every_operation_that_the_source_names_was_recorded():
    """So that a call without a test is not overlooked."""
    text = "".join(one.read_text() for folder in ("secrets", "queue") for one in sorted((ROOT / "src/store" / folder).glob("*.cpp")))
    named = {f"secretsmanager:{name}" for name in re.findall(r'"secretsmanager\.(\w+)"', text)} | {
        f"ssm:{name}" for name in re.findall(r'"AmazonSSM\.(\w+)"', text)}
    queues = set(re.findall(r'"((?:Send|Receive|Delete|Change|Get|Set|Create|Purge|List|Start)(?:Message|Queue)\w*)"', text))
    named |= {f"sqs:{name.removesuffix('Batch')}" for name in queues - {"ReceiveMessageWaitTimeSeconds"}}  # an attribute, not an operation
    assert len(named) > 8 and named - called() == set()


@pytest.mark.parametrize("stack,name", PLANS)
def test_tasks_may_do_what_was_called_and_no_more(stack, name):
    rows = listed("task")
    found = roles(stack, name, "task")
    assert found or (stack, name) in {("unamentis", "bare")}
    for address, granted in found.items():
        assert missing_rights(granted, recorded(), needed(granted, "task")) == set(), address
        unused = {(action, pattern) for action, pattern in granted if rows.get(action, ("platform",))[0] in STORES and not any(
            one == action and matches(pattern, place) for one, resource in recorded() for place in in_place_of(resource, granted))}
        assert unused == set(), address
        assert {action for action, _ in granted} <= set(rows), address


@pytest.mark.parametrize("spoil", ["an action is gone", "objects are listed", "a bucket is read"])
def test_a_role_that_was_spoilt_is_found(spoil):
    found = roles("rikai", "dev", "task")
    granted = copy.copy(found['module.ecs.aws_iam_role_policy.task["api"]'])
    for action, resource in sorted(granted):
        if (spoil, action) in {("an action is gone", "s3:DeleteObject"), ("objects are listed", "s3:ListBucket"), ("a bucket is read", "s3:GetObject")}:
            granted.discard((action, resource))
            if spoil == "objects are listed":
                granted.add((action, resource + "/*"))
            if spoil == "a bucket is read":
                granted.add((action, resource.removesuffix("/*")))
    assert len({action for action, _ in missing_rights(granted, recorded(), needed(granted, "task"))}) == 1


def test_the_role_that_deploys_may_do_what_a_release_called():
    text = (ROOT / "infra/terraform/modules/github-oidc/deploy.tf").read_text()
    granted = set(re.findall(r'"([a-z0-9]+:[A-Z][A-Za-z]+)"', text)) - {"iam:PassedToService"}  # the key of a condition
    assert {one for one in called() if of_release(one)} - granted == set()
    assert granted == set(listed("deploy"))


@pytest.mark.parametrize("kind", ["base", "secrets", "own"])
def test_functions_made_by_terraform_are_allowed_what_is_listed(kind):
    rows = listed("function")
    found = roles("unamentis", "full", kind)
    assert len(found) == 4 or kind != "base"
    for address, granted in found.items():
        assert {action for action, _ in granted} <= set(rows), address


def test_functions_made_by_sam_are_allowed_what_they_call():
    rows = listed("function")
    policies = resources("AWS::IAM::ManagedPolicy")
    functions = resources("AWS::Serverless::Function")
    assert len(functions) == 4 and all(one["Properties"]["Policies"] == [{"!Ref": "FunctionPolicy"}] for one in functions.values())
    granted = {(action, "*") for action, _ in grants_of_template(policies["FunctionPolicy"])}
    assert {action for action, _ in granted} <= set(rows)
    for action in ("secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue"):
        assert action in called() and allowed(granted, action, "arn:aws:secretsmanager:us-east-1:1:secret:one")


def grants_of_template(policy):
    """As grants(); what stands for an ARN only CloudFormation knows."""
    document = json.loads(json.dumps(policy["Properties"]["PolicyDocument"]))
    for one in document["Statement"]:
        one["Resource"] = json.dumps(one["Resource"])
    return grants(document)
