"""What the program asked of AWS while the tests ran (SLIPWAY_AWS_CALLS, docs/operations.md), and what the policies of a plan allow."""

import functools
import os
import pathlib
import re
import subprocess
import sys

from offline_terraform import ROOT, alone, missing

PROGRAM = pathlib.Path(os.environ.get("SLIPWAY_BINARY", ROOT / "build/dev/slipway")).resolve()
RECORD = ROOT / "build/aws_calls.tsv"  # that of `make test`
# What asks for everything once, where no `make test` has recorded more.
SUITES = {"store_objects_engines": "S3.*:*MotoConformance*erased*", "store_queue_engines": "SqsQueue.*", "store_secrets_engines": "AwsSecrets.*", "store_aws": "*"}
RELEASES = ["tests/end_to_end/test_rollout.py", "-k", "the_role_that_deploys"]
PATIENCE = 600


def _make(path):
    environment = os.environ | {"SLIPWAY_AWS_CALLS": str(path), "SLIPWAY_BINARY": str(PROGRAM)}
    commands = [[ROOT / f"build/dev/tests/test_{suite}", "--gtest_brief=1", f"--gtest_filter={tests}"] for suite, tests in SUITES.items()]
    commands.append([sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", *RELEASES])
    for command in commands:
        # Whether they pass says `make test`; here it counts what they ask for.
        subprocess.run(command, cwd=ROOT, env=environment, check=False, timeout=PATIENCE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _own(action, source):
    """Not what tests alone ask for: they make secrets and queues, and clear up behind themselves."""
    service, name = action.split(":")
    return re.search(rf'["."]{name}(Batch)?"', source) is not None and not (service == "s3" and name.startswith("ESHttp"))


@functools.cache
def recorded():
    """Pairs of action and resource, each once."""
    path = RECORD
    if "SLIPWAY_AWS_CALLS" not in os.environ or not RECORD.exists():
        path = ROOT / "build/aws_calls_alone.tsv"
        programs = [PROGRAM, *(ROOT / f"build/dev/tests/test_{suite}" for suite in SUITES)]
        for one in programs:
            if not one.exists():
                missing(f"{one} is not built: make test-unit")
        with alone(path.with_suffix(".lock")):
            if not path.exists() or path.stat().st_mtime < max(one.stat().st_mtime for one in programs):
                path.unlink(missing_ok=True)
                _make(path)
    lines = path.read_text(errors="replace").splitlines() if path.exists() else []
    source = "".join(one.read_text() for one in sorted((ROOT / "src").rglob("*.cpp")))
    calls = {tuple(line.split("\t", 1)) for line in lines if re.fullmatch(r"[a-z0-9-]+:\w+\t\S.*", line)}
    return {(action, resource) for action, resource in calls if _own(action, source)}


def listed(role):
    """Rows of src/deploy/check/calls.tsv: action → (service, must, reason)."""
    rows = [line.split("\t") for line in (ROOT / "src/deploy/check/calls.tsv").read_text().splitlines()[1:]]
    assert all(len(row) == 5 and row[4] for row in rows)
    first = {}  # an action may stand there twice: for a store, and for what the platform does itself
    for _, service, action, must, reason in (row for row in rows if row[0] == role):
        first.setdefault(action, (service, bool(must), reason))
    return first


def needed(granted, role):
    """What a role must be allowed, of the services that it is for."""
    services = {action.split(":")[0] for action, _ in granted}
    return {action for action, (service, must, _) in listed(role).items() if must and service in services}


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
    service = (resource.split(":") + ["", ""])[2]
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
