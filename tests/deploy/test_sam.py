"""infra/sam: the template is right as far as that can be told without an account."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tomllib

import pytest
import yaml

from sam_template import ROOT, TEMPLATE, events, met, pending, resources, template

sys.path.insert(0, str(ROOT / "tests/end_to_end"))
from engines import folder  # noqa: E402  (its folder is known only now)

FUNCTIONS = ("auth", "kb", "curriculum", "metrics")
# The document's own words (phases B, C and D).
NAMED = """POST /api/auth/register, POST /api/auth/login, POST /api/auth/refresh, POST /api/auth/logout, GET /api/auth/me, POST /api/auth/forgot-password,
POST /api/auth/reset-password, GET /api/auth/verify-email, POST /api/auth/resend-verification, GET /api/auth/sessions, DELETE /api/auth/sessions/{id},
GET /api/kb/packs, POST /api/kb/packs, GET /api/kb/packs/{id}, PUT /api/kb/packs/{id}, DELETE /api/kb/packs/{id}, GET /api/kb/packs/{id}/questions,
POST /api/kb/packs/{id}/questions, GET /api/kb/questions, POST /api/kb/questions, GET /api/kb/questions/{id}, PUT /api/kb/questions/{id},
DELETE /api/kb/questions/{id}, GET /api/kb/domains, POST /api/kb/domains, GET /api/kb/categories, GET /api/curricula, GET /api/curricula/{id},
GET /api/curricula/{id}/subjects, GET /api/curricula/{id}/topics, GET /api/curricula/{id}/progress, GET /api/metrics/system, GET /api/metrics/sessions,
GET /api/metrics/users, GET /api/metrics/latency, GET /api/health"""
PENDING_MAX = 31  # may only become smaller: who gives the application a route takes its line away


def missing(what):
    if os.environ.get("SLIPWAY_ENGINES") == "required":
        pytest.fail(f"{what} is not installed")
    pytest.skip(f"{what} is not installed")


def test_cfn_lint_has_nothing_to_say():
    if shutil.which("cfn-lint") is None:
        missing("cfn-lint")
    done = subprocess.run(["cfn-lint", "--region", "us-east-1", "--non-zero-exit-code", "informational", "-t", TEMPLATE], capture_output=True, text=True,
                          timeout=300)
    if done.returncode != 0 and "command not found" in done.stderr:
        missing("cfn-lint")
    assert done.returncode == 0, done.stdout + done.stderr


TRANSLATE = """
import json, sys
from cfnlint.decode.cfn_yaml import load
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
class Session: region_name = "us-east-1"
template = json.loads(json.dumps(load(sys.argv[1])))
template["Globals"]["Function"]["CodeUri"] = "s3://bucket/key"
print(json.dumps(Translator({}, Parser(), boto_session=Session()).translate(template, {"Environment": "dev"})))
"""


@pytest.fixture(scope="module")
def translated():
    """What CloudFormation would be given: SAM's own translator, which cfn-lint brings along."""
    for python in filter(None, (shutil.which("python3"), sys.executable)):
        done = subprocess.run([python, "-c", TRANSLATE, TEMPLATE], capture_output=True, text=True, timeout=300)
        if done.returncode == 0:
            return json.loads(done.stdout)["Resources"]
        assert "No module named" in done.stderr, done.stderr
    return missing("aws-sam-translator")


def test_each_event_becomes_a_method_that_calls_its_function(translated):
    """U64: also that the core service's route stays beside them, which SAM has to merge."""
    paths = translated["Api"]["Properties"]["Body"]["paths"]
    for key, routes in events().items():
        for method, path in routes:
            integration = paths[path][method.lower()]["x-amazon-apigateway-integration"]
            assert integration["type"] == "aws_proxy" and f"{key.capitalize()}FunctionAliaslive" in json.dumps(integration["uri"])
    assert paths["/{proxy+}"]["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"]["type"] == "http_proxy"
    called = {path for path, methods in paths.items() for one in methods.values() if one["x-amazon-apigateway-integration"]["type"] == "aws_proxy"}
    assert called == {path for routes in events().values() for _, path in routes}
    permissions = [one for one in translated.values() if one["Type"] == "AWS::Lambda::Permission"]
    assert len(permissions) == sum(map(len, events().values()))


