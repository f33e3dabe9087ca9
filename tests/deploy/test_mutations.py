"""A hundred mistakes in each stack: every one is found by `terraform validate` with the real provider, at the place where it was made."""

import json

import pytest
from mutations import blocks_of, choose, in_rounds, mutate
from offline_terraform import APPLICATIONS, PROVIDER, ROOT, TREE, alone, copy_tree, init, modules_of, terraform, without_account

COUNT = 100


@pytest.fixture(scope="session")
def schema(tmp_path_factory):
    """The provider's own words on every resource."""
    place = ROOT / "build/terraform/schema.json"
    with alone(place.with_suffix(".lock")):
        if not place.exists():
            folder = tmp_path_factory.mktemp("schema")
            (folder / "main.tf").write_text('terraform {\n  required_providers {\n    aws = {\n      source = "hashicorp/aws"\n    }\n  }\n}\n')
            init(folder)
            place.write_text(terraform(folder, "providers", "schema", "-json").stdout)
    return json.loads(place.read_text())["provider_schemas"][PROVIDER]["resource_schemas"]


def make(tree, batch, schema):
    """Writes the mistakes of one round into the copy; each with the lines that its resource has then."""
    placed = []
    for path in {one[0].path for one in batch}:
        lines = (TREE / path).read_text().split("\n")
        here = sorted((one for one in batch if one[0].path == path), key=lambda one: one[0].begin, reverse=True)
        for block, kind, argument in here:
            changed = mutate(lines, block, kind, argument, schema)
            assert changed is not None and changed != lines
            grown = len(changed) - len(lines)
            placed = [(mistake, begin + grown, end + grown) if mistake[0].path == path else (mistake, begin, end) for mistake, begin, end in placed]
            placed.append(((block, kind, argument), block.begin + 1, block.end + grown))
            lines = changed
        (tree / path).write_text("\n".join(lines))
    return placed


def told(folder, tree):
    """Places (file, line) at which validate finds errors."""
    answer = json.loads(terraform(folder, "validate", "-json", check=False).stdout)
    places = []
    for one in answer["diagnostics"]:
        if one["severity"] == "error" and "range" in one:
            file = (folder / one["range"]["filename"]).resolve().relative_to(tree.resolve())
            places.append((str(file), one["range"]["start"]["line"]))
    assert not answer["valid"]
    return places


@pytest.mark.parametrize("stack", APPLICATIONS)
def test_every_mistake_is_found(stack, schema, tmp_path):
    tree = copy_tree(tmp_path)
    folder = tree / "stacks" / stack
    without_account(folder)
    init(folder)
    sources = [*(TREE / "stacks" / stack).glob("*.tf"), *(file for module in modules_of(stack) for file in module.glob("*.tf"))]
    blocks = [block for file in sorted(sources) for block in blocks_of(file) if block.kind in schema]
    for block in blocks:
        block.path = block.path.relative_to(TREE)
    chosen = choose(blocks, schema, COUNT, stack)
    assert len(chosen) == COUNT and len({kind for _, kind, _ in chosen}) == 4
    rounds = in_rounds(chosen)
    while rounds:
        batch = rounds.pop(0)
        placed = make(tree, batch, schema)
        places = told(folder, tree)
        found = [mistake for mistake, begin, end in placed
                 if any(file == str(mistake[0].path) and begin <= line <= end for file, line in places)]
        for path in {one[0].path for one in batch}:
            (tree / path).write_text((TREE / path).read_text())
        # What depends on a resource with a mistake is looked at in a later round, without that one.
        unseen = [mistake for mistake in batch if mistake not in found]
        assert found, "never found: " + "; ".join(f"{kind} {argument} in {block.path} {block.kind}.{block.name}" for block, kind, argument in unseen)
        if unseen:
            rounds.append(unseen)
