"""The README of each module and stack has the tables that its variables and outputs make, and every value is described."""

import re
import subprocess
import sys

import pytest
from offline_terraform import MODULES, ROOT, STACKS, TREE


def test_tables_are_those_of_the_files():
    done = subprocess.run([sys.executable, str(ROOT / "scripts/terraform-docs.py"), "--check"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("folder", [f"modules/{name}" for name in MODULES] + [f"stacks/{name}" for name in STACKS])
def test_every_folder_says_what_it_is(folder):
    readme = (TREE / folder / "README.md").read_text()
    assert readme.startswith("# ") and "```" in readme
    for kind in ("variables", "outputs"):
        if not (TREE / folder / f"{kind}.tf").exists():
            continue
        text = (TREE / folder / f"{kind}.tf").read_text()
        blocks = re.findall(r'^(?:variable|output) "(\w+)" \{\n(.*?)^\}$', text, re.MULTILINE | re.DOTALL)
        assert blocks
        for name, body in blocks:
            assert re.search(r"^  description\s*= ", body, re.MULTILINE), f"{folder}: {name} has no description"
            assert kind == "outputs" or re.search(r"^  type\s*= ", body, re.MULTILINE), f"{folder}: {name} has no type"
            assert f"| `{name}` |" in readme