def test_what_sam_adds_is_no_more_than_is_needed(translated):
    """Roles: logs, network, traces and two secrets; nobody else may call a function."""
    roles = {name: one["Properties"] for name, one in translated.items() if one["Type"] == "AWS::IAM::Role"}
    assert len(roles) == 4
    for role in roles.values():
        assert {str(arn).split("/")[-1] for arn in role["ManagedPolicyArns"]} == {
            "AWSLambdaBasicExecutionRole", "AWSXrayWriteOnlyAccess", "AWSLambdaVPCAccessExecutionRole", "{'Ref': 'FunctionPolicy'}"}
        assert "Policies" not in role
    assert all(one["Properties"]["Principal"] == "apigateway.amazonaws.com" for one in translated.values() if one["Type"] == "AWS::Lambda::Permission")


def test_four_functions_of_one_zip():
    """U47, U49, U73: the same binary, as the manifest names them; no secret in the environment; a bound on connections."""
    found = resources("AWS::Serverless::Function")
    assert sorted(events()) == sorted(FUNCTIONS)
    assert all("CodeUri" not in function["Properties"] for function in found.values())
    shared = template()["Globals"]["Function"]
    assert shared["Runtime"] == "provided.al2023" and shared["Tracing"] == "Active" and shared["Timeout"] <= 29
    assert shared["ReservedConcurrentExecutions"] == {"!Ref": "Concurrency"}
    variables = shared["Environment"]["Variables"]
    assert not [name for name in variables if re.search("(SECRET|PASSWORD|TOKEN|KEY|DATABASE_URL)$", name)]
    assert "DatabaseSecretArn" in variables["SECRETS"]["!Sub"] and "AuthSecretArn" in variables["SECRETS"]["!Sub"]
    limits = template()["Parameters"]["Concurrency"]
    connections = template()["Parameters"]["DatabaseConnectionsMax"]["Default"]
    assert 4 * limits["Default"] < connections and limits["MaxValue"] * 4 <= 80
    assert "ProvisionedConcurrencyConfig" in found["AuthFunction"]["Properties"]


def test_one_event_per_route_and_no_catch_all():
    """U48: all that the document names, each once, each of the function whose manifest entry has it."""
    routes = [route for routes in events().values() for route in routes]
    assert len(routes) == len(set(routes))
    assert {f"{method} {path}" for method, path in routes} >= {name.strip() for name in NAMED.split(",")}
    assert not [path for _, path in routes if "+" in path or "*" in path] and not [method for method, _ in routes if method in ("ANY", "*")]
    manifest = yaml.safe_load((ROOT / "apps/unamentis/app.yaml").read_text())["functions"]
    for key, asked in events().items():
        for _, path in asked:
            fits = [path.startswith(route[:-1]) if route.endswith("*") else path == route for route in manifest[key]["routes"]]
            assert any(fits), f"{key} has an event for {path}, which its routes in app.yaml leave out"


def test_reading_functions_have_reading_events():
    """U35."""
    assert {method for key in ("curriculum", "metrics") for method, _ in events()[key]} == {"GET"}


def test_what_is_the_core_service_s_meets_no_function():
    """U26: audio, prefetch, sockets and writes are not the functions'."""
    paths = {path for routes in events().values() for _, path in routes}
    for path in ("/api/kb/audio/{id}", "/api/kb/prefetch", "/ws", "/ws/audio", "/api/tts", "/api/metrics", "/api/metrics/ingest"):
        assert met(path, paths) is None


def test_the_list_of_what_is_to_come_only_shrinks():
    lines = pending()
    assert len(lines) <= PENDING_MAX and set(lines) <= {route for routes in events().values() for route in routes}
    assert all("issue" in brings for brings in lines.values())


