"""`slipway deploy task-definition`: what the AWS CLI is given comes from the plan of real Terraform, and AWS's own models take it.

The plan is the one of tests/deploy/as-written/wwhd: the document's own values.
"""

import json
import os
import shutil
import subprocess
import sys

import pytest

from engines import Moto, folder
from programs import PATIENCE, ROOT, run_cli

sys.path.insert(0, str(ROOT / "tests/deploy"))
import offline_terraform as offline  # noqa: E402

OFFLINE = """
provider "aws" {
  access_key                  = "offline"
  secret_key                  = "offline"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}
"""
# Holds an input against botocore's model of the operation; an unknown name or type ends it with 1.
CHECK = """
import json, sys, botocore.session, botocore.validate
shape = botocore.session.get_session().get_service_model("ecs").operation_model("RegisterTaskDefinition").input_shape
def unknown(shape, value):
    if shape.type_name == "structure":
        return [name for name in value if name not in shape.members] + [
            deep for name in value if name in shape.members for deep in unknown(shape.members[name], value[name])]
    return [deep for one in value for deep in unknown(shape.member, one)] if shape.type_name == "list" else []
told = json.load(sys.stdin)
faults = botocore.validate.ParamValidator().validate(told, shape)
sys.exit(f"{faults.generate_report()} {unknown(shape, told)}" if faults.has_errors() or unknown(shape, told) else 0)
"""


def missing(what):
    (pytest.fail if os.environ.get("SLIPWAY_ENGINES") == "required" else pytest.skip)(what)


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    """The plan as a file of JSON."""
    program = shutil.which("terraform") or missing("Terraform is not installed")
    place = tmp_path_factory.mktemp("plan")
    stack = place / "wwhd"
    shutil.copytree(ROOT / "tests/deploy/as-written/wwhd", stack)
    (stack / "offline_override.tf").write_text(OFFLINE)
    environment = {"PATH": os.environ["PATH"], "HOME": str(place), "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1",
                   "AWS_EC2_METADATA_DISABLED": "true"}
    for arguments in (["init", f"-plugin-dir={offline.plugins()}"], ["plan", "-out=plan"], ["show", "-json", "plan"]):
        done = subprocess.run([program, arguments[0], "-no-color", *arguments[1:]] if arguments[0] != "show" else [program, *arguments],
                              cwd=stack, env=environment, capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, done.stdout + done.stderr
    (place / "plan.json").write_text(done.stdout)
    return place / "plan.json"


def printed(plan, place, *arguments):
    done = run_cli("deploy", "task-definition", "--plan", plan, *arguments, folder=place)
    return json.loads(done.stdout), done.stderr


def check(definition, code):
    done = subprocess.run(["/usr/bin/python3", "-c", CHECK], input=json.dumps(definition), text=True, capture_output=True, timeout=PATIENCE,
                          env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(folder("moto")), "PYTHONDONTWRITEBYTECODE": "1"})
    assert done.returncode == code, done.stderr


def test_it_is_the_task_definition_of_the_document(plan, tmp_path):
    told, notes = printed(plan, tmp_path)
    assert (told["family"], told["cpu"], told["memory"]) == ("wwhd-backend", "1024", "2048")
    assert (told["networkMode"], told["requiresCompatibilities"]) == ("awsvpc", ["FARGATE"])
    fastapi, qdrant = told["containerDefinitions"]
    assert (fastapi["name"], fastapi["cpu"], fastapi["memory"], fastapi["portMappings"][0]["containerPort"]) == ("fastapi", 768, 1536, 8000)
    assert fastapi["image"].split("/")[1].startswith("wwhd-backend")
    assert {one["name"]: one["value"] for one in fastapi["environment"]} == {
        "APP_ENV": "production", "QDRANT_URL": "http://localhost:6333", "SQLITE_PATH": "/data/wwhd.db"}
    assert {one["name"] for one in fastapi["secrets"]} == {"OPENAI_API_KEY", "JWT_SECRET"}
    assert fastapi["mountPoints"] == [{"sourceVolume": "data", "containerPath": "/data"}]
    assert (qdrant["name"], qdrant["cpu"], qdrant["memory"], qdrant["portMappings"][0]["containerPort"]) == ("qdrant", 256, 512, 6333)
    assert qdrant["image"].startswith("qdrant/qdrant") and qdrant["mountPoints"][0]["containerPath"] == "/qdrant/storage"
    assert told["volumes"] == [{"name": "data", "efsVolumeConfiguration": {"fileSystemId": "EFS_FILE_SYSTEM_ID"}}]
    assert "EFS_FILE_SYSTEM_ID" in notes and "EXECUTION_ROLE_ARN" in notes


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """Environment and folder in which the program plans the application's own stack."""
    shutil.which("terraform") or missing("Terraform is not installed")
    return {"SLIPWAY_TERRAFORM_PLUGINS": offline.plugins()}, tmp_path_factory.mktemp("stack")


