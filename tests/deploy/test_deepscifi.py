"""The stack of Deep Sci-Fi is what its document describes: read from real plans of each environment."""

import json
import re

from offline_terraform import ROOT, TREE, plan


def test_the_network_has_the_addresses_of_the_document():
    for environment in ("dev", "economy", "prod"):
        made = plan("deepscifi", environment)
        assert made.values("module.vpc.aws_vpc.this")["cidr_block"] == "10.0.0.0/16"
        for kind, ranges in (("public", ["10.0.1.0/24", "10.0.2.0/24"]), ("private", ["10.0.3.0/24", "10.0.4.0/24"])):
            subnets = [made.values(f"module.vpc.aws_subnet.{kind}[{at}]") for at in range(2)]
            assert [one["cidr_block"] for one in subnets] == ranges
            assert [one["availability_zone"] for one in subnets] == ["us-west-2a", "us-west-2b"]
            assert not any(one["map_public_ip_on_launch"] for one in subnets)


def test_tasks_reach_the_internet_by_a_nat():
    assert len(plan("deepscifi", "dev").of("aws_nat_gateway")) == 1
    assert len(plan("deepscifi", "prod").of("aws_nat_gateway")) == 2
    economy = plan("deepscifi", "economy")
    assert not economy.of("aws_nat_gateway")
    assert [one["instance_type"] for one in economy.of("aws_instance").values()] == ["t4g.nano"]


def test_groups_admit_each_other_and_nobody_else():
    made = plan("deepscifi", "prod")
    ingress = made.of("aws_vpc_security_group_ingress_rule")
    assert not [address for address, one in ingress.items() if one.get("cidr_ipv4") or one.get("cidr_ipv6")]
    # CloudFront's network reaches the load balancer, that the tasks, these the database.
    assert {address for address, one in ingress.items() if one.get("prefix_list_id")} == {
        f'module.alb.aws_vpc_security_group_ingress_rule.{kind}["CloudFront"]' for kind in ("http", "https")}
    ports = {address: one["from_port"] for address, one in ingress.items()}
    assert ports['module.ecs.aws_vpc_security_group_ingress_rule.task["letta/balancer"]'] == 8283
    assert ports['module.rds.aws_vpc_security_group_ingress_rule.client["letta"]'] == 5432


def test_the_load_balancer_forwards_the_api_and_asks_for_health():
    made = plan("deepscifi", "prod")
    assert made.values("module.alb.aws_lb.this")["internal"] is True
    rule = made.values('module.alb.aws_lb_listener_rule.this["api"]')
    assert rule["condition"][0]["path_pattern"][0]["values"] == ["/api/*"]
    group = made.values('module.alb.aws_lb_target_group.this["letta"]')
    assert group["port"] == 8283 and group["health_check"][0]["path"] == "/v1/health"
    listener = made.values("module.alb.aws_lb_listener.https[0]")
    assert listener["ssl_policy"].startswith("ELBSecurityPolicy-TLS13") and listener["default_action"][0]["fixed_response"][0]["status_code"] == "404"


def test_the_manifest_answers_where_the_load_balancer_asks():
    manifest = (ROOT / "apps/deepscifi/app.yaml").read_text()
    assert re.search(r"^  health: /v1/health\b", manifest, re.MULTILINE) and "LETTA_SERVER_PORT:-8283" in manifest


def test_the_service_runs_privately_and_scales():
    made = plan("deepscifi", "prod")
    task = made.values('module.ecs.aws_ecs_task_definition.this["letta"]')
    assert (task["cpu"], task["memory"]) == ("512", "1024")
    service = made.values('module.ecs.aws_ecs_service.this["letta"]')
    assert service["network_configuration"][0]["assign_public_ip"] is False
    assert service["deployment_circuit_breaker"] == [{"enable": True, "rollback": True}]
    assert service["alarms"][0]["alarm_names"] == ["deepscifi-prod-edge-5xx"] and service["alarms"][0]["rollback"] is True
    target = made.values('module.ecs.aws_appautoscaling_target.this["letta"]')
    assert (target["min_capacity"], target["max_capacity"]) == (2, 6)
    assert {address.split("/")[-1] for address in made.of("aws_appautoscaling_policy")} == {
        'ECSServiceAverageCPUUtilization"]', 'ECSServiceAverageMemoryUtilization"]'}
    providers = made.values("module.ecs.aws_ecs_cluster_capacity_providers.this")["capacity_providers"]
    assert set(providers) == {"FARGATE", "FARGATE_SPOT"}


