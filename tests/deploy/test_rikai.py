"""The plan of RikaiOS, line by line, in what Terraform would make of it."""

import json
import re

from offline_terraform import ACCOUNT, TREE, plan

SERVICES = ("api", "letta")


def container(made, service):
    definitions = made.values(f'module.ecs.aws_ecs_task_definition.this["{service}"]')["container_definitions"]
    only, = json.loads(definitions)
    return only


def environment_of(made, service):
    return {one["name"]: one["value"] for one in container(made, service)["environment"]}


def statements(made, role, service):
    return json.loads(made.values(f'module.ecs.aws_iam_role_policy.{role}["{service}"]')["policy"])["Statement"]


def test_the_network_has_two_public_and_two_private_subnets_and_a_nat_gateway():
    made = plan("rikai", "dev")
    subnets = made.of("aws_subnet").values()
    assert sorted((one["tags"]["Tier"], one["availability_zone"]) for one in subnets) == [
        ("private", "us-west-2a"), ("private", "us-west-2b"), ("public", "us-west-2a"), ("public", "us-west-2b")]
    assert len(made.of("aws_vpc")) == len(made.of("aws_nat_gateway")) == 1
    assert len(plan("rikai", "prod").of("aws_nat_gateway")) == 2


def test_aurora_is_serverless_from_half_a_unit_with_pgvector_at_hand():
    made = plan("rikai", "dev")
    cluster = made.values("module.aurora.aws_rds_cluster.this")
    assert cluster["engine"] == "aurora-postgresql" and cluster["engine_version"].startswith("16")
    assert cluster["serverlessv2_scaling_configuration"][0]["min_capacity"] == 0.5
    assert made.values("module.aurora.aws_rds_cluster_instance.this[0]")["instance_class"] == "db.serverless"
    # CREATE EXTENSION enables pgvector; as a preloaded library it would keep the cluster from starting.
    parameters = {one["name"] for one in made.values("module.aurora.aws_rds_cluster_parameter_group.this")["parameter"]}
    assert "rds.force_ssl" in parameters and "shared_preload_libraries" not in parameters
    assert plan("rikai", "economy").values("module.aurora.aws_rds_cluster.this")["serverlessv2_scaling_configuration"][0]["min_capacity"] == 0


def test_a_closed_bucket_holds_the_documents():
    made = plan("rikai", "dev")
    assert made.values('module.s3.aws_s3_bucket.this["documents"]')["bucket"] == "rikaios-documents-dev"
    block = made.values('module.s3.aws_s3_bucket_public_access_block.this["documents"]')
    assert block["block_public_acls"] and block["block_public_policy"] and block["ignore_public_acls"] and block["restrict_public_buckets"]


def test_the_registry_has_the_name_of_the_document_in_prod():
    assert plan("rikai", "prod").values("module.ecr.aws_ecr_repository.this")["name"] == "rikaios"
    assert plan("rikai", "dev").values("module.ecr.aws_ecr_repository.this")["name"] == "rikaios-dev"


def test_two_services_of_one_image_run_on_fargate_in_private_subnets():
    made = plan("rikai", "prod")
    services = made.of("aws_ecs_service")
    assert {one["name"] for one in services.values()} == {"rikaios-prod-api", "rikaios-prod-letta"}
    for one in services.values():
        assert one["network_configuration"][0]["assign_public_ip"] is False
        assert {strategy["capacity_provider"] for strategy in one["capacity_provider_strategy"]} == {"FARGATE"}
        assert one["deployment_circuit_breaker"] == [{"enable": True, "rollback": True}]
    # Ids of subnets are known after apply only: which ones they are is said in one place.
    assert re.findall(r"subnet_ids\s*= (\S+)", (TREE / "stacks/rikai/ecs.tf").read_text()) == ["module.vpc.placement_private_subnet_ids"]
    assert container(made, "api")["image"] == container(made, "letta")["image"]
    assert [container(made, one)["portMappings"][0]["containerPort"] for one in SERVICES] == [8000, 8283]