def test_the_stack_of_the_application_gives_the_same_task(stack, tmp_path):
    """apps/wwhd as dev.tfvars has it: the document's names and sizes, what is unknown before an apply as words in capitals."""
    environment, place = stack
    image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/wwhd-backend@sha256:" + "b" * 64
    done = run_cli("deploy", "task-definition", ROOT / "apps/wwhd", "--env", "dev", "--container", "fastapi", "--image", image, folder=place,
                   environment=environment)
    told = json.loads(done.stdout)
    assert (told["family"], told["cpu"], told["memory"], told["requiresCompatibilities"]) == ("wwhd-backend", "1024", "2048", ["FARGATE"])
    containers = {one["name"]: one for one in told["containerDefinitions"]}
    assert set(containers) == {"fastapi", "qdrant"}
    fastapi, qdrant = containers["fastapi"], containers["qdrant"]
    assert (fastapi["image"], fastapi["cpu"], fastapi["memory"], fastapi["portMappings"][0]["containerPort"]) == (image, 768, 1536, 8000)
    variables = {one["name"]: one["value"] for one in fastapi["environment"]}
    assert variables["APP_ENV"] == "production" and variables["QDRANT_URL"] == "http://localhost:6333" and variables["SQLITE_PATH"] == "/data/wwhd.db"
    assert {one["name"] for one in fastapi["secrets"]} == {"OPENAI_API_KEY", "JWT_SECRET"}
    assert (qdrant["cpu"], qdrant["memory"], qdrant["portMappings"][0]["containerPort"]) == (256, 512, 6333)
    assert {"sourceVolume": "data", "containerPath": "/data"}.items() <= next(
        one for one in fastapi["mountPoints"] if one["sourceVolume"] == "data").items()
    data = next(one for one in told["volumes"] if one["name"] == "data")
    assert data["efsVolumeConfiguration"]["authorizationConfig"] == {"accessPointId": "EFS_ACCESS_POINT_ID", "iam": "ENABLED"}
    assert "EXECUTION_ROLE_ARN" in done.stderr
    check(told, 0)


def test_an_image_by_digest_takes_the_place_of_the_tag(plan, tmp_path):
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/wwhd-backend@sha256:" + "b" * 64
    told, _ = printed(plan, tmp_path, "--image", image)
    fastapi, qdrant = told["containerDefinitions"]
    assert fastapi["image"] == image and qdrant["image"].startswith("qdrant/qdrant")
    refused = run_cli("deploy", "task-definition", "--plan", plan, "--image", "wwhd-backend:latest", folder=tmp_path, check=1)
    assert "sha256" in refused.stderr


def test_the_model_of_aws_takes_it(plan, tmp_path):
    told, _ = printed(plan, tmp_path)
    for definition, code in ((told, 0), ({**told, "cpus": "1"}, 1), ({**told, "containerDefinitions": "none"}, 1)):
        check(definition, code)


def test_a_state_is_read_as_well_as_a_plan(plan, tmp_path):
    document = json.loads(plan.read_text())
    for resource in document["planned_values"]["root_module"]["resources"]:
        if resource["type"] == "aws_ecs_service":  # as they are once they are made, and after a release
            resource["values"] |= {"cluster": "arn:aws:ecs:us-east-1:123456789012:cluster/wwhd-cluster",
                                   "task_definition": "arn:aws:ecs:us-east-1:123456789012:task-definition/wwhd-backend:7"}
        if resource["type"] == "aws_ecs_task_definition":
            resource["values"]["execution_role_arn"] = "arn:aws:iam::123456789012:role/wwhd-execution"
    state = {"format_version": "1.0", "terraform_version": document["terraform_version"], "values": document["planned_values"]}
    (tmp_path / "state.json").write_text(json.dumps(state))
    told, notes = printed(tmp_path / "state.json", tmp_path, "--service", "wwhd-backend")
    assert told["family"] == "wwhd-backend" and told["executionRoleArn"].endswith("role/wwhd-execution") and "to fill in" not in notes
    commands = run_cli("deploy", "task-definition", "--plan", tmp_path / "state.json", "--commands", folder=tmp_path).stdout
    assert "--cluster wwhd-cluster" in commands


