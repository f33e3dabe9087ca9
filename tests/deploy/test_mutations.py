"""A hundred mistakes in each stack: every one is found by `terraform validate` with the real provider, at the place where it was made."""

import json

import pytest
from mutations import blocks_of, choose, twin
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


def make(tree, chosen):
    """Writes the twins behind the resources of the copied files; each mistake with the file and the lines where it lies."""
    placed = []
    for path in sorted({one[0].path for one in chosen}):
        lines = (TREE / path).read_text().split("\n")
        grown = list(lines)
        for number, (block, kind, argument) in enumerate(chosen):
            if block.path == path:
                made = twin(lines, block, kind, argument, f"mistaken_{number}")
                placed.append((f"{kind} {argument} of {block.kind}.{block.name} in {path}", str(path), len(grown) + 1, len(grown) + len(made)))
                grown += made
        (tree / path).write_text("\n".join(grown))
    return placed


@pytest.mark.parametrize("stack", APPLICATIONS)
def test_every_mistake_is_found(stack, schema, tmp_path):
    tree = copy_tree(tmp_path)
    folder = tree / "stacks" / stack
    without_account(folder)
    init(folder)
    files = [*(TREE / "stacks" / stack).glob("*.tf"), *(file for module in modules_of(stack) for file in module.glob("*.tf"))]
    blocks = [block for file in sorted(files) for block in blocks_of(file) if block.kind in schema]
    for block in blocks:
        block.path = block.path.relative_to(TREE)
    chosen = choose(blocks, schema, COUNT, stack)
    assert len(chosen) == COUNT and len({kind for _, kind, _ in chosen}) == 4
    placed = make(tree, chosen)
    answer = json.loads(terraform(folder, "validate", "-json", check=False).stdout)
    assert not answer["valid"]
    errors = [one["range"] for one in answer["diagnostics"] if one["severity"] == "error" and "range" in one]
    places = [(str((folder / one["filename"]).resolve().relative_to(tree.resolve())), one["start"]["line"]) for one in errors]
    unseen = [mistake for mistake, path, begin, end in placed if not any(file == path and begin <= line <= end for file, line in places)]
    assert not unseen, "\n".join(unseen)
    # And nothing else is found: the resources themselves are as valid as before.
    assert all(any(file == path and begin <= line <= end for _, path, begin, end in placed) for file, line in places)
