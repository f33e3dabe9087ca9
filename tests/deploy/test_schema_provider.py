"""The provider in the program, which knows the schema of AWS's alone: all modules and stacks are what they are with the real one."""

import json
import shutil

import pytest
from offline_terraform import APPLICATIONS, MODULES, ROOT, STACKS, copy_tree, plan, schema_provider, stand_alone, terraform, variables_of, without_account

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
