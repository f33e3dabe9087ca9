"""Passwords of databases that are given to a stack: too short ones are refused, good ones are in no plan."""

import shutil
import subprocess

import pytest
from offline_terraform import APPLICATIONS, PATIENCE, TREE, copy_tree, environment, init, plugins, program, without_account

CANARY = "canary-91c5e2/&@:-0123456789"
STACKS_WITH_PASSWORDS = [name for name in APPLICATIONS if "database_password_version" in (TREE / "stacks" / name / "variables.tf").read_text()]


def planned(folder, password, name="prod"):
    variables = {"TF_VAR_database_password": password, "TF_VAR_database_owner_password": f"owner-{password}"}
    return subprocess.run([program(), "plan", "-no-color", "-out=plan.out", f"-var-file=environments/{name}.tfvars", "-var=database_password_version=1"],
                          cwd=folder, env=environment(folder) | variables, capture_output=True, text=True, timeout=PATIENCE)


@pytest.mark.parametrize("stack", STACKS_WITH_PASSWORDS)
def test_a_password_is_written_and_never_kept(stack, tmp_path):
    plugins()
    folder = copy_tree(tmp_path) / "stacks" / stack
    without_account(folder)
    init(folder)

    refused = planned(folder, "short")
    assert refused.returncode == 1 and "24 characters at least" in " ".join(refused.stderr.replace("│", " ").split())

    made = planned(folder, CANARY)
    assert made.returncode == 0, made.stderr[-3000:]
    shown = subprocess.run([program(), "show", "-json", "plan.out"], cwd=folder, env=environment(folder), capture_output=True, text=True,
                           timeout=PATIENCE, check=True).stdout
    assert "_wo_version" in shown
    (folder / "plan.zip").write_bytes((folder / "plan.out").read_bytes())
    shutil.unpack_archive(folder / "plan.zip", folder / "opened", "zip")
    kept = [one.read_bytes() for one in (folder / "opened").rglob("*") if one.is_file()]
    for text in [shown.encode(), made.stdout.encode(), *kept]:
        assert b"canary-91c5e2" not in text