def test_alarms_dashboards_logs_and_traces():
    """U69 to U72: six alarms with the document's limits, two dashboards, retention for each log group, saved queries, X-Ray."""
    alarms = {name: one["Properties"] for name, one in resources("AWS::CloudWatch::Alarm").items()}
    limits = {name: alarm["Threshold"] for name, alarm in alarms.items()}
    assert limits == {"ErrorRateAlarm": 1, "DurationAlarm": 5000, "ApiErrorAlarm": 0.01, "CoreCpuAlarm": 80, "CoreMemoryAlarm": 80,
                      "DatabaseConnectionsAlarm": {"!Ref": "DatabaseConnectionsMax"}}
    assert all(alarm["AlarmActions"] == [{"!Ref": "AlarmTopicArn"}] for alarm in alarms.values())
    assert len(resources("AWS::CloudWatch::Dashboard")) == 2 and len(resources("AWS::Logs::QueryDefinition")) == 2
    for dashboard in resources("AWS::CloudWatch::Dashboard").values():
        body = re.sub(r"\$\{[A-Za-z:]+\}", "x", dashboard["Properties"]["DashboardBody"]["!Sub"])
        assert json.loads(body)["widgets"]
    groups = resources("AWS::Logs::LogGroup")
    assert len(groups) == 5 and all(one["Properties"]["RetentionInDays"] == {"!Ref": "LogRetentionDays"} for one in groups.values())
    for function in resources("AWS::Serverless::Function").values():
        assert function["Properties"]["LoggingConfig"]["LogGroup"]["!Ref"] in groups
    api = resources("AWS::Serverless::Api")["Api"]["Properties"]
    assert api["TracingEnabled"] is True and "query" not in api["AccessLogSetting"]["Format"].lower()
    assert api["MethodSettings"][0]["DataTraceEnabled"] is False


def sam_validate(place):
    """AWS's own tool, without an account and a network: the template as it is transformed, and cfn-lint's rules over that."""
    return subprocess.run(["/usr/bin/python3", "-m", "samcli", "validate", "--lint", "--region", "us-east-1", "--template", place / "template.yaml"],
                          cwd=place, capture_output=True, text=True, timeout=240, check=False,
                          env={"PATH": "/usr/bin:/bin", "HOME": str(place), "PYTHONPATH": str(folder("sam")), "PYTHONDONTWRITEBYTECODE": "1",
                               "SAM_CLI_TELEMETRY": "0", "AWS_EC2_METADATA_DISABLED": "true"})


@pytest.mark.parametrize("before,after,said", [
    ("", "", "valid SAM Template"), ("[!Ref DatabaseSecretArn", "[!Ref NobodysSecretArn", "NobodysSecretArn"), ("    Handler: auth", "    Handlr: auth", "Handlr")])
def test_sam_itself_finds_the_template_valid(before, after, said, tmp_path):
    text = TEMPLATE.read_text()
    assert before in text
    (tmp_path / "template.yaml").write_text(text.replace(before, after, 1) if before else text)
    done = sam_validate(tmp_path)
    assert said in done.stdout + done.stderr and (done.returncode == 0) == (not before), done.stdout + done.stderr


def test_samconfig_fits_the_template():
    config = tomllib.loads((ROOT / "infra/sam/samconfig.toml").read_text())
    parameters = template()["Parameters"]
    for name in ("default", "staging", "prod"):
        deploy = config[name]["deploy"]["parameters"]
        given = dict(entry.split("=", 1) for entry in deploy["parameter_overrides"])
        assert set(given) <= set(parameters)
        assert given["Environment"] == {"default": "dev"}.get(name, name) and re.fullmatch(parameters["CoreUrl"]["AllowedPattern"], given["CoreUrl"])
        stored = {key: given.get(key, parameters[key]["Default"]) for key, one in parameters.items() if one["Type"].startswith("AWS::SSM")}
        assert all(value.startswith(f"/unamentis/{given['Environment']}/functions/") for value in stored.values())
        assert deploy["confirm_changeset"] is (name != "default"), "staging and prod show their changes first"


def test_terraform_writes_what_is_read_here():
    """The names in the Parameter Store, and the same routes for who takes Terraform's functions."""
    stack = ROOT / "infra/terraform/stacks/unamentis"
    if not (stack / "functions.tf").exists():
        pytest.skip("the stack of Terraform is not there")
    text = (stack / "functions.tf").read_text()
    for parameter in template()["Parameters"].values():
        if parameter["Type"].startswith("AWS::SSM"):
            assert re.search(rf"^\s*{parameter['Default'].split('/')[-1]}\s*=", text, re.M), parameter["Default"]
    theirs = {route for routes in json.loads((stack / "functions.json").read_text()).values() for route in routes}
    assert theirs <= {f"{method} {path}" for routes in events().values() for method, path in routes}


def test_no_place_of_somebody_in_it():
    for path in (ROOT / "infra/sam").iterdir():
        assert not re.search(r"\b\d{12}\b|AKIA|/home/|/root/", pathlib.Path(path).read_text()), path