def test_what_is_no_plan_and_a_service_that_is_not_there_are_said(plan, tmp_path):
    (tmp_path / "none.json").write_text("[]")
    for arguments, part in ((["--plan", tmp_path / "none.json"], "plan"), (["--plan", tmp_path / "absent.json"], "cannot be read"),
                            (["--plan", plan, "--service", "web"], "wwhd-backend")):
        refused = run_cli("deploy", "task-definition", *arguments, folder=tmp_path, check=1)
        assert part in refused.stderr


def test_the_commands_make_cluster_and_service_in_moto(plan, tmp_path):
    """`aws ecs create-cluster`, `register-task-definition` and `create-service` as they are printed, by the real AWS CLI."""
    aws = shutil.which("aws") or missing("the AWS CLI is not installed")
    told, _ = printed(plan, tmp_path)
    (tmp_path / "task-def.json").write_text(json.dumps(told))
    commands = run_cli("deploy", "task-definition", "--plan", plan, "--commands", folder=tmp_path).stdout.splitlines()
    assert commands[0] == "aws ecs create-cluster --cluster-name wwhd-cluster"
    assert commands[1] == "aws ecs register-task-definition --cli-input-json file://task-def.json"
    assert commands[2].startswith("aws ecs create-service --cluster wwhd-cluster --service-name wwhd-backend --task-definition wwhd-backend:1 "
                                  "--desired-count 2 --launch-type FARGATE")
    assert "containerName=fastapi,containerPort=8000" in commands[2]
    with Moto(tmp_path) as moto:
        environment = {**os.environ, **moto.environment, "AWS_ENDPOINT_URL": moto.endpoint, "AWS_REGION": "us-east-1",
                       "AWS_DEFAULT_REGION": "us-east-1", "HOME": str(tmp_path),
                       "AWS_CONFIG_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}

        def run(command):
            done = subprocess.run(command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=PATIENCE)
            assert done.returncode == 0, f"{command}\n{done.stderr}"
            return json.loads(done.stdout)

        network = run(f"{aws} ec2 describe-subnets")["Subnets"][:2]
        subnets = ",".join(one["SubnetId"] for one in network)
        group = run(f"{aws} elbv2 create-target-group --name wwhd --protocol HTTP --port 8000 --target-type ip --vpc-id {network[0]['VpcId']}")
        group = group["TargetGroups"][0]["TargetGroupArn"]
        security = run(f"{aws} ec2 describe-security-groups")["SecurityGroups"][0]["GroupId"]
        for command in commands:
            for word, value in (("SUBNET_IDS", subnets), ("SECURITY_GROUP_IDS", security), ("TARGET_GROUP_ARN", group)):
                command = command.replace(word, value)
            run(command.replace("aws ecs", f"{aws} ecs", 1))
        service = run(f"{aws} ecs describe-services --cluster wwhd-cluster --services wwhd-backend")["services"][0]
        assert (service["desiredCount"], service["launchType"]) == (2, "FARGATE")
        assert service["taskDefinition"].endswith("task-definition/wwhd-backend:1")
        kept = run(f"{aws} ecs describe-task-definition --task-definition wwhd-backend:1")["taskDefinition"]
        assert [one["name"] for one in kept["containerDefinitions"]] == ["fastapi", "qdrant"]

        # And a release on top of it, as far as moto goes: it registers and updates, and knows no deployments.
        moto_environment = {name: value for name, value in environment.items() if name.startswith("AWS_")}
        image = "registry.example/wwhd-backend@sha256:" + "b" * 64
        done = run_cli("deploy", "ecs", "--cluster", "wwhd-cluster", "--service", "wwhd-backend", "--container", "fastapi", "--image", image, "--json",
                       "--poll", "0s", "--timeout", "5s", folder=tmp_path, check=5, environment=moto_environment)
        assert json.loads(done.stdout)["outcome"] == "unknown", done.stderr
        service = run(f"{aws} ecs describe-services --cluster wwhd-cluster --services wwhd-backend")["services"][0]
        assert service["taskDefinition"].endswith("wwhd-backend:2")
        released = run(f"{aws} ecs describe-task-definition --task-definition wwhd-backend:2")["taskDefinition"]
        assert [one["image"] for one in released["containerDefinitions"]] == [image, "qdrant/qdrant:latest"]
