"""checkov's opinion on the plans with everything switched on: what it finds is mended, or stands in infra/terraform/checkov.tsv with the reason."""

import json
import os
import subprocess
import sys

import pytest
from offline_terraform import APPLICATIONS, ROOT, TREE, plan_files

sys.path.insert(0, str(ROOT / "tests/end_to_end"))
from engines import folder  # noqa: E402


def reasons():
    lines = (TREE / "checkov.tsv").read_text().splitlines()
    assert lines[0] == "check\treason"
    return dict(line.split("\t") for line in lines[1:])


def failed(stack):
    engine = folder("checkov")
    plan = plan_files(stack, "full") / "plan.json"
    done = subprocess.run(["/usr/bin/python3", "-m", "checkov.main", "--framework", "terraform_plan", "-f", plan, "--compact", "--quiet", "-o", "json",
                           "--skip-download"], capture_output=True, text=True, timeout=240, check=False, cwd=plan.parent,
                          env={"PATH": os.environ["PATH"], "HOME": str(plan.parent), "PYTHONPATH": str(engine), "PYTHONDONTWRITEBYTECODE": "1"})
    assert done.stdout, done.stderr[-2000:]
    report = json.loads(done.stdout)
    assert report["summary"]["passed"] > 100 and report["summary"]["parsing_errors"] == 0
    return [(one["check_id"], one["resource"]) for one in report["results"]["failed_checks"]]


@pytest.fixture(scope="module")
def found():
    return {stack: failed(stack) for stack in APPLICATIONS}


def test_what_it_finds_is_mended_or_has_a_reason(found):
    known = reasons()
    assert [(stack, *one) for stack, all_of in found.items() for one in all_of if one[0] not in known] == []


def test_no_reason_is_left_over(found):
    assert set(reasons()) - {check for all_of in found.values() for check, _ in all_of} == set()


def test_it_does_find_what_is_wrong(tmp_path):
    """A plan that is spoilt on purpose is told apart."""
    engine = folder("checkov")
    plan = json.loads((plan_files("rikai", "full") / "plan.json").read_text())

    def spoil(module):
        for one in module.get("resources", []):
            if one["type"] == "aws_rds_cluster":
                one["values"]["storage_encrypted"] = False
        for child in module.get("child_modules", []):
            spoil(child)

    spoil(plan["planned_values"]["root_module"])
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    done = subprocess.run(["/usr/bin/python3", "-m", "checkov.main", "--framework", "terraform_plan", "-f", tmp_path / "plan.json", "--compact", "--quiet",
                           "-o", "json", "--skip-download", "--check", "CKV_AWS_96"], capture_output=True, text=True, timeout=240, check=False,
                          cwd=tmp_path, env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(engine)})
    assert json.loads(done.stdout)["summary"]["failed"] == 1
