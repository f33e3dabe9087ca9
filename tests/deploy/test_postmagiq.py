"""The stack of Postmagiq is what its document describes: read from real plans of each environment."""

import json
import re

import pytest
from offline_terraform import ROOT, TREE, plan

ORDER = ["vpc", "secrets", "rds", "elasticache", "ecr", "ecs", "alb", "s3", "cloudfront", "monitoring"]


@pytest.mark.parametrize(("environment", "network", "zones"), [
    ("dev", "10.0.0.0/16", ["us-east-1a", "us-east-1b"]),  # tasks and database in the first alone: the load balancer needs two
    ("prod", "10.1.0.0/16", ["us-east-1a", "us-east-1b"]),
])
def test_the_network_has_two_zones(environment, network, zones):
    made = plan("postmagiq", environment)
    assert made.values("module.vpc.aws_vpc.this")["cidr_block"] == network
    for kind in ("public", "private"):
        assert [made.values(f"module.vpc.aws_subnet.{kind}[{at}]")["availability_zone"] for at in range(2)] == zones
    if environment == "dev":
        assert made.values("module.rds.aws_db_instance.this")["availability_zone"] == "us-east-1a"


def test_zones_may_be_three():
    assert "length(var.availability_zones) <= 3" in (TREE / "modules/vpc/variables.tf").read_text()


def test_nat_is_one_in_dev_and_one_per_zone_in_prod():
    assert len(plan("postmagiq", "dev").of("aws_nat_gateway")) == 1
    assert len(plan("postmagiq", "prod").of("aws_nat_gateway")) == 2
    economy = plan("postmagiq", "economy")
    assert not economy.of("aws_nat_gateway") and len(economy.of("aws_instance")) == 1
    machine = next(iter(economy.of("aws_instance").values()))
    assert machine["metadata_options"][0]["http_tokens"] == "required"
    assert economy.values("module.vpc.aws_network_interface.nat[0]")["source_dest_check"] is False


def test_the_database_is_that_of_the_document():
    dev, prod = (plan("postmagiq", one).values("module.rds.aws_db_instance.this") for one in ("dev", "prod"))
    assert (dev["instance_class"], prod["instance_class"]) == ("db.t3.micro", "db.r6g.large")
    for one in (dev, prod):
        assert one["engine_version"].split(".")[0] == "16" and one["storage_type"] == "gp3" and one["allocated_storage"] == 100
        assert one["max_allocated_storage"] > one["allocated_storage"] and one["backup_retention_period"] == 7
        assert one["storage_encrypted"] and not one["publicly_accessible"]
    assert prod["multi_az"] is True and dev["multi_az"] is False


def test_a_proxy_pools_connections_in_prod():
    assert not plan("postmagiq", "dev").of("aws_db_proxy")
    for environment, sign_in in (("prod", "DISABLED"), ("full", "REQUIRED")):
        made = plan("postmagiq", environment)
        proxy = made.values("module.rds.aws_db_proxy.this[0]")
        assert proxy["require_tls"] is True and proxy["auth"][0]["iam_auth"] == sign_in
        # The tasks have a way to it, and its role reads that one secret.
        for rule in ("module.ecs.aws_vpc_security_group_egress_rule.task[\"api/proxy\"]", "module.rds.aws_vpc_security_group_ingress_rule.proxy[\"api\"]"):
            assert made.values(rule)["from_port"] == 5432
        assert "module.rds.aws_iam_role_policy.proxy[0]" in made.resources


def test_the_cache_is_that_of_the_document():
    dev, economy, prod = (plan("postmagiq", one).values("module.elasticache.aws_elasticache_replication_group.this") for one in ("dev", "economy", "prod"))
    assert (dev["node_type"], economy["node_type"], prod["node_type"]) == ("cache.t3.micro", "cache.t4g.micro", "cache.r6g.large")
    assert (dev["engine"], dev["engine_version"].split(".")[0]) == ("redis", "7") and economy["engine"] == "valkey"
    assert prod["multi_az_enabled"] and prod["automatic_failover_enabled"] and prod["num_cache_clusters"] == 2
    for one in (dev, economy, prod):
        assert one["at_rest_encryption_enabled"] in (True, "true") and one["transit_encryption_enabled"] is True
        assert not one.get("num_node_groups")  # cluster mode disabled


