"""`slipway plan`: what the five documents ask for contradicts itself and is priced; the stacks keep what they promise; every rule speaks."""

import functools
import hashlib
import json
import shutil
import sys

import pytest
from programs import ROOT, run_cli

sys.path.insert(0, str(ROOT / "tests/deploy"))
import offline_terraform as offline  # noqa: E402
import plan_mutations  # noqa: E402

AS_WRITTEN = ROOT / "tests/deploy/as-written"
ERRORS, NONE = 1, 0


def as_written(stack, values="dev", *variables):
    """The plan of a document's raw values, as JSON in a file; made once for files that are the same."""
    offline.program(), offline.plugins()
    digest = hashlib.sha256(repr(variables).encode())
    for one in sorted((AS_WRITTEN / stack).rglob("*.tf*")):
        digest.update(one.read_bytes())
    made = ROOT / "build/terraform/as-written" / f"{stack}-{values}-{digest.hexdigest()[:16]}.json"
    with offline.alone(made.with_suffix(".lock")):
        if not made.exists():
            folder = made.with_suffix(".work")
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(AS_WRITTEN / stack, folder)
            offline.without_account(folder)
            offline.init(folder)
            files = [f"-var-file={values}.tfvars"] if (folder / f"{values}.tfvars").exists() else []
            offline.terraform(folder, "plan", "-no-color", "-out=plan.out", *files, *(f"-var={one}" for one in variables))
            made.write_text(offline.terraform(folder, "show", "-json", "plan.out").stdout)
            shutil.rmtree(folder)
    return made


def review(stack, plan, *more, values="dev", check=None):
    done = run_cli("plan", ROOT / "apps" / stack, "--env", values, "--plan", plan, "--format", "json", *more, folder=ROOT, check=check)
    assert done.returncode in (NONE, ERRORS), done.stderr
    return json.loads(done.stdout)


def review_as_written(stack, values="dev", *variables):
    folder = AS_WRITTEN / stack
    return review(stack, as_written(stack, values, *variables), "--stack", folder, "--values", folder, "--estimate",
                  ROOT / "apps" / stack / "deploy/estimate.json", values=values)


@functools.cache
def real(stack, values):
    return review(stack, offline.plan_files(stack, values) / "plan.json", values=values)


def expected():
    rows = [line.split("\t") for line in (AS_WRITTEN / "expected.tsv").read_text().splitlines()[1:]]
    return sorted({(stack, values) for stack, values, *_ in rows}), rows


@pytest.mark.parametrize("stack, values", expected()[0])
def test_the_documents_contradict_themselves_as_listed(stack, values):
    found = {one["rule"] for one in review_as_written(stack, values)["findings"] if one["rule"][0] == "C" and one["rule"][1:].isdigit()}
    assert found == {row[2] for row in expected()[1] if row[:2] == [stack, values]}


@pytest.mark.parametrize("stack, values, variables, usd", [
    ("rikai", "dev", [], 140), ("deepscifi", "dev", ["rds_instance_class=db.t3.micro"], 96), ("deepscifi", "dev", [], 136),
    ("deepscifi", "dev", ["rds_multi_az=true"], 191), ("wwhd", "dev", ["desired_count=1"], 90), ("wwhd", "dev", [], 126),
    ("postmagiq", "dev", [], 153), ("postmagiq", "prod", [], 946), ("unamentis", "dev", [], 79)])
def test_prices_of_the_documents_are_those_worked_out_by_hand(stack, values, variables, usd):
    price = review_as_written(stack, values, *variables)["price"]
    assert price["total"] == pytest.approx(usd, abs=1)
    assert sum(line["usd"] for line in price["lines"]) == pytest.approx(price["total"], abs=0.05)
    assert all(line["source"] and line["date"] and line["confidence"] in "ABC" for line in price["lines"])


@pytest.mark.parametrize("stack, values, usd", [
    ("rikai", "economy", 62.50), ("deepscifi", "economy", 45), ("postmagiq", "economy", 70), ("unamentis", "economy", 50),
    ("wwhd", "economy", 50), ("postmagiq", "dev", 140), ("wwhd", "dev", 100)])
def test_a_stack_keeps_its_price(stack, values, usd):
    found = real(stack, values)
    assert 10 < found["price"]["total"] <= usd
    assert not [one for one in found["findings"] if one["rule"].startswith("price.") and one["severity"] == "error"]


@pytest.mark.parametrize("stack", ["rikai", "deepscifi", "wwhd", "postmagiq", "unamentis"])
def test_no_stack_has_an_error(stack):
    """But for what waivers.tsv waives, with reason and end."""
    found = real(stack, "economy")
    assert [(one["rule"], one["resource"]) for one in found["findings"] if one["severity"] == "error"] == []


