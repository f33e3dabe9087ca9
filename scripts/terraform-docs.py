#!/usr/bin/env python3
"""Writes the tables of inputs and outputs of Terraform's modules and stacks into their README.md.

    scripts/terraform-docs.py            writes what lies between the markers
    scripts/terraform-docs.py --check    writes nothing; names what is out of date, and ends with 1 then

They come from variables.tf and outputs.tf beside the README.md, which must have the lines <!-- tables --> and <!-- /tables -->.
"""
import argparse
import pathlib
import re
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent / "infra" / "terraform"
BEGIN, END = "<!-- tables -->\n", "<!-- /tables -->"
BLOCK = re.compile(r'^(variable|output) "([^"]+)" \{\n(.*?)^\}$', re.MULTILINE | re.DOTALL)
HEREDOC = re.compile(r"<<-(\w+)\n(.*?)^\s*\1$", re.MULTILINE | re.DOTALL)


def blocks(path):
    """Name and body of each variable or output of a file, in its order."""
    return [(name, body) for _, name, body in BLOCK.findall(path.read_text(encoding="utf-8"))]


def argument(body, name):
    """The source of an argument: one line, or all lines up to where its brackets are closed; None when it is missing."""
    found = re.search(rf"^  {name}\s*= ", body, re.MULTILINE)
    if not found:
        return None
    lines, depth = [], 0
    for line in body[found.end():].split("\n"):
        lines.append(line)
        plain = re.sub(r'"(?:[^"\\]|\\.)*"', "", line)
        depth += sum(plain.count(c) for c in "([{") - sum(plain.count(c) for c in ")]}")
        if depth <= 0:
            break
    return textwrap.dedent("\n".join(lines)).strip()


def description(body):
    heredoc = HEREDOC.search(body)
    if heredoc:
        paragraphs = textwrap.dedent(heredoc[2]).strip().split("\n\n")
        return "<br>".join(" ".join(paragraph.split()) for paragraph in paragraphs)
    text = argument(body, "description")
    if not text:
        raise SystemExit(f"without a description: {body}")
    return text.strip('"').replace('\\"', '"')


def cell(text):
    return text.replace("|", "\\|")


def code(source):
    """Source as one line of a table; a type of many members is told by its description."""
    short = " ".join(re.sub(r"\s*#.*", "", source).split())
    short = re.sub(r"^(map|list|set)\(object\(\{.*$", r"\1(object)", short)
    short = re.sub(r"^object\(\{.*$", "object", short)
    return f"`{cell(short)}`" if len(short) <= 60 else f"`{cell(short[:57])}…`"


def inputs(folder):
    rows = ["| Input | Type | Default | |", "|---|---|---|---|"]
    for name, body in blocks(folder / "variables.tf"):
        default = argument(body, "default")
        rows.append(f"| `{name}` | {code(argument(body, 'type'))} | {'required' if default is None else code(default)} | {cell(description(body))} |")
    return rows


def outputs(folder):
    rows = ["| Output | |", "|---|---|"]
    return rows + [f"| `{name}` | {cell(description(body))} |" for name, body in blocks(folder / "outputs.tf")]


def filled(readme):
    """The text that a README.md should have."""
    text = readme.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        raise SystemExit(f"{readme}: the lines {BEGIN.strip()} and {END} are missing")
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    parts = [inputs(readme.parent)] if (readme.parent / "variables.tf").exists() else []
    parts += [outputs(readme.parent)] if (readme.parent / "outputs.tf").exists() else []
    return before + BEGIN + "\n" + "\n\n".join("\n".join(part) for part in parts) + "\n\n" + END + after


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--check", action="store_true", help="write nothing, tell what is out of date")
    check = parser.parse_args().check
    stale = []
    for readme in sorted(ROOT.glob("*/*/README.md")):
        text = filled(readme)
        if text == readme.read_text(encoding="utf-8"):
            continue
        stale.append(str(readme.relative_to(ROOT.parent.parent)))
        if not check:
            readme.write_text(text, encoding="utf-8")
    if stale:
        print(("out of date, run scripts/terraform-docs.py: " if check else "written: ") + ", ".join(stale))
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