def test_the_cluster_has_both_capacity_providers():
    made = plan("postmagiq", "prod")
    assert set(made.values("module.ecs.aws_ecs_cluster_capacity_providers.this")["capacity_providers"]) == {"FARGATE", "FARGATE_SPOT"}
    spot = plan("postmagiq", "economy").values('module.ecs.aws_ecs_service.this["api"]')["capacity_provider_strategy"]
    assert "FARGATE_SPOT" in {one["capacity_provider"] for one in spot}


def test_the_api_has_the_size_of_the_document():
    for environment, size, count in (("dev", ("512", "1024"), 1), ("prod", ("2048", "4096"), 2)):
        made = plan("postmagiq", environment)
        task = made.values('module.ecs.aws_ecs_task_definition.this["api"]')
        assert (task["cpu"], task["memory"]) == size
        assert made.values('module.ecs.aws_appautoscaling_target.this["api"]')["min_capacity"] == count
    assert plan("postmagiq", "full").values('module.ecs.aws_ecs_service.this["api"]')["desired_count"] == 2


def test_the_worker_is_the_same_image_with_another_command():
    made = plan("postmagiq", "full")
    api = made.containers('module.ecs.aws_ecs_task_definition.this["api"]')["api"]
    worker = made.containers('module.ecs.aws_ecs_task_definition.this["worker"]')["worker"]
    assert api["image"] == worker["image"] and api["command"] == ["serve", "--role", "api"] and worker["command"] == ["serve", "--role", "worker"]
    assert worker["portMappings"] == [] and worker["from_secrets"] == api["from_secrets"]
    assert plan("postmagiq", "dev").values('module.ecs.aws_ecs_service.this["api"]')  # where the api itself runs the jobs
    assert 'module.ecs.aws_ecs_service.this["worker"]' not in plan("postmagiq", "dev").resources


def test_the_load_balancer_takes_https_and_asks_for_health():
    made = plan("postmagiq", "full")
    group = made.values('module.alb.aws_lb_target_group.this["api"]')
    assert group["port"] == 8000 and group["health_check"][0]["path"] == "/api/health"
    assert made.values('module.alb.aws_lb_listener_rule.this["api"]')["condition"][0]["path_pattern"][0]["values"] == ["/api/*"]
    assert made.values("module.alb.aws_lb_listener.https[0]")["port"] == 443
    assert made.values("module.alb.aws_lb_listener.http")["default_action"][0]["redirect"][0]["protocol"] == "HTTPS"
    assert re.search(r"^  health: /api/health$", (ROOT / "apps/postmagiq/app.yaml").read_text(), re.MULTILINE)


def test_the_buckets_are_named_by_environment():
    for environment in ("dev", "prod"):
        names = {one["bucket"] for one in plan("postmagiq", environment).of("aws_s3_bucket").values()}
        assert names - {"postmagiq-logs-prod"} == {f"postmagiq-{purpose}-{environment}" for purpose in ("gui", "artifacts", "sessions")}


def test_the_edge_parts_gui_and_api():
    made = plan("postmagiq", "full")
    site = made.values('module.cloudfront.aws_cloudfront_distribution.this["site"]')
    assert {one["origin_id"] for one in site["origin"]} == {"gui", "api"}
    assert site["default_cache_behavior"][0]["target_origin_id"] == "gui"
    assert [(one["path_pattern"], one["target_origin_id"], one["compress"]) for one in site["ordered_cache_behavior"]] == [("/api/*", "api", False)]
    tenant = made.values('module.cloudfront.aws_cloudfront_distribution.this["posts.acme.com"]')
    assert tenant["aliases"] == ["posts.acme.com"]
    # The load balancer shows the same certificate: CloudFront asks it by the visitor's host.
    assert made.values('module.alb.aws_lb_listener_certificate.additional["posts.acme.com"]')["certificate_arn"].endswith("certificate/1")
    assert tenant["viewer_certificate"][0]["acm_certificate_arn"] == "arn:aws:acm:us-east-1:123456789012:certificate/1"