def changed(document, change):
    again = json.loads(json.dumps(document))
    change(again)
    return again


def written(tmp_path, document):
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(document))
    return file


def test_a_larger_class_and_another_gateway_cost_more(tmp_path):
    plan = json.loads(as_written("deepscifi").read_text())
    before = review("deepscifi", as_written("deepscifi"))["price"]["total"]
    larger = changed(plan, plan_mutations.put("aws_db_instance", "instance_class", "db.t3.large"))
    assert review("deepscifi", written(tmp_path, larger))["price"]["total"] == pytest.approx(before + 730 * (0.145 - 0.072), abs=0.02)
    gateway = changed(plan, plan_mutations.all_of(plan_mutations.add("aws_nat_gateway", "more"), plan_mutations.add("aws_eip", "more")))
    assert review("deepscifi", written(tmp_path, gateway))["price"]["total"] == pytest.approx(before + 36.50, abs=0.02)


def test_what_has_no_price_is_an_error(tmp_path):
    plan = json.loads(as_written("deepscifi").read_text())
    for change in (plan_mutations.add("aws_quantum_annealer", "one"), plan_mutations.put("aws_db_instance", "instance_class", "db.t99.huge")):
        found = review("deepscifi", written(tmp_path, changed(plan, change)), check=ERRORS)
        assert [one["severity"] for one in found["findings"] if one["rule"] == "price.unknown"] == ["error"]


@functools.cache
def bases():
    """Plans on which the rules are tried: each with what was found of it."""
    plans = [(stack, offline.plan_files(stack, values) / "plan.json") for stack, values in
             (("postmagiq", "full"), ("unamentis", "full"), ("wwhd", "dev"))] + [("rikai", as_written("rikai"))]
    return [(stack, json.loads(plan.read_text()), places(review(stack, plan, values="prod"))) for stack, plan in plans]


def places(found):
    return {(one["rule"], one["resource"]) for one in found["findings"]}


def all_rules():
    done = run_cli("plan", "--rules", folder=ROOT)
    return [line.split("`")[1] for line in done.stdout.splitlines()[2:]]


def test_the_manual_lists_the_rules():
    assert run_cli("plan", "--rules", folder=ROOT).stdout in (ROOT / "docs/plan.md").read_text()


def test_each_rule_has_a_change_that_breaks_it():
    assert sorted(plan_mutations.BREAKS) == all_rules()


@pytest.mark.parametrize("rule", [*plan_mutations.BREAKS, *plan_mutations.CONTRADICTS])
def test_a_broken_plan_is_found(rule, tmp_path):
    tried = []
    for stack, plan, before in bases():
        mended = plan_mutations.mended(plan, rule)
        broken = plan_mutations.broken(plan, rule)
        if broken == mended:  # nothing of the kind is in it
            continue
        if rule in plan_mutations.MENDS:
            before = places(review(stack, written(tmp_path, mended), values="prod"))
        after = places(review(stack, written(tmp_path, broken), values="prod"))
        if [one for one in after - before if one[0] == rule]:
            return
        tried.append(stack)
    pytest.fail(f"{rule} says nothing new about {tried}")


def test_roles_of_functions_are_held_against_what_they_call(tmp_path):
    plan = json.loads((offline.plan_files("unamentis", "full") / "plan.json").read_text())
    of_functions = 'module.lambda["functions"].aws_iam_role'
    assert not [one for one in places(review("unamentis", written(tmp_path, plan), values="prod")) if one[0].startswith("iam.") and of_functions in one[1]]
    for one in plan_mutations.resources(plan, "aws_iam_role_policy"):
        if one["address"] == f'{of_functions}_policy.base["kb"]':
            one["values"]["policy"] = plan_mutations.policy("dynamodb:PutItem", "arn:aws:dynamodb:us-east-1:1:table/one")
    found = review("unamentis", written(tmp_path, plan), values="prod")["findings"]
    assert [one["resource"] for one in found if one["rule"] == "iam.unused" and "dynamodb:PutItem" in one["message"]] == [f'{of_functions}.this["kb"]']


def test_a_waiver_has_a_reason_and_an_end(tmp_path):
    plan, waivers = as_written("rikai"), tmp_path / "waivers.tsv"
    head = "resource\trule\treason\tend\n"
    waivers.write_text(head + "rikai:aws_lb.main\talb.https\tTLS ends at the edge in front of it\t2999-12-31\n")
    found = {one["rule"]: one for one in review("rikai", plan, "--waivers", waivers)["findings"]}
    assert found["alb.https"]["severity"] == "note" and "TLS ends at the edge" in found["alb.https"]["waived"]
    waivers.write_text(head + "rikai:aws_lb.main\talb.https\tTLS ends at the edge in front of it\t2020-12-31\n")
    found = {one["rule"]: one for one in review("rikai", plan, "--waivers", waivers)["findings"]}
    assert found["alb.https"]["severity"] == "error" and found["waiver.expired"]["severity"] == "error"
    waivers.write_text(head + "rikai:aws_lb.main\talb.https\t\t2999-12-31\n")
    assert "Line 2 of the waivers" in run_cli("plan", ROOT / "apps/rikai", "--plan", plan, "--waivers", waivers, folder=ROOT, check=1).stderr


