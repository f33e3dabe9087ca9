"""checkov's opinion on the plans with everything switched on: what it finds is mended, or stands in infra/terraform/checkov.tsv with the reason."""

import json
import os
import pathlib
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


SPOILT = "spoilt"


def findings(place, plans, *options):
    """Of several plans by one run, which takes longer to begin than to look: name → pairs of check and resource."""
    engine = folder("checkov")
    files = []
    for name, document in plans.items():
        (place / name).mkdir()
        (place / name / "plan.json").write_text(document)
        files += ["-f", place / name / "plan.json"]
    done = subprocess.run(["/usr/bin/python3", "-m", "checkov.main", "--framework", "terraform_plan", *files, "--compact", "--quiet", "-o", "json",
                           "--skip-download", *options], capture_output=True, text=True, timeout=480, check=False, cwd=place,
                          env={"PATH": os.environ["PATH"], "HOME": str(place), "PYTHONPATH": str(engine), "PYTHONDONTWRITEBYTECODE": "1"})
    assert done.stdout, done.stderr[-2000:]
    report = json.loads(done.stdout)
    assert report["summary"]["passed"] > 100 * len(plans) and report["summary"]["parsing_errors"] == 0
    found = {name: [] for name in plans}
    for one in report["results"]["failed_checks"]:
        found[pathlib.Path(one["file_abs_path"]).parent.name].append((one["check_id"], one["resource"]))
    return found


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    plans = {stack: (plan_files(stack, "full") / "plan.json").read_text() for stack in APPLICATIONS}
    return findings(tmp_path_factory.mktemp("checkov"), plans | {SPOILT: spoilt()})


def spoilt():
    """One of the plans, with an encryption taken away."""
    plan = json.loads((plan_files("rikai", "full") / "plan.json").read_text())

    def spoil(module):
        for one in module.get("resources", []):
            if one["type"] == "aws_rds_cluster":
                one["values"]["storage_encrypted"] = False
        for child in module.get("child_modules", []):
            spoil(child)

    spoil(plan["planned_values"]["root_module"])
    return json.dumps(plan)


def test_what_it_finds_is_mended_or_has_a_reason(found):
    known = reasons()
    assert [(stack, *one) for stack, all_of in found.items() if stack != SPOILT for one in all_of if one[0] not in known] == []


def test_no_reason_is_left_over(found):
    assert set(reasons()) - {check for stack, all_of in found.items() if stack != SPOILT for check, _ in all_of} == set()


def test_it_does_find_what_is_wrong(found):
    """A plan that is spoilt on purpose is told apart."""
    assert [check for check, _ in set(found[SPOILT]) - set(found["rikai"])] == ["CKV_AWS_96"]
