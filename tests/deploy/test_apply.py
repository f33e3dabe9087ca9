"""The core modules, joined as the stacks join them, are made, found unchanged, and removed: by the real provider, against moto.

moto checks no limits and has no life: what it shows is that every request of the provider can be made, and that nothing of the
configuration differs from what it made."""

import json
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request

from offline_terraform import ROOT, copy_tree, environment, init, plugins, program

sys.path.insert(0, str(ROOT / "tests/end_to_end"))
from engines import Moto  # noqa: E402  (its folder is known only now)

CANARY = "canary-4d1b7e0a93c6/&@:-0123456789"
PATIENCE = 900  # seconds; the provider itself waits a minute before it asks for a database, and moto answers one request after the other

# moto 5.2 keeps no RedriveAllowPolicy of a queue, for which the provider would wait.
UNKNOWN_TO_MOTO = 'resource "aws_sqs_queue_redrive_allow_policy" "this" {\n  count = 0\n}\n'


# What moto 5.2 does not give back, or gives back otherwise than it got it. Everything else has to be as it was asked for.
FORGOTTEN_BY_MOTO = {
    "aws_vpc_security_group_egress_rule": {"description", "referenced_security_group_id"},
    "aws_vpc_security_group_ingress_rule": {"description", "referenced_security_group_id"},
    "aws_ecs_service": {"availability_zone_rebalancing", "capacity_provider_strategy", "deployment_controller", "enable_ecs_managed_tags",
                        "health_check_grace_period_seconds", "launch_type", "service_registries"},
    "aws_db_instance": {"engine_lifecycle_support", "performance_insights_enabled", "performance_insights_retention_period"},
    "aws_db_parameter_group": {"parameter"},
    "aws_sqs_queue": {"redrive_policy"},  # blanks
}


def differences(change):
    """Names of the arguments whose value an update would change; what is only known after it does not count."""
    before, after, unknown = change["before"], change["after"], change["after_unknown"]
    return {name for name in after if before.get(name) != after[name] and unknown.get(name) is not True}


def asked(moto, service, action, body):
    """One question to moto, as an AWS client would put it."""
    request = urllib.request.Request(moto.endpoint, json.dumps(body).encode(), {
        "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": action,
        "Authorization": f"AWS4-HMAC-SHA256 Credential=a/20260101/us-west-2/{service}/aws4_request"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


def call(folder, variables, *arguments):
    return subprocess.run([program(), *arguments], cwd=folder, env=environment(folder) | variables, capture_output=True, text=True, timeout=PATIENCE)


def test_the_core_is_made_once_and_removed(tmp_path):
    plugins()
    tree = copy_tree(tmp_path)
    (tree / "modules/sqs/moto_override.tf").write_text(UNKNOWN_TO_MOTO)
    folder = tree / "stacks/applied"
    shutil.copytree(ROOT / "tests/deploy/applied", folder)
    (tmp_path / "moto").mkdir()
    with Moto(tmp_path / "moto") as moto:
        variables = {"TF_VAR_endpoint": moto.endpoint, "TF_VAR_canary": CANARY}
        init(folder)
        made = call(folder, variables, "apply", "-no-color", "-auto-approve")
        assert made.returncode == 0, made.stdout[-4000:] + made.stderr[-4000:]
        state = json.loads((folder / "terraform.tfstate").read_text())
        kinds = {one["type"] for one in state["resources"] if one["mode"] == "managed"}
        assert kinds >= {"aws_vpc", "aws_nat_gateway", "aws_lb", "aws_ecs_service", "aws_ecs_task_definition", "aws_db_instance", "aws_sqs_queue",
                         "aws_s3_bucket_policy", "aws_secretsmanager_secret_version", "aws_ssm_parameter", "aws_ecr_repository"}

        # Secrets were given and reached AWS, and are in nothing that Terraform keeps or says.
        for text in ((folder / "terraform.tfstate").read_text(), made.stdout, made.stderr):
            assert CANARY not in text and "canary-4d1b7e0a93c6" not in text
        assert asked(moto, "secretsmanager", "secretsmanager.GetSecretValue", {"SecretId": "applied/jwt"})["SecretString"] == CANARY
        url = asked(moto, "ssm", "AmazonSSM.GetParameter", {"Name": "applied/url", "WithDecryption": True})["Parameter"]["Value"]
        assert url.startswith(f"postgresql://app:{urllib.parse.quote(CANARY, safe='')}@applied-dev.")

        again = call(folder, variables, "plan", "-no-color", "-out=again")
        assert again.returncode == 0, again.stdout[-4000:] + again.stderr[-2000:]
        changes = json.loads(call(folder, variables, "show", "-json", "again").stdout)["resource_changes"]
        changed = [one for one in changes if one["change"]["actions"] != ["no-op"]]
        wrong = {one["address"]: differences(one["change"]) - FORGOTTEN_BY_MOTO.get(one["type"], set()) for one in changed}
        assert not {address: names for address, names in wrong.items() if names}
        assert len(changes) - len(changed) > 55

        gone = call(folder, variables, "destroy", "-no-color", "-auto-approve")
        assert gone.returncode == 0, gone.stdout[-4000:] + gone.stderr[-4000:]
        assert json.loads((folder / "terraform.tfstate").read_text())["resources"] == []