def test_no_value_of_a_secret_is_shown(tmp_path):
    plan = json.loads(as_written("rikai").read_text())
    for rule in ("rds.password", "secret.state"):
        plan = plan_mutations.broken(plan, rule)
    plan_mutations.put("aws_rds_cluster", "master_password", "canary-of-a-password")(plan)
    for form in ("text", "json", "markdown"):
        done = run_cli("plan", ROOT / "apps/rikai", "--plan", written(tmp_path, plan), "--format", form, folder=ROOT, check=1)
        assert "secret.state" in done.stdout and "rds.password" in done.stdout
        assert "canary" not in done.stdout + done.stderr


def test_terraform_runs_on_a_copy(tmp_path):
    """The whole command, with the real provider: nothing is left in the stack, and the answer is that of a plan made by hand."""
    environment = {"SLIPWAY_TERRAFORM_PLUGINS": str(offline.plugins())}
    stack = tmp_path / "stack"
    shutil.copytree(AS_WRITTEN / "deepscifi", stack)
    before = sorted(one.name for one in stack.iterdir())
    done = run_cli("plan", ROOT / "apps/deepscifi", "--stack", stack, "--values", stack, "--format", "json", folder=tmp_path, check=1,
                   environment=environment)
    assert json.loads(done.stdout)["price"]["total"] == review_as_written("deepscifi")["price"]["total"]
    assert sorted(one.name for one in stack.iterdir()) == before
    (stack / "more.tf").write_text('resource "aws_sqs_queue" "one" {\n  nme = "misspelt"\n}\n')
    refused = run_cli("plan", ROOT / "apps/deepscifi", "--stack", stack, "--values", stack, folder=tmp_path, check=1, environment=environment)
    assert "terraform plan` refused" in refused.stderr and '"nme"' in refused.stderr


def test_without_terraform_it_says_what_to_do(tmp_path):
    empty = tmp_path / "bin"
    empty.mkdir()
    refused = run_cli("plan", ROOT / "apps/rikai", "--stack", AS_WRITTEN / "rikai", folder=tmp_path, check=1, environment={"PATH": str(empty)})
    assert "Terraform is not installed" in refused.stderr and "--plan FILE" in refused.stderr


def test_wrong_use(tmp_path):
    assert "needs the folder of an application" in run_cli("plan", folder=tmp_path, check=2).stderr
    assert run_cli("plan", ROOT / "apps/rikai", "--format", "song", folder=tmp_path, check=2).stderr
    (tmp_path / "no.json").write_text('{"format_version": "9.0"}')
    assert "is no plan of Terraform" in run_cli("plan", ROOT / "apps/rikai", "--plan", tmp_path / "no.json", folder=tmp_path, check=1).stderr
    (tmp_path / "traffic.json").write_text('{"dev": {"s3_gbb": 1}}')
    refused = run_cli("plan", ROOT / "apps/rikai", "--plan", tmp_path / "no.json", "--traffic", tmp_path / "traffic.json", folder=tmp_path, check=1)
    assert "s3_gbb" in refused.stderr


@pytest.mark.parametrize("stack", ["rikai", "deepscifi", "wwhd", "postmagiq", "unamentis"])
def test_without_the_provider_its_schema_says_the_same(stack, tmp_path):
    """What a user has in the first hour: no provider, no account, no network."""
    offline.program()
    done = run_cli("plan", ROOT / "apps" / stack, "--env", "economy", "--format", "json", folder=tmp_path, check=None,
                   environment={"HOME": str(tmp_path)})
    if "registry" in done.stderr:
        offline.missing("the program was built without the schema: scripts/install.sh aws-schema")
    assert done.returncode == NONE and "schema of AWS provider" in done.stderr, done.stderr
    mine = json.loads(done.stdout)
    offline.plugins()
    theirs = json.loads(run_cli("plan", ROOT / "apps" / stack, "--env", "economy", "--format", "json", "--plugins", offline.plugins(),
                                folder=tmp_path, check=None).stdout)
    assert mine["price"]["total"] == theirs["price"]["total"]
    rules = [sorted((one["rule"], one["resource"]) for one in found["findings"] if one["severity"] != "note") for found in (mine, theirs)]
    assert rules[0] == rules[1]
    assert len(mine["changes"]) == len(theirs["changes"])
