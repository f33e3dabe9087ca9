"""The workflows of GitHub: right by actionlint, pinned, with no more rights than they need."""

import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/end_to_end"))
from engines import folder  # noqa: E402

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


@pytest.fixture(scope="module")
def workflows():
    sys.path.append(str(folder("awscli")))  # brings a YAML reader
    import yaml
    return {path.stem: yaml.safe_load(path.read_text()) for path in WORKFLOWS}


def jobs(workflows):
    return [(f"{name}.{key}", job) for name, workflow in workflows.items() for key, job in workflow["jobs"].items()]


def test_actionlint_has_nothing_to_say():
    """It also reads the shell of each step, by shellcheck."""
    command = [folder("actionlint") / "actionlint", "-shellcheck", folder("shellcheck") / "usr/bin/shellcheck", *WORKFLOWS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0 and len(WORKFLOWS) == 2, done.stdout + done.stderr


def test_actions_and_images_are_pinned():
    """An action by its commit, with the version beside it for people; an image by its digest."""
    used = [line for path in WORKFLOWS for line in path.read_text().splitlines() if re.search(r"\buses:", line)]
    assert len(used) > 5
    for line in used:
        assert re.search(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line
    images = [line for path in WORKFLOWS for line in path.read_text().splitlines() if re.search(r"\b(image|container): \S*[@:]\S", line)]
    assert images and all(re.search(r"@sha256:[0-9a-f]{64}( |$)", line) for line in images), images
    base = re.search(r"^FROM (\S+) AS build", (ROOT / "Dockerfile").read_text(), re.M)[1]
    assert {re.search(r"(?:image|container): (\S+)", line)[1] for line in images} == {base}, "one base for tests and image"


def test_rights_are_the_least(workflows):
    for name, workflow in workflows.items():
        assert workflow["permissions"] == {"contents": "read"}, name
    given = {name: job.get("permissions", {}) for name, job in jobs(workflows)}
    assert {name for name, rights in given.items() if "id-token" in rights} == {"deploy.deploy"}
    assert not [name for name, rights in given.items() for right, level in rights.items() if level == "write" and right != "id-token"]
    for name, job in jobs(workflows):
        for step in job["steps"]:
            if "actions/checkout@" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False, name
            assert "secrets." not in str(step), f"{name}: AWS is reached by a role, nothing is kept in GitHub"


def test_what_others_write_reaches_no_shell(workflows):
    """An expression inside a script would be run as part of it."""
    for name, job in jobs(workflows):
        for step in job["steps"]:
            assert "${{" not in step.get("run", ""), f"{name}: {step.get('name')}"


def test_a_pipe_that_breaks_fails_its_step_and_everything_ends(workflows):
    for name, workflow in workflows.items():
        assert workflow["defaults"]["run"]["shell"] == "bash", name
    for name, job in jobs(workflows):
        assert 0 < job["timeout-minutes"] <= 240, name


def test_ci_runs_where_the_documents_say(workflows):
    """R34–R37: on every pull request and on push to main; lint, types, build, tests with PostgreSQL and an object store."""
    ci = workflows["ci"]
    triggers = ci[True]  # YAML 1.1 reads `on` as a truth
    assert "pull_request" in triggers and triggers["push"]["branches"] == ["main"]
    steps = "\n".join(step.get("run", "") for job in ci["jobs"].values() for step in job["steps"])
    assert "make lint" in steps and ".ci/run" in steps and "docker compose up --build" in steps
    assert "SLIPWAY_ENGINES=required" in (ROOT / ".ci/run").read_text(), "a missing engine fails there"
    assert {"postgres", "minio"} <= set(re.findall(r"^  (\w+):", (ROOT / "docker/docker-compose.yml").read_text(), re.M))


def test_deploy_runs_where_the_documents_say(workflows):
    """R38, R39, P57: on push to main or by hand; one build, pushed by digest, rolled out by the script that verifies."""
    deploy = workflows["deploy"]
    assert deploy[True]["push"]["branches"] == ["main"]
    choices = deploy[True]["workflow_dispatch"]["inputs"]
    assert choices["app"]["options"] == sorted(choices["app"]["options"], key=["rikai", "deepscifi", "wwhd", "postmagiq", "unamentis"].index)
    assert {path.parent.name for path in (ROOT / "apps").glob("*/app.yaml")} == set(choices["app"]["options"])
    last = deploy["jobs"]["deploy"]
    assert set(last["needs"]) == {"checked", "build"} and last["environment"]
    steps = "\n".join(step.get("run", "") for step in last["steps"])
    assert "scripts/deploy-backend.sh" in steps
    assert deploy["concurrency"]["cancel-in-progress"] is False
    scans = [step for step in deploy["jobs"]["build"]["steps"] if "scan-action" in step.get("uses", "")]
    assert scans and scans[0]["with"]["severity-cutoff"] == "high"