def test_a_task_waits_for_its_image():
    assert plan("deepscifi", "bare").values('module.ecs.aws_ecs_service.this["letta"]')["desired_count"] == 0
    full = plan("deepscifi", "full")
    assert full.values('module.ecs.aws_ecs_service.this["letta"]')["desired_count"] == 2
    container = full.containers('module.ecs.aws_ecs_task_definition.this["letta"]')["letta"]
    assert re.search(r"@sha256:[0-9a-f]{64}$", container["image"])
    assert container["readonlyRootFilesystem"] is True and not container["user"].startswith("0") and container["stopTimeout"] == 120
    assert container["logConfiguration"]["logDriver"] == "awslogs" and container["logConfiguration"]["options"]["mode"] == "non-blocking"


def test_the_container_has_the_variables_of_the_document():
    container = plan("deepscifi", "full").containers('module.ecs.aws_ecs_task_definition.this["letta"]')["letta"]
    assert container["env"]["LETTA_SERVER_PORT"] == "8283" and container["portMappings"][0]["containerPort"] == 8283
    assert container["env"]["AWS_S3_BUCKET"] == "deepscifi-assets" and container["env"]["AWS_REGION"] == "us-west-2"
    assert container["env"]["NEXT_PUBLIC_ASSETS_URL"] == "https://assets.deepscifi.app"
    assert {"ANTHROPIC_API_KEY", "OPENAI_API_KEY", "DATABASE_URL", "JWT_SECRET", "LETTA_PG_URI"} <= set(container["from_secrets"])


def test_secrets_are_read_by_the_role_that_starts_the_task():
    made = plan("deepscifi", "full")
    names = {one["name"] for one in made.of("aws_secretsmanager_secret").values()}
    assert names == {f"deepscifi-prod/{key}" for key in ("anthropic", "openai", "jwt", "letta", "database")}
    roles = {address: json.loads(one["assume_role_policy"])["Statement"][0]["Principal"] for address, one in made.of("aws_iam_role").items()
             if address.startswith("module.ecs")}
    assert len(roles) == 4 and set(map(str, roles.values())) == {str({"Service": "ecs-tasks.amazonaws.com"})}
    # Bucket: the task's own role. Nothing of it is a wildcard.
    statements = made.statements('module.ecs.aws_iam_role_policy.task["letta"]')
    resources = {resource for one in statements.values() for resource in one["Resource"]}
    assert resources == {"arn:aws:s3:::deepscifi-assets", "arn:aws:s3:::deepscifi-assets/*"}
    assert not [action for one in statements.values() for action in one["Action"] if "*" in action]


def test_the_database_is_private_encrypted_and_kept():
    sizes = {environment: plan("deepscifi", environment).values("module.rds.aws_db_instance.this") for environment in ("dev", "economy", "prod")}
    assert [sizes[one]["instance_class"] for one in ("dev", "economy", "prod")] == ["db.t3.micro", "db.t4g.micro", "db.t3.medium"]
    assert sizes["prod"]["multi_az"] is True and sizes["prod"]["deletion_protection"] is True
    for one in sizes.values():
        assert one["backup_retention_period"] >= 7 and one["storage_encrypted"] and not one["publicly_accessible"]
        assert one["engine"] == "postgres" and int(one["engine_version"].split(".")[0]) >= 15  # with pgvector
        assert one["manage_master_user_password"] is True


