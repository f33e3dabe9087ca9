"""Every module and stack: formatted, valid, tested with mock providers and failing cases, planned for each environment by the real provider."""

import json
import shutil
import subprocess

import pytest
from offline_terraform import (APPLICATIONS, ENVIRONMENTS, MODULES, ROOT, STACKS, TREE, copy_tree, init, plan, plan_files, program, stand_alone,
                               terraform, without_account)


def test_everything_is_formatted():
    done = subprocess.run([program(), "fmt", "-check", "-recursive", "-list=true", str(TREE), str(ROOT / "tests/deploy/full")],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"terraform fmt these:\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_valid_and_passes_its_tests(name, tmp_path):
    folder = copy_tree(tmp_path) / "modules" / name
    assert list(folder.glob("tests/*.tftest.hcl")), f"the module {name} has no tests"
    init(folder)
    tests = terraform(folder, "test", "-json")
    summary = [json.loads(line) for line in tests.stdout.splitlines() if '"test_summary"' in line][-1]["test_summary"]
    assert summary["passed"] >= 2 and summary["failed"] == summary["errored"] == summary["skipped"] == 0
    if stand_alone(folder):
        init(folder)
    answer = json.loads(terraform(folder, "validate", "-json").stdout)
    assert answer["valid"] and answer["warning_count"] == 0, answer["diagnostics"]


@pytest.mark.parametrize("name", MODULES)
def test_a_module_expects_failures(name):
    texts = "".join(one.read_text() for one in (TREE / "modules" / name / "tests").glob("*.tftest.hcl"))
    assert "mock_provider" in texts or name == "cloudflare", "the tests of a module need no account"
    assert "expect_failures" in texts, "a wrong value must be seen to fail"


@pytest.mark.parametrize("name", STACKS)
def test_a_stack_is_valid(name, tmp_path):
    folder = copy_tree(tmp_path) / "stacks" / name
    without_account(folder)
    init(folder)
    answer = json.loads(terraform(folder, "validate", "-json").stdout)
    assert answer["valid"] and answer["warning_count"] == 0, answer["diagnostics"]


@pytest.mark.parametrize("environment", [*ENVIRONMENTS, "bare"])
@pytest.mark.parametrize("stack", APPLICATIONS)
def test_a_stack_plans(stack, environment):
    made = plan(stack, environment)
    assert len(made.resources) > 50
    actions = {tuple(one["change"]["actions"]) for one in made.document["resource_changes"] if one["mode"] == "managed"}
    assert actions == {("create",)}
    # A data source would need an account: none is read.
    assert not [one["address"] for one in made.document["resource_changes"] if one["mode"] == "data"]
    assert made.document["errored"] is False


def test_the_bootstrap_plans(tmp_path):
    folder = copy_tree(tmp_path) / "stacks/bootstrap"
    without_account(folder)
    init(folder)
    terraform(folder, "plan", "-no-color", "-out=plan.out", "-var=bucket=acme-states", "-var=github_repository=acme/slipway")
    shown = json.loads(terraform(folder, "show", "-json", "plan.out").stdout)
    made = {one["address"]: one for one in shown["resource_changes"]}
    trust = {key: json.loads(made[f'module.github[0].aws_iam_role.this["{key}"]']["change"]["after"].get("assume_role_policy") or "null")
             for key in ("plan", "infrastructure")}
    # The provider's ARN is part of it and known after apply: the subjects are tested with the module.
    assert trust == {"plan": None, "infrastructure": None}
    assert made["module.states.aws_s3_bucket_versioning.state"]["change"]["after"]["versioning_configuration"][0]["status"] == "Enabled"


def test_values_lie_beside_their_applications():
    for stack in APPLICATIONS:
        for environment in ("dev", "prod", "economy"):
            link = TREE / "stacks" / stack / "environments" / f"{environment}.tfvars"
            assert link.is_symlink() and link.resolve() == ROOT / "apps" / stack / "deploy" / f"{environment}.tfvars"
        # dev and prod name one environment each, and differ only by values.
        assert plan(stack, "dev").document["variables"]["environment"]["value"] == "dev"
        assert plan(stack, "prod").document["variables"]["environment"]["value"] == "prod"


def test_states_are_remote_and_locked():
    for stack in APPLICATIONS:
        text = "".join(one.read_text() for one in (TREE / "stacks" / stack).glob("*.tf"))
        assert 'backend "s3"' in text and "use_lockfile = true" in text
        assert "dynamodb_table" not in text and "skip_credentials_validation" not in text


def test_a_secret_that_is_passed_is_in_no_plan_and_no_state(tmp_path):
    """Values go through write-only arguments: the plan, which carries the state that it began with, has none of them."""
    canary = "canary-7f3a19c4e8d2-0123456789-abcdef"
    folder = copy_tree(tmp_path) / "modules/secrets"
    (folder / "canary.tf").write_text('provider "aws" {\n  region                      = "us-east-1"\n  access_key = "a"\n  secret_key = "b"\n'
                                      '  skip_credentials_validation = true\n  skip_requesting_account_id = true\n  skip_metadata_api_check = true\n}\n')
    shutil.rmtree(folder / "tests", ignore_errors=True)
    init(folder)
    secrets = {"one": {"description": "one", "variables": {"JWT_SECRET": ""}, "value_version": 1},
               "two": {"description": "two", "variables": {"API_KEY": ""}, "value_version": 1, "store": "ssm"}}
    (folder / "canary.auto.tfvars.json").write_text(json.dumps({"prefix": "shop", "region": "us-east-1", "secrets": secrets,
                                                                "values": {"one": canary, "two": canary}}))
    terraform(folder, "plan", "-no-color", "-out=plan.out")
    (folder / "plan.zip").write_bytes((folder / "plan.out").read_bytes())
    shutil.unpack_archive(folder / "plan.zip", folder / "opened", "zip")
    shown = terraform(folder, "show", "-json", "plan.out").stdout
    assert "aws_secretsmanager_secret_version" in shown and "aws_ssm_parameter" in shown
    assert canary not in shown
    read = [one for one in (folder / "opened").rglob("*") if one.is_file() and "tfconfig" not in one.parts]
    assert read and not [one.name for one in read if canary.encode() in one.read_bytes()]


@pytest.mark.parametrize("stack", APPLICATIONS)
def test_no_plan_holds_a_password(stack):
    """What the applications read as secrets are references to Secrets Manager and the Parameter Store, in every environment."""
    for environment in ENVIRONMENTS:
        made = plan(stack, environment)
        for address, values in made.of("aws_ecs_task_definition").items():
            if values.get("container_definitions") is None:
                continue
            for container in json.loads(values["container_definitions"]):
                named = {one["name"] for one in container.get("environment") or []}
                leaks = {name for name in named if name.endswith(("SECRET", "PASSWORD", "TOKEN", "_KEY")) or "DATABASE_URL" in name}
                assert not leaks, f"{address} of {environment} holds {leaks} as plain text"
        for address, one in made.resources.items():
            assert one["values"].get("password") is None and one["values"].get("master_password") is None, address
    assert plan_files(stack, "full")