def test_the_load_balancer_forwards_to_the_api_and_cloudfront_alone_reaches_it():
    made = plan("rikai", "dev")
    assert made.values("module.alb.aws_lb.this")["internal"] is True
    assert made.values("module.alb.aws_lb_listener.http")["default_action"][0]["type"] == "forward"
    group = made.values('module.alb.aws_lb_target_group.this["api"]')
    assert group["port"] == 8000 and group["health_check"][0]["path"] == "/health"
    assert 'module.cloudfront.aws_cloudfront_vpc_origin.this["api"]' in made.resources
    admitted = {address: one["prefix_list_id"] for address, one in made.of("aws_vpc_security_group_ingress_rule").items() if ".alb." in address}
    assert admitted == {'module.alb.aws_vpc_security_group_ingress_rule.http["CloudFront"]': "pl-82a045eb"}
    assert not [address for address, one in made.of("aws_vpc_security_group_ingress_rule").items() if one["cidr_ipv4"] == "0.0.0.0/0"]


def test_both_services_reach_the_database_and_the_api_reaches_letta():
    made = plan("rikai", "dev")
    for service in SERVICES:
        assert made.values(f'module.aurora.aws_vpc_security_group_ingress_rule.client["{service}"]')["from_port"] == 5432
        assert made.values(f'module.ecs.aws_vpc_security_group_egress_rule.task["{service}/database"]')["from_port"] == 5432
    assert environment_of(made, "api")["LETTA_BASE_URL"] == "http://letta.rikaios-dev.local:8283"
    assert made.values("module.ecs.aws_service_discovery_private_dns_namespace.this[0]")["name"] == "rikaios-dev.local"
    assert made.values('module.ecs.aws_service_discovery_service.this["letta"]')["name"] == "letta"
    assert made.values('module.ecs.aws_vpc_security_group_ingress_rule.peer["letta"]')["to_port"] == 8283


def test_the_api_uses_s3_by_its_role():
    made = plan("rikai", "dev")
    environment = environment_of(made, "api")
    assert environment["RIKAI_S3_BUCKET"] == "rikaios-documents-dev" and environment["RIKAI_S3_REGION"] == "us-west-2"
    assert environment["RIKAI_S3_USE_IAM_ROLE"] == "true" and not [name for name in environment if name.startswith("RIKAI_MINIO")]
    resources = {action: one["Resource"] for one in statements(made, "task", "api") for action in one["Action"]}
    assert resources["s3:ListBucket"] == ["arn:aws:s3:::rikaios-documents-dev"]
    assert resources["s3:PutObject"] == ["arn:aws:s3:::rikaios-documents-dev/*"]


def test_parameters_feed_the_tasks_and_nobody_else_reads_the_owner_s_url():
    made = plan("rikai", "dev")
    for name in ("voyage-api-key", "anthropic-api-key"):
        address = f'module.secrets.aws_ssm_parameter.this["{name}"]'
        assert made.values(address)["name"] == f"/rikaios/dev/{name}" and made.values(address)["type"] == "SecureString"
        assert made.values(address).get("value") is None
    for service in SERVICES:
        read = {one["name"]: one["valueFrom"] for one in container(made, service)["secrets"]}
        assert read["VOYAGE_API_KEY"] == "/rikaios/dev/voyage-api-key" and "RIKAI_POSTGRES_OWNER_URL" not in read
        readable, = [one["Resource"] for one in statements(made, "execution", service) if one["Sid"] == "ReadParameters"]
        region = f"arn:aws:ssm:us-west-2:{ACCOUNT}:parameter"
        assert sorted(readable) == sorted(region + one for one in read.values())
    assert "RIKAI_POSTGRES_OWNER_URL" in {one["name"] for one in container(made, "migrate")["secrets"]}


def test_everything_lies_in_the_region_of_the_document():
    made = plan("rikai", "dev")
    assert made.document["variables"]["region"]["value"] == "us-west-2"
    assert {one["availability_zone"] for one in made.of("aws_subnet").values()} == {"us-west-2a", "us-west-2b"}


def test_the_modules_of_the_document_are_there():
    calls = plan("rikai", "dev").document["configuration"]["root_module"]["module_calls"]
    assert {one["source"].rsplit("/", 1)[1] for one in calls.values()} >= {"vpc", "aurora", "s3", "ecr", "ecs"}
