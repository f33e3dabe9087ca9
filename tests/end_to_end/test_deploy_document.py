"""docs/deploy.md, executed: blocks of kind `sh` run in one shell, for each application; what is shown is looked for. Of the blocks that need an
account, an engine or Terraform, each command, option and file is compared with what there is."""

import pathlib
import re
import shutil
import subprocess

import pytest

from programs import BINARY, PATIENCE, ROOT, clean_environment, free_port, run_cli

DOCUMENT = ROOT / "docs/deploy.md"
APPLICATIONS = sorted(path.parent.name for path in (ROOT / "apps").glob("*/app.yaml"))
BLOCK = re.compile(r"^( *)```(\w+)(?: (\w+))?\n(.*?)^ *```$", re.M | re.S)
STEP = re.compile(r"^(\d+)\. ", re.M)


def blocks():
    """(kind, what it needs, text) of each block."""
    found = []
    for indent, kind, needs, text in BLOCK.findall(DOCUMENT.read_text()):
        found.append((kind, needs, "\n".join(line.removeprefix(indent) for line in text.splitlines())))
    return found


def as_pattern(line):
    return ".*".join(re.escape(part) for part in line.strip().split("…"))


@pytest.mark.parametrize("application", APPLICATIONS)
def test_every_step_on_this_machine_works_as_it_says(application, tmp_path):
    shutil.copytree(ROOT / "apps" / application, tmp_path / "apps" / application)
    port, commands, expected = str(free_port()), [], []
    for kind, needs, text in blocks():
        if kind == "sh" and not needs:
            commands.append(text.replace("8300", port).replace("APP=rikai", f"APP={application}"))
            expected.append("")
        elif kind == "text":
            expected[-1] = text
    assert len(commands) == 5 and all(expected)
    script = "set -em\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"
    script += "".join(f"{{\n{text}\n}} > output.{number} 2>&1\n" for number, text in enumerate(commands))
    environment = clean_environment()
    environment["PATH"] = f"{BINARY.parent}:{environment['PATH']}"
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environment, timeout=PATIENCE, check=False, capture_output=True, text=True)
    outputs = [path.read_text() for path in sorted(tmp_path.glob("output.*"))]
    log = (tmp_path / "log.txt").read_text() if (tmp_path / "log.txt").exists() else ""
    assert done.returncode == 0 and len(outputs) == len(commands), f"{done.stderr}\n{outputs[-1]}\n{log[-2000:]}"
    for command, output, wanted in zip(commands, outputs, expected):
        for line in filter(None, map(str.strip, wanted.splitlines())):
            assert re.search(as_pattern(line), output), f"after\n{command}\nthis was not seen: {line}\nbut this:\n{output}"


def test_each_numbered_step_of_the_deployment_is_executed_or_says_what_it_needs():
    """Steps that are for people alone have no block; there are few."""
    text = DOCUMENT.read_text()
    steps = 0
    for section in re.split(r"^## ", text, flags=re.M):
        if not re.match(r"[1-4]\. ", section):
            continue
        for step in STEP.split(section.split("\n", 1)[1])[2::2]:
            steps += 1
            assert "```sh" in step or step.lstrip().startswith(("Mend", "The domain", "From then on")), step
    assert steps >= 18
    assert {needs for kind, needs, _ in blocks() if kind == "sh"} == {"", "docker", "account", "plan"}


def commands_elsewhere():
    lines = []
    for kind, needs, text in blocks():
        if kind == "sh" and needs:
            lines += re.split(r"\n|&&", text.replace("\\\n", " "))
    return [line.strip() for line in lines if line.strip()]


def test_commands_that_were_not_executed_exist_with_their_options(tmp_path):
    seen = 0
    for line in commands_elsewhere():
        for call in re.findall(r"(?:^|/usr/bin/)slipway ((?:[a-z-]+ ?)+)([^\n\"]*)", line):
            words = call[0].split()
            known = run_cli("--help", folder=tmp_path).stdout
            if not re.search(rf"^  {words[0]} ", known, re.M):
                assert words[0] in ("plan", "deploy", "verify", "lambda"), f"there is no command {words[0]}: {line}"
                continue  # comes with another part of the same release
            told = run_cli(*words[:2] if words[0] in ("users", "jobs") else words[:1], "--help", folder=tmp_path).stdout
            for option in re.findall(r"--[a-z-]+", call[1]):
                assert option in told, f"{line}: slipway {words[0]} has no {option}"
            seen += 1
        for script in re.findall(r"(scripts/[\w.-]+\.sh)", line):
            usage = subprocess.run([ROOT / script, "--help"], capture_output=True, text=True, timeout=60, check=False).stdout
            for option in re.findall(r"(?<= )--[a-z-]+", line):
                assert option in usage, f"{script} has no {option}"
            seen += 1
    assert seen > 6


def test_files_that_it_names_exist():
    text = DOCUMENT.read_text()
    names = set(re.findall(r"`((?:docker|server|scripts|tests|\.github)/[\w./-]+|(?:docker-)?compose[\w.]*\.ya?ml|Dockerfile)`", text))
    assert len(names) > 5
    for name in names:
        assert (ROOT / name).exists(), name
    for link in re.findall(r"\]\(([\w./-]+)\)", text):
        assert (pathlib.Path(DOCUMENT.parent) / link).exists(), link
    metrics = "".join(path.read_text() for path in (ROOT / "src").rglob("*.cpp"))
    for metric in re.findall(r"`(slipway_\w+)`", text):
        assert metric in metrics, metric


def test_operations_are_documented():
    """U26, U76, U77, U80: each chapter that somebody looks for at night is there, and has something to do in it."""
    chapters = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", DOCUMENT.read_text(), re.M | re.S))
    for chapter in ("Rollback", "Backup and restore", "Secrets rotation", "Scaling out", "Runbook", "On call", "Beta testers"):
        assert len(re.findall(r"^(?:\| |\d+\. |scripts/)", chapters[chapter], re.M)) >= 1, chapter
    rows = [line for line in chapters["Runbook"].splitlines() if line.startswith("| ")]
    assert len(rows) > 10 and all(line.count("|") == 4 for line in rows)
    assert "/api/kb/audio/*" in chapters["4. On AWS"] and "/api/kb/prefetch" in chapters["4. On AWS"]
    assert all(f"amplify {verb}" in chapters["4. On AWS"] for verb in ("init", "add hosting", "push"))
    assert "token" in chapters["Beta testers"] and "Feedback" in chapters["Beta testers"]
