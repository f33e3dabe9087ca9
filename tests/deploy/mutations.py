"""Mistakes that people make in Terraform, made on purpose: in twins of a tree's resources, which a seed chooses. A twin is the resource word for
word under another name, with one mistake. Nothing depends on it, so that no mistake hides another, and one `terraform validate` sees them all."""

import random
import re

HEAD = re.compile(r'^resource "(\w+)" "(\w+)" \{$')
ARGUMENT = re.compile(r"^  (\w+)(\s*)= (.*)$")
META = {"count", "for_each", "provider", "depends_on", "lifecycle"}
KINDS = ("renamed argument", "wrong type", "missing argument", "unknown block")


class Block:
    """A resource in a file: its lines [begin, end), and its arguments as name to [begin, end)."""

    def __init__(self, path, begin, lines):
        self.path, self.begin, self.wrong = path, begin, {}
        self.kind, self.name = HEAD.match(lines[begin]).groups()
        self.end = next(at for at in range(begin, len(lines)) if lines[at] == "}") + 1
        self.arguments = {}
        at = begin + 1
        while at < self.end - 1:
            found = ARGUMENT.match(lines[at])
            last = at + 1
            if found:
                # Until the brackets are closed again: formatted code never ends an expression elsewhere.
                while last < self.end - 1 and not re.match(r"^(  [\w}]|$|  #)", lines[last]):
                    last += 1
                if last < self.end - 1 and re.match(r"^  [)\]}]", lines[last]):
                    last += 1
                if found[1] not in META:
                    self.arguments[found[1]] = (at, last)
            at = last


def blocks_of(path):
    lines = path.read_text().split("\n")
    return [Block(path, at, lines) for at, line in enumerate(lines) if HEAD.match(line)]


def _wrong(kind):
    """A value that no attribute of this type takes: scalars become an object, collections a truth."""
    return "{ wrong = [true] }" if isinstance(kind, str) else "true"


def twin(lines, block, kind, argument, name):
    """The lines of the resource under another name, with one mistake."""
    head = f'resource "{block.kind}" "{name}" {{'
    if kind == "unknown block":
        return [head, *lines[block.begin + 1:block.end - 1], "", "  mistaken_block {", "  }", "}"]
    begin, end = block.arguments[argument]
    before, after = lines[block.begin + 1:begin], lines[end:block.end]
    if kind == "renamed argument":
        return [head, *before, lines[begin].replace(argument, argument + "_mistaken", 1), *lines[begin + 1:end], *after]
    if kind == "wrong type":
        return [head, *before, f"  {argument} = {block.wrong[argument]}", *after]
    return [head, *before, *after]


def choose(blocks, schema, count, seed):
    """`count` different mistakes as (block, kind, argument), the same ones for the same seed, all kinds equally often while they last."""
    by_kind = {kind: [] for kind in KINDS}
    for block in blocks:
        by_kind["unknown block"].append((block, "unknown block", ""))
        for argument in block.arguments:
            attribute = schema[block.kind]["block"]["attributes"].get(argument)
            if attribute is None:
                continue
            by_kind["renamed argument"].append((block, "renamed argument", argument))
            by_kind["wrong type"].append((block, "wrong type", argument))
            block.wrong[argument] = _wrong(attribute["type"])
            if attribute.get("required"):
                by_kind["missing argument"].append((block, "missing argument", argument))
    chance = random.Random(seed)
    for one in by_kind.values():
        chance.shuffle(one)
    chosen = []
    while len(chosen) < count and any(by_kind.values()):
        for kind in KINDS:
            if by_kind[kind] and len(chosen) < count:
                chosen.append(by_kind[kind].pop())
    return chosen
