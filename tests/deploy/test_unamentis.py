"""The stack of UnaMentis is what its document describes: read from real plans of each environment."""

import json
import re

import pytest
from offline_terraform import ROOT, TREE, plan



def cloudflare():
    """What the script is to make of Cloudflare, as the plan knows it."""
    return json.loads(plan("unamentis", "full").document["planned_values"]["outputs"]["cloudflare"].get("value") or "null")


def test_the_network_has_both_kinds_of_subnets_and_a_nat_instance():
    for environment in ("dev", "economy", "prod"):
        made = plan("unamentis", environment)
        assert len([one for one in made.of("aws_subnet")]) == 4
        assert not made.of("aws_nat_gateway") and [one["instance_type"] for one in made.of("aws_instance").values()] == ["t4g.nano"]


def test_the_database_and_the_cache_of_speech():
    made = plan("unamentis", "prod")
    database = made.values("module.rds.aws_db_instance.this")
    assert database["instance_class"] == "db.t4g.micro" and database["storage_encrypted"] and not database["publicly_accessible"]
    names = {one["bucket"] for one in made.of("aws_s3_bucket").values()}
    assert names == {"unamentis-tts-prod", "unamentis-packages-prod"}
    assert {one["name"] for one in made.of("aws_secretsmanager_secret").values()} == {
        f"unamentis-prod/{key}" for key in ("auth", "database", "models", "tunnel")}


def test_the_core_runs_on_spot_within_two_minutes_notice():
    made = plan("unamentis", "full")
    service = made.values('module.ecs.aws_ecs_service.this["core"]')
    assert "FARGATE_SPOT" in {one["capacity_provider"] for one in service["capacity_provider_strategy"]}
    assert service["desired_count"] == 2 and service["deployment_circuit_breaker"] == [{"enable": True, "rollback": True}]
    core = made.containers('module.ecs.aws_ecs_task_definition.this["core"]')["core"]
    assert core["stopTimeout"] == 120 and core["portMappings"][0]["containerPort"] == 8766
    group = made.values('module.alb["edge"].aws_lb_target_group.this["core"]')
    assert int(group["deregistration_delay"]) < 120
    assert made.values("module.ecr.aws_ecr_repository.this")["name"] == "unamentis-core"


def test_messages_reach_the_queue_that_the_application_reads():
    made = plan("unamentis", "full")
    core = made.containers('module.ecs.aws_ecs_task_definition.this["core"]')["core"]
    prefix = core["env"]["SQS_QUEUE_PREFIX"]
    assert {one["name"] for one in made.of("aws_sqs_queue").values()} == {f"{prefix}-jobs", f"{prefix}-jobs_dead"}
    manifest = (ROOT / "apps/unamentis/app.yaml").read_text()
    assert "the queues are <prefix>-jobs and <prefix>-jobs_dead" in manifest
    statements = made.statements('module.ecs.aws_iam_role_policy.task["core"]')
    assert any("sqs:ReceiveMessage" in one["Action"] for one in statements.values())
    assert not any(resource == "*" for one in statements.values() for resource in one["Resource"])


def test_websockets_pass_the_load_balancer():
    made = plan("unamentis", "prod")
    assert made.values('module.alb["edge"].aws_lb.this')["idle_timeout"] == 300
    group = made.values('module.alb["edge"].aws_lb_target_group.this["core"]')
    assert group["port"] == 8766 and group["health_check"][0]["path"] == "/api/health" and group["stickiness"][0]["enabled"] is True
    assert re.search(r"^  health: /api/health$", (ROOT / "apps/unamentis/app.yaml").read_text(), re.MULTILINE)


def test_only_cloudflare_reaches_the_load_balancer():
    made = plan("unamentis", "prod")
    cidrs = {one["cidr_ipv4"] for address, one in made.of("aws_vpc_security_group_ingress_rule").items() if address.startswith("module.alb")}
    assert len(cidrs) == 15 and "0.0.0.0/0" not in cidrs
    variables = (TREE / "stacks/unamentis/variables.tf").read_text()
    assert all(f'"{cidr}"' in variables for cidr in cidrs)


def test_the_tunnel_needs_no_load_balancer():
    made = plan("unamentis", "economy")
    assert not made.of("aws_lb")
    assert not [address for address in made.of("aws_vpc_security_group_ingress_rule") if address.startswith("module.ecs")]
    containers = plan("unamentis", "full").containers('module.ecs.aws_ecs_task_definition.this["core"]')
    connector = containers["cloudflared"]
    assert set(connector["from_secrets"]) == {"TUNNEL_TOKEN"} and "TUNNEL_TOKEN" not in containers["core"]["from_secrets"]
    assert "run" in connector["command"] and connector["readonlyRootFilesystem"] is True


def test_cloudflare_has_the_hosts_of_the_document():
    wanted = cloudflare()
    if wanted is None:  # a load balancer's name is part of it, and known after apply: the module's own test and the tunnel's plan show the hosts
        edge = (TREE / "stacks/unamentis/edge.tf").read_text()
        assert all(re.search(rf"{host}\s+= \{{ content = ", edge) for host in ("app", "api")) and 'admin"] : host => { content = "tunnel" }' in edge
        return
    assert {one["name"] for one in wanted["records"]} == {f"{host}.unamentis.net" for host in ("app", "api", "admin")}


