"""The core modules, joined as the stacks join them, are made, found unchanged, and removed: by the real provider, against moto.

moto checks no limits and has no life: what it shows is that every request of the provider can be made, and that nothing of the
configuration differs from what it made."""

import json
import shutil
import subprocess
import sys

from offline_terraform import ROOT, copy_tree, environment, init, plugins, program

sys.path.insert(0, str(ROOT / "tests/end_to_end"))
from engines import Moto  # noqa: E402  (its folder is known only now)

CANARY = "canary-4d1b7e0a93c6/&@:-0123456789"
PATIENCE = 900  # seconds; the provider itself waits a minute before it asks for a database, and moto answers one request after the other

# moto 5.2 keeps no RedriveAllowPolicy of a queue, for which the provider would wait.
UNKNOWN_TO_MOTO = 'resource "aws_sqs_queue_redrive_allow_policy" "this" {\n  count = 0\n}\n'


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

        # Passwords and secrets were given and reached AWS, and are in nothing that Terraform keeps or says.
        for text in ((folder / "terraform.tfstate").read_text(), made.stdout, made.stderr):
            assert CANARY not in text and "canary-4d1b7e0a93c6" not in text

        again = call(folder, variables, "plan", "-no-color", "-detailed-exitcode")
        assert again.returncode == 0, again.stdout[-4000:] + again.stderr[-2000:]
        gone = call(folder, variables, "destroy", "-no-color", "-auto-approve")
        assert gone.returncode == 0, gone.stdout[-4000:] + gone.stderr[-4000:]
        assert json.loads((folder / "terraform.tfstate").read_text())["resources"] == []
