"""docs/first-application.md, executed: its files are written, its commands run in one shell, its answers are looked for. And what
docs/lua.md shows is loaded, and leaves out no operation."""

import os
import re
import subprocess

from programs import BINARY, PATIENCE, ROOT, clean_environment, free_port, run_cli

TUTORIAL, LUA = ROOT / "docs/first-application.md", ROOT / "docs/lua.md"
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.M | re.S)


def blocks_of(document):
    """(kind, file, text) of each block in its order."""
    return [match.groups() for match in BLOCK.finditer(document.read_text())]


def as_pattern(line):
    return ".*".join(re.escape(part) for part in line.strip().split("…"))


def run_in_one_shell(folder, blocks):
    """What each block of commands printed, both streams together."""
    script = "trap 'kill $(jobs -p) 2>/dev/null' EXIT\n"
    script += "".join(f"{{\n{text}\n}} > output.{number} 2>&1\n" for number, text in enumerate(blocks))
    environment = clean_environment()
    environment["PATH"] = f"{BINARY.parent}:{environment['PATH']}"
    done = subprocess.run(["bash", "-c", script], cwd=folder, env=environment, timeout=PATIENCE, check=False)
    assert done.returncode == 0
    return [(folder / f"output.{number}").read_text() for number in range(len(blocks))]


def test_every_step_of_the_tutorial_works_as_it_says(tmp_path):
    port, commands, expected = str(free_port()), [], []
    for kind, file, text in blocks_of(TUTORIAL):
        text = text.replace("8321", port)
        if file:  # a file is written where the tutorial stands, between two commands
            os.makedirs(tmp_path / "files" / os.path.dirname(file), exist_ok=True)
            (tmp_path / "files" / file).write_text(text)
            commands.append(f"mkdir -p $(dirname {file}) && cp files/{file} {file}")
            expected.append("")
        elif kind == "sh":
            commands.append(text)
            expected.append("")
        elif kind == "text":
            expected[-1] = text
    outputs = run_in_one_shell(tmp_path, commands)
    assert len([text for text in expected if text]) >= 6
    for command, output, wanted in zip(commands, outputs, expected):
        for line in filter(None, map(str.strip, wanted.splitlines())):
            assert re.search(as_pattern(line), output), f"after\n{command}\nthis was not seen: {line}\nbut this:\n{output}"


def test_the_examples_of_the_lua_manual_load(tmp_path):
    run_cli("new", "shop", folder=tmp_path)
    examples = [text for kind, _, text in blocks_of(LUA) if kind == "lua" and "route." in text]
    assert len(examples) == 4
    (tmp_path / "shop/routes.lua").write_text("\n".join(examples))
    assert "shop is right" in run_cli("check", "shop", folder=tmp_path).stdout


def test_the_lua_manual_names_every_operation():
    sources = "".join(path.read_text() for path in (ROOT / "src/app/operations").glob("*.cpp"))
    operations = set(re.findall(r'bind(?:_streaming)?\("([a-z_.]+)"', sources))
    assert len(operations) > 10
    manual = LUA.read_text()
    assert [name for name in sorted(operations) if f"slipway.{name}" not in manual] == []
