"""rows.tsv of each stack: every row of the checklist that the deployment has to answer, where it is answered, and the test that shows it.

States: `done`; `otherwise` (done, in another way than the document's: ARCHITECTURE.md says why) and `account` (prepared; seen true in an account
only), which both name the offline test that stands in; `open`."""

import json
import re

import pytest
from offline_terraform import APPLICATIONS, ENVIRONMENTS, ROOT, TREE, plan

STATES = ("done", "otherwise", "account", "open")


def rows_of(stack):
    lines = (TREE / "stacks" / stack / "rows.tsv").read_text().splitlines()
    assert lines[0] == "row\tstate\twhere\ttest"
    return [dict(zip(("row", "state", "where", "test"), line.split("\t"), strict=True)) for line in lines[1:]]


def required(stack):
    lines = (ROOT / "tests/deploy/required_rows.tsv").read_text().splitlines()[1:]
    return {row for name, row in (line.split("\t") for line in lines) if name == stack}


def exists(test):
    """FILE::FUNCTION of a Python test, FILE::RUN of a Terraform test, or FILE::NAME of a C++ one."""
    file, _, name = test.partition("::")
    path = ROOT / file
    if not path.is_file() or not name:
        return False
    if path.suffix == ".py":
        return bool(re.search(rf"^    ?(?:async )?def {re.escape(name)}\(|^(?:async )?def {re.escape(name)}\(", path.read_text(), re.MULTILINE))
    return name in path.read_text()


@pytest.mark.parametrize("stack", APPLICATIONS)
def test_every_row_is_there_once(stack):
    rows = [one["row"] for one in rows_of(stack)]
    assert len(rows) == len(set(rows)) and rows == sorted(rows)
    assert set(rows) == required(stack)


@pytest.mark.parametrize("stack", APPLICATIONS)
def test_every_row_resolves(stack):
    addresses = {}
    wrong = []
    for one in rows_of(stack):
        environment, colon, address = one["where"].partition(":")
        if colon and environment in (*ENVIRONMENTS, "bare"):
            if environment not in addresses:
                addresses[environment] = set(plan(stack, environment).resources)
            if address not in addresses[environment]:
                wrong.append(f"{one['row']}: {one['where']} is not planned")
        elif one["state"] != "open" and not (ROOT / one["where"]).exists():
            wrong.append(f"{one['row']}: {one['where']} is neither planned nor a file")
        if one["state"] not in STATES:
            wrong.append(f"{one['row']}: the state is one of {STATES}")
        elif one["state"] == "open":
            if one["test"] != "-":
                wrong.append(f"{one['row']} is open, and names a test")
        elif not exists(one["test"]):
            wrong.append(f"{one['row']}: the test {one['test']} is not there")
    assert not wrong, "\n".join(wrong)


def test_what_is_open_is_counted(capsys, record_property):
    """Nothing is hidden: the numbers are printed, and stand in the report of the tests."""
    counts = {stack: {state: sum(one["state"] == state for one in rows_of(stack)) for state in STATES} for stack in APPLICATIONS}
    record_property("rows", json.dumps(counts))
    with capsys.disabled():
        for stack, states in counts.items():
            left = [one["row"] for one in rows_of(stack) if one["state"] == "open"]
            print(f"\n{stack}: " + ", ".join(f"{number} {state}" for state, number in states.items()) + (f" ({' '.join(left)})" if left else ""))
    assert sum(states["done"] + states["otherwise"] for states in counts.values()) > 0