def test_a_firewall_stands_in_front():
    for environment in ("dev", "prod"):
        made = plan("postmagiq", environment)
        acl = made.values("module.cloudfront.aws_wafv2_web_acl.this[0]")
        assert acl["scope"] == "CLOUDFRONT" and {one["name"] for one in acl["rule"]} == {
            "AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet", "rate"}
        distributions = [address for address in made.resources if "aws_cloudfront_distribution" in address]
        # The ACL's ARN is known after apply: none of them goes without one.
        assert distributions and all(made.resources[address]["unknown"].get("web_acl_id") for address in distributions)


def test_domain_and_certificate():
    made = plan("postmagiq", "full")
    assert made.values("module.cloudfront.aws_route53_zone.this[0]")["name"] == "yourdomain.com"
    assert made.values('module.cloudfront.aws_route53_record.alias["api.yourdomain.com A"]')["name"] == "api.yourdomain.com"
    assert made.values("module.cloudfront.aws_acm_certificate.this[0]")["domain_name"] == "yourdomain.com"


def test_secrets_have_the_names_and_keys_of_the_document():
    made = plan("postmagiq", "full")
    assert {one["name"] for one in made.of("aws_secretsmanager_secret").values()} == {
        f"postmagiq/{key}" for key in ("db-credentials", "jwt-secret", "stripe", "llm-keys", "smtp")}
    secrets = made.containers('module.ecs.aws_ecs_task_definition.this["api"]')["api"]["from_secrets"]
    for key in ("GROQ_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "OPENAI_API_KEY"):
        assert secrets[key] == f"arn:aws:secretsmanager:us-east-1:123456789012:secret:postmagiq/llm-keys:{key}::"
    assert secrets["POSTGRES_PASSWORD"].endswith(":postmagiq/db-credentials:password::")
    assert {"JWT_SECRET", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "DATABASE_URL", "REDIS_URL", "SMTP_URL"} <= set(secrets)


def test_settings_come_from_the_parameter_store():
    made = plan("postmagiq", "full")
    secrets = made.containers('module.ecs.aws_ecs_task_definition.this["api"]')["api"]["from_secrets"]
    assert {key: secrets[key] for key in ("LOG_LEVEL", "WATERMARK_URL", "OLLAMA_URL")} == {
        key: f"/postmagiq/{key}" for key in ("LOG_LEVEL", "WATERMARK_URL", "OLLAMA_URL")}
    assert made.values('aws_ssm_parameter.setting["LOG_LEVEL"]')["type"] == "String"


def test_roles_start_and_work_apart():
    made = plan("postmagiq", "full")
    statements = made.statements('module.ecs.aws_iam_role_policy.task["api"]')
    assert {resource for one in statements.values() for resource in one["Resource"]} == {
        f"arn:aws:s3:::postmagiq-{purpose}-prod{rest}" for purpose in ("artifacts", "sessions") for rest in ("", "/*")}
    execution = (TREE / "modules/ecs/roles.tf").read_text()
    assert "secretsmanager:GetSecretValue" in execution and "ecr:BatchGetImage" in execution
    assert made.values('module.ecs.aws_iam_role.task["api"]')["name"] != made.values('module.ecs.aws_iam_role.execution["api"]')["name"]


def test_groups_admit_each_other_and_nobody_else():
    made = plan("postmagiq", "full")
    ingress = made.of("aws_vpc_security_group_ingress_rule")
    assert not [address for address, one in ingress.items() if one.get("cidr_ipv4")]
    ports = {re.sub(r'^module\.(\w+)\..*"(.+)"\]$', r"\1 \2", address): one["from_port"] for address, one in ingress.items()}
    assert ports["ecs api/balancer"] == 8000 and ports["rds api"] == 5432 and ports["elasticache api"] == 6379
    assert ports["alb CloudFront"] in (80, 443)


def test_codepipeline_builds_and_releases_where_it_is_chosen():
    made = plan("postmagiq", "full")
    stages = made.values("module.codepipeline[0].aws_codepipeline.this")["stage"]
    assert [one["name"] for one in stages] == ["Source", "Build", "Approve", "Deploy", "Verify"]
    assert stages[0]["action"][0]["provider"] == "CodeStarSourceConnection" and stages[1]["action"][0]["provider"] == "CodeBuild"
    assert {one["configuration"]["ServiceName"] for one in stages[3]["action"]} == {"postmagiq-prod-api", "postmagiq-prod-worker"}
    assert not plan("postmagiq", "prod").of("aws_codepipeline")


def test_cloudwatch_watches():
    made = plan("postmagiq", "full")
    alarms = {re.search(r'\["(.+)"\]', address)[1]: one for address, one in made.of("aws_cloudwatch_metric_alarm").items()}
    assert {"api-cpu", "api-memory", "api-running", "worker-cpu", "edge-5xx", "database-connections", "cache-1-memory", "cache-2-memory"} <= set(alarms)
    dashboard = made.resources['module.monitoring.aws_cloudwatch_dashboard.this["services"]']
    assert dashboard["unknown"].get("dashboard_body")  # names the load balancer, which is not there yet
    assert made.values("module.ecs.aws_ecs_cluster.this")["setting"] == [{"name": "containerInsights", "value": "enabled"}]
    rule = made.values("module.monitoring.aws_xray_sampling_rule.this[0]")
    assert rule["service_name"] == "postmagiq-prod*" and not plan("postmagiq", "dev").of("aws_xray_sampling_rule")


def test_metrics_scale_the_service():
    kinds = {one["target_tracking_scaling_policy_configuration"][0]["predefined_metric_specification"][0]["predefined_metric_type"]
             for address, one in plan("postmagiq", "prod").of("aws_appautoscaling_policy").items() if '"api/' in address}
    assert kinds == {"ECSServiceAverageCPUUtilization", "ECSServiceAverageMemoryUtilization", "ALBRequestCountPerTarget"}


def test_the_tree_and_the_modules_are_those_of_the_document():
    files = {one.name for one in (TREE / "stacks/postmagiq").iterdir()}
    assert {"main.tf", "variables.tf", "outputs.tf", "README.md", "environments"} <= files
    called = plan("postmagiq", "dev").document["configuration"]["root_module"]["module_calls"]
    assert set(ORDER) <= set(called)


def test_the_values_are_those_of_the_document():
    expected = {
        "dev": {"environment": "dev", "vpc_cidr": "10.0.0.0/16", "availability_zones": ["us-east-1a"], "rds_instance_class": "db.t3.micro",
                "redis_node_type": "cache.t3.micro", "ecs_cpu": 512, "ecs_memory": 1024, "ecs_desired_count": 1},
        "prod": {"environment": "prod", "vpc_cidr": "10.1.0.0/16", "availability_zones": ["us-east-1a", "us-east-1b"],
                 "rds_instance_class": "db.r6g.large", "rds_multi_az": True, "redis_node_type": "cache.r6g.large", "ecs_cpu": 2048,
                 "ecs_memory": 4096, "ecs_desired_count": 2},
    }
    for environment, values in expected.items():
        given = {key: one.get("value") for key, one in plan("postmagiq", environment).document["variables"].items()}
        assert {key: given[key] for key in values} == values


def test_there_are_two_environments():
    variables = (TREE / "stacks/postmagiq/variables.tf").read_text()
    assert 'contains(["dev", "prod"], var.environment)' in variables
    kinds = {environment: {(one["type"], address.split(".")[1]) for address, one in plan("postmagiq", environment).resources.items()}
             for environment in ("dev", "prod")}
    # Same code: what only one of them has hangs on a variable of the document or of its decisions.
    assert {kind for kind, _ in kinds["dev"] ^ kinds["prod"]} <= {
        "aws_cloudwatch_log_delivery", "aws_cloudwatch_log_delivery_destination", "aws_cloudwatch_log_delivery_source", "aws_s3_bucket_logging",
        "aws_db_proxy", "aws_db_proxy_target", "aws_db_proxy_default_target_group", "aws_iam_role", "aws_iam_role_policy", "aws_security_group",
        "aws_vpc_security_group_egress_rule"}
    assert json.dumps(sorted(plan("postmagiq", "dev").document["variables"])) == json.dumps(sorted(plan("postmagiq", "prod").document["variables"]))


def test_only_the_migration_may_be_the_owner():
    made = plan("postmagiq", "full")
    serving = made.containers('module.ecs.aws_ecs_task_definition.this["api"]')["api"]
    migrating = made.containers('module.ecs.aws_ecs_task_definition.this["migrate"]')["migrate"]
    assert "DATABASE_OWNER_URL" not in serving["from_secrets"] and "DATABASE_OWNER_URL" in migrating["from_secrets"]
    assert migrating["command"] == ["migrate"] and migrating["image"] == serving["image"]