def test_the_buckets_are_closed_but_for_cloudfront():
    made = plan("deepscifi", "prod")
    assert {one["bucket"] for one in made.of("aws_s3_bucket").values()} == {
        "deepscifi-frontend", "deepscifi-assets", "deepscifi-logs-prod"}
    for one in made.of("aws_s3_bucket_public_access_block").values():
        assert all(one[key] for key in ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"))
    assert set(made.of("aws_cloudfront_origin_access_control")) == {
        f'module.cloudfront.aws_cloudfront_origin_access_control.this["{key}"]' for key in ("frontend", "assets")}
    policy = (TREE / "stacks/deepscifi/s3.tf").read_text()
    assert re.search(r'assets\s+= \{ distribution_arns = .*prefix = "public/" \}', policy)
    assert made.values('module.s3.aws_s3_bucket_cors_configuration.this["assets"]')["cors_rule"][0]["allowed_origins"] == ["https://deepscifi.app"]


def test_the_edge_caches_pages_and_streams_the_api():
    made = plan("deepscifi", "prod")
    site = made.values('module.cloudfront.aws_cloudfront_distribution.this["site"]')
    pages, api = site["default_cache_behavior"][0], site["ordered_cache_behavior"][0]
    assert pages["target_origin_id"] == "frontend" and pages["cache_policy_id"] == "658327ea-f89d-4fab-a63d-7e88639e58f6"
    assert api["path_pattern"] == "/api/*" and api["target_origin_id"] == "api"
    assert api["cache_policy_id"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad" and api["compress"] is False and "POST" in api["allowed_methods"]
    origin = next(one for one in site["origin"] if one["origin_id"] == "api")
    assert origin["vpc_origin_config"][0]["origin_read_timeout"] == 60
    assert pages["viewer_protocol_policy"] == api["viewer_protocol_policy"] == "redirect-to-https"
    assert site["viewer_certificate"][0]["minimum_protocol_version"] == "TLSv1.2_2021"


def test_the_domain_leads_to_the_edge():
    made = plan("deepscifi", "prod")
    assert made.values("module.cloudfront.aws_route53_zone.this[0]")["name"] == "deepscifi.app"
    aliases = {key: made.values(f'module.cloudfront.aws_cloudfront_distribution.this["{key}"]')["aliases"] for key in ("site", "api", "assets")}
    assert aliases == {"site": ["deepscifi.app"], "api": ["api.deepscifi.app"], "assets": ["assets.deepscifi.app"]}
    for host in ("deepscifi.app", "api.deepscifi.app", "assets.deepscifi.app"):
        assert f'module.cloudfront.aws_route53_record.alias["{host} A"]' in made.resources
    certificate = made.values("module.cloudfront.aws_acm_certificate.this[0]")
    assert certificate["domain_name"] == "deepscifi.app" and certificate["subject_alternative_names"] == ["*.deepscifi.app", "deepscifi.app"]
    configuration = made.document["configuration"]["root_module"]["module_calls"]["cloudfront"]["module"]["resources"]
    keys = {one["address"]: one["provider_config_key"] for one in configuration}
    assert keys["aws_acm_certificate.this"].endswith("us_east_1") and keys["aws_wafv2_web_acl.this"].endswith("us_east_1")
    regions = made.document["configuration"]["provider_config"]
    assert regions["aws.us_east_1"]["expressions"]["region"]["constant_value"] == "us-east-1"


def test_domain_and_region_are_choices():
    bare = plan("deepscifi", "bare")
    assert not bare.of("aws_route53_zone") and not bare.of("aws_acm_certificate")
    assert bare.values('module.cloudfront.aws_cloudfront_distribution.this["site"]')["viewer_certificate"][0]["cloudfront_default_certificate"] is True
    variables = (TREE / "stacks/deepscifi/variables.tf").read_text()
    assert 'variable "region"' in variables and 'variable "domain"' in variables and 'variable "bucket_prefix"' in variables


def test_production_has_a_firewall_and_keeps_who_asked():
    made = plan("deepscifi", "prod")
    assert made.values("module.cloudfront.aws_wafv2_web_acl.this[0]")["scope"] == "CLOUDFRONT"
    logged = made.of("aws_cloudwatch_log_delivery")
    assert len(logged) == 3 and not any("cs-uri-query" in one["record_fields"] for one in logged.values())  # a query may hold a ticket
    assert made.values("module.alb.aws_lb.this")["access_logs"][0]["enabled"] is True


def test_logs_go_to_cloudwatch_and_are_kept_for_a_time():
    for environment, days in (("dev", 7), ("prod", 365)):
        groups = plan("deepscifi", environment).of("aws_cloudwatch_log_group")
        assert groups and {one["retention_in_days"] for one in groups.values()} == {days}


def test_the_files_have_the_names_of_the_document():
    files = {one.name for one in (TREE / "stacks/deepscifi").iterdir()}
    assert {"main.tf", "vpc.tf", "rds.tf", "ecs.tf", "s3.tf", "cloudfront.tf", "variables.tf", "ARCHITECTURE.md"} <= files


def test_images_are_scanned_and_their_tags_stay():
    repository = plan("deepscifi", "prod").values("module.ecr.aws_ecr_repository.this")
    assert repository["name"] == "deepscifi" and repository["image_scanning_configuration"][0]["scan_on_push"] is True
    assert repository["image_tag_mutability"] == "IMMUTABLE"


def test_the_deploy_role_is_github_s_alone():
    made = plan("deepscifi", "full")
    trust = json.loads(made.values('module.github[0].aws_iam_role.this["deploy"]')["assume_role_policy"])["Statement"]
    assert [one["Condition"]["StringEquals"] for one in trust] == [{
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:sub": "repo:acme/deepscifi:environment:prod"}]
    # Who gave no repository has no such role.
    assert not [address for address in plan("deepscifi", "prod").resources if address.startswith("module.github")]


def test_only_the_migration_may_be_the_owner():
    made = plan("deepscifi", "full")
    serving = made.containers('module.ecs.aws_ecs_task_definition.this["letta"]')["letta"]
    migrating = made.containers('module.ecs.aws_ecs_task_definition.this["migrate"]')["migrate"]
    assert "DATABASE_OWNER_URL" not in serving["from_secrets"] and "DATABASE_OWNER_URL" in migrating["from_secrets"]
    assert migrating["command"] == ["migrate"] and migrating["image"] == serving["image"]
