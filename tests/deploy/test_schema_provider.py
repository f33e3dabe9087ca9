"""The provider in the program, which knows the schema of AWS's alone: all modules and stacks are what they are with the real one."""

import json
import shutil
import subprocess

import pytest
from offline_terraform import (APPLICATIONS, MODULES, PATIENCE, ROOT, STACKS, copy_tree, environment, plan, schema_provider, stand_alone, terraform,
                               variables_of, without_account)

CANARY = "canary-of-the-test-0123456789"


def begin(folder):
    by = schema_provider()
    terraform(folder, "init", "-no-color", by=by)
    return by


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_valid_and_passes_its_tests(name, tmp_path):
    folder = copy_tree(tmp_path) / "modules" / name
    by = begin(folder)
    tests = terraform(folder, "test", "-json", by=by)
    summary = [json.loads(line) for line in tests.stdout.splitlines() if '"test_summary"' in line][-1]["test_summary"]
    assert summary["passed"] >= 2 and summary["failed"] == summary["errored"] == summary["skipped"] == 0
    if stand_alone(folder):
        begin(folder)
    assert json.loads(terraform(folder, "validate", "-json", by=by).stdout)["valid"]


@pytest.mark.parametrize("name", STACKS)
def test_a_stack_is_valid(name, tmp_path):
    folder = copy_tree(tmp_path) / "stacks" / name
    without_account(folder)
    assert json.loads(terraform(folder, "validate", "-json", by=begin(folder)).stdout)["valid"]


def planned(tmp_path, stack, environment):
    folder = copy_tree(tmp_path) / "stacks" / stack
    without_account(folder)
    shutil.copy(ROOT / "tests/deploy/full" / f"{stack}.tfvars", folder / "full.tfvars")
    by = begin(folder)
    terraform(folder, "plan", "-no-color", "-out=plan.out", *variables_of(stack, environment), by=by)
    return json.loads(terraform(folder, "show", "-json", "plan.out", by=by).stdout)


@pytest.mark.parametrize("environment", ["economy", "full"])
@pytest.mark.parametrize("stack", APPLICATIONS)
def test_a_plan_makes_what_the_real_provider_says(stack, environment, tmp_path):
    document = planned(tmp_path, stack, environment)
    made = {one["address"]: one["change"] for one in document["resource_changes"] if one["mode"] == "managed"}
    real = plan(stack, environment)
    assert set(made) == set(real.resources)
    for address, resource in real.resources.items():
        for name, value in resource["values"].items():
            mine = (made[address]["after"] or {}).get(name)
            # What was given is the same; what the real one adds (defaults, tags of the provider) is not in a schema.
            if isinstance(mine, (str, bool, int, float)):
                assert mine == value or _same_json(mine, value), (address, name)


def _same_json(mine, value):
    """The real provider writes policies anew, with other spaces."""
    try:
        return json.loads(mine) == json.loads(value)
    except (TypeError, ValueError):
        return False


def test_a_secret_that_is_written_only_is_kept_nowhere(tmp_path):
    folder = tmp_path / "stack"
    folder.mkdir()
    (folder / "main.tf").write_text("""
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}
variable "password" {
  type      = string
  ephemeral = true
}
resource "aws_secretsmanager_secret" "password" {
  name = "password"
}
resource "aws_secretsmanager_secret_version" "password" {
  secret_id                = aws_secretsmanager_secret.password.id
  secret_string_wo         = var.password
  secret_string_wo_version = 1
}
""")
    by = begin(folder)
    given = f"-var=password={CANARY}"
    terraform(folder, "plan", "-out=plan.out", given, by=by)
    said = terraform(folder, "show", "-json", "plan.out", by=by).stdout + terraform(folder, "apply", "-auto-approve", given, by=by).stdout
    assert "Apply complete! Resources: 2 added" in said
    assert CANARY not in said
    for file in folder.rglob("*"):
        if file.is_file():
            assert CANARY.encode() not in file.read_bytes(), file


SHIFTED = """
resource "aws_ecs_service" "api" {
  name            = "api"
  cluster         = "app"
  task_definition = "app:1"
  desired_count   = 2

  load_balancer {
    target_group_arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/blue/1"
    container_name   = "app"
    container_port   = 8000
%(groups)s
  }

  deployment_configuration {
    strategy             = "%(strategy)s"
    bake_time_in_minutes = %(bake)s
%(steps)s
  }
}
"""
GROUPS = """
    advanced_configuration {
      alternate_target_group_arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/green/1"
      production_listener_rule   = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener-rule/app/one/1/1/1"
      role_arn                   = "arn:aws:iam::123456789012:role/shift"
    }
"""
CANARY_STEPS = """
    canary_configuration {
      canary_percent              = 10
      canary_bake_time_in_minutes = 5
    }
"""


@pytest.mark.parametrize("strategy,groups,steps,bake,found", [
    ("CANARY", GROUPS, CANARY_STEPS, 5, set()),
    ("CANARY", GROUPS, "", 5, {"ecs.strategy"}),
    ("CANARY", "", CANARY_STEPS, 5, {"ecs.strategy"}),
    ("LINEAR", GROUPS, "", 5, {"ecs.strategy"}),
    ("BLUE_GREEN", GROUPS, "", 5, set()),
    ("BLUE_GREEN", GROUPS, "", 0, {"ecs.bake"}),
    ("ROLLING", "", "", 0, set())])
def test_strategies_of_later_providers_are_planned_and_looked_at(strategy, groups, steps, bake, found, tmp_path):
    """The real provider that the tests have is older than these blocks; the schema in the program knows them."""
    (tmp_path / "main.tf").write_text('terraform {\n  required_providers {\n    aws = {\n      source = "hashicorp/aws"\n    }\n  }\n}\n' + SHIFTED % {
        "strategy": strategy, "groups": groups, "steps": steps, "bake": bake})
    by = begin(tmp_path)
    terraform(tmp_path, "plan", "-out=plan.out", by=by)
    (tmp_path / "plan.json").write_text(terraform(tmp_path, "show", "-json", "plan.out", by=by).stdout)
    done = subprocess.run([by[0], "plan", ROOT / "apps/rikai", "--plan", tmp_path / "plan.json", "--format", "json"], cwd=tmp_path,
                          env=environment(tmp_path), capture_output=True, text=True, timeout=PATIENCE, check=False)
    rules = {one["rule"] for one in json.loads(done.stdout)["findings"]}
    assert rules & {"ecs.strategy", "ecs.bake"} == found