def test_cloudflare_guards_the_admin_console_and_sign_in():
    edge = (TREE / "stacks/unamentis/edge.tf").read_text()
    assert re.search(r'access = \{ for host in \["admin"\]', edge) and "rate_limits" in edge and "managed_rules" in edge
    # Nobody named: no host for it at all.
    assert not re.search(r"^\s*admin_emails\s*=", (ROOT / "apps/unamentis/deploy/prod.tfvars").read_text(), re.MULTILINE)
    assert "owasp" in (ROOT / "tests/deploy/full/unamentis.tfvars").read_text()


def test_dashboards_alarms_queries_and_traces():
    made = plan("unamentis", "full")
    alarms = {re.search(r'\["(.+)"\]', address)[1]: one for address, one in made.of("aws_cloudwatch_metric_alarm").items()}
    assert {"auth-errors", "auth-duration", "core-cpu", "core-memory", "database-connections", "api-5xx", "jobs-age", "jobs-dead"} <= set(alarms)
    assert alarms["core-cpu"]["threshold"] == alarms["core-memory"]["threshold"] == 80
    assert alarms["kb-errors"]["threshold"] == 1 and alarms["kb-duration"]["threshold"] == 5000
    assert alarms["kb-duration"]["statistic"] == "Average"
    assert {one["dashboard_name"] for one in made.of("aws_cloudwatch_dashboard").values()} == {"unamentis-prod-services", "unamentis-prod-functions"}
    assert len(made.of("aws_cloudwatch_query_definition")) == 4
    assert all(one["retention_in_days"] for one in made.of("aws_cloudwatch_log_group").values())
    assert made.values("module.monitoring.aws_xray_sampling_rule.this[0]")["url_path"] == "/api/*"
    assert {one["tracing_config"][0]["mode"] for one in made.of("aws_lambda_function").values()} == {"Active"}


def test_functions_hold_references_and_few_connections():
    made = plan("unamentis", "full")
    functions = {address.split('"')[-2]: one for address, one in made.of("aws_lambda_function").items()}
    assert set(functions) == {"auth", "kb", "curriculum", "metrics"}
    for name, one in functions.items():
        assert one["runtime"] == "provided.al2023" and one["reserved_concurrent_executions"] == 5 and one["timeout"] == 29
        # SECRETS holds ARNs, which are known after apply; what is known beside it is no secret.
        assert one["handler"] == name and made.resources[f'module.lambda["functions"].aws_lambda_function.this["{name}"]']["unknown"]["environment"]
        assert 'secrets     = [module.secrets.arns["database"], module.secrets.arns["auth"]]' in (TREE / "stacks/unamentis/functions.tf").read_text()
        assert f'module.lambda["functions"].aws_iam_role_policy.base["{name}"]' in made.resources
    routes = json.loads((TREE / "stacks/unamentis/functions.json").read_text())
    assert {address.split('"')[-2] for address in made.of("aws_apigatewayv2_route")} == {route for one in routes.values() for route in one}
    assert made.values('module.lambda["functions"].aws_apigatewayv2_api.this')["disable_execute_api_endpoint"] is True


def test_sam_and_terraform_have_the_same_routes():
    template = ROOT / "infra/sam/template.yaml"
    if not template.exists():
        pytest.skip("infra/sam is not there")
    events = {f"{method.upper()} {path}" for method, path in re.findall(r'Method: (\w+), Path: "([^"]+)"', template.read_text())}
    assert events == {route for one in json.loads((TREE / "stacks/unamentis/functions.json").read_text()).values() for route in one}


def test_functions_may_be_kept_warm():
    text = (TREE / "modules/lambda/main.tf").read_text()
    assert "aws_lambda_provisioned_concurrency_config" in text and "if one.provisioned > 0" in text
    assert not plan("unamentis", "full").of("aws_lambda_provisioned_concurrency_config")  # the binary starts in milliseconds


def test_sam_finds_what_it_needs_in_the_parameter_store():
    names = {one["name"] for one in plan("unamentis", "dev").of("aws_ssm_parameter").values()}
    assert names == {f"/unamentis/dev/functions/{key}" for key in (
        "subnet-ids", "security-group-id", "database-secret-arn", "auth-secret-arn", "package-bucket", "alarm-topic-arn")}


def test_a_budget_rings_early():
    assert plan("unamentis", "economy").values("module.monitoring.aws_budgets_budget.this[0]")["limit_amount"] == "50"
    made = plan("unamentis", "full")
    budget = made.values("module.monitoring.aws_budgets_budget.this[0]")
    assert budget["limit_amount"] == "50" and {one["threshold"] for one in budget["notification"]} == {50, 80, 100}
    assert {one["notification_type"] for one in budget["notification"]} == {"ACTUAL", "FORECASTED"}
    assert len(made.of("aws_ce_anomaly_subscription")) == 1


def test_only_the_migration_may_be_the_owner():
    made = plan("unamentis", "full")
    serving = made.containers('module.ecs.aws_ecs_task_definition.this["core"]')["core"]
    migrating = made.containers('module.ecs.aws_ecs_task_definition.this["migrate"]')["migrate"]
    assert "DATABASE_OWNER_URL" not in serving["from_secrets"] and "DATABASE_OWNER_URL" in migrating["from_secrets"]
    assert migrating["command"] == ["migrate"] and migrating["image"] == serving["image"]
