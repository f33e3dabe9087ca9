"""What the program asked of AWS while the tests ran (SLIPWAY_AWS_CALLS, docs/operations.md), and what the policies of a plan allow."""

import functools
import os
import re
import subprocess

from offline_terraform import ROOT, missing

RECORD = ROOT / "build/aws_calls.tsv"  # that of `make test`
SUITES = ("store_objects_engines", "store_queue_engines", "store_secrets_engines", "store_aws", "deploy_rollout")  # what asks AWS, without the program
PATIENCE = 900


def _make(path):
    """The unit tests of everything that speaks with AWS, against moto and versitygw."""
    for suite in SUITES:
        program = ROOT / f"build/dev/tests/test_{suite}"
        if not program.exists():
            missing(f"{program} is not built: make test-unit records what is asked of AWS")
        # Whether they pass says another test; here it counts what they ask for.
        subprocess.run([program, "--gtest_brief=1"], cwd=ROOT, env=os.environ | {"SLIPWAY_AWS_CALLS": str(path)}, check=False, timeout=PATIENCE,
                       stdout=subprocess.DEVNULL)


@functools.cache
def recorded():
    """Pairs of action and resource, each once."""
    path = ROOT / "build/aws_calls_alone.tsv"
    if RECORD.exists() and "SLIPWAY_AWS_CALLS" in os.environ:
        path = RECORD
    elif not path.exists() or any((ROOT / f"build/dev/tests/test_{suite}").stat().st_mtime > path.stat().st_mtime for suite in SUITES):
        path.unlink(missing_ok=True)
        _make(path)
    lines = path.read_text(errors="replace").splitlines() if path.exists() else []
    return {tuple(line.split("\t", 1)) for line in lines if re.fullmatch(r"[a-z0-9-]+:\w+\t\S.*", line)}


def listed(role):
    """Rows of src/deploy/check/calls.tsv: action → (service, must, reason)."""
    rows = [line.split("\t") for line in (ROOT / "src/deploy/check/calls.tsv").read_text().splitlines()[1:]]
    assert all(len(row) == 5 and row[4] for row in rows)
    return {row[2]: (row[1], bool(row[3]), row[4]) for row in rows if row[0] == role}


def matches(pattern, text):
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), text, re.DOTALL) is not None


def _many(value):
    return value if isinstance(value, list) else [value]


def grants(policy):
    """Pairs of action and pattern of resources that a policy's document allows."""
    return {(action, resource) for one in policy["Statement"] if one["Effect"] == "Allow"
            for action in _many(one["Action"]) for resource in _many(one["Resource"])}


def allowed(granted, action, resource):
    return any(matches(a, action) and matches(r, resource) for a, r in granted)


def in_place_of(resource, granted):
    """The resource of a test (its bucket, its queue) where the role has its own: one for each that the role names, and what it is for."""
    service = resource.split(":")[2]
    if service == "s3":
        key = resource.partition("/")[2]
        buckets = sorted({pattern.split(":::")[1].split("/")[0] for _, pattern in granted if pattern.startswith("arn:aws:s3:::")})
        return [f"arn:aws:s3:::{bucket}{'/' if key else ''}{key}" for bucket in buckets]
    if service == "sqs":
        return sorted({pattern for _, pattern in granted if pattern.startswith("arn:aws:sqs:")})
    return [resource]


def missing_rights(granted, calls, must):
    """What was called and is not allowed on what the role is for: (action, resource). `must`: actions that the role needs."""
    wrong = set()
    for action, resource in calls:
        if action in must:
            wrong |= {(action, one) for one in in_place_of(resource, granted) if not allowed(granted, action, one)}
    return wrong
