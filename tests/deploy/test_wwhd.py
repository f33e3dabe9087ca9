"""The plan of W.W.H.D., line by line: files and Qdrant in dev, as its document decides, PostgreSQL in prod, as it recommends."""

import json

from offline_terraform import KNOWN, plan

TASK = 'module.ecs.aws_ecs_task_definition.this["backend"]'
SERVICE = 'module.ecs.aws_ecs_service.this["backend"]'


def containers(made):
    return {one["name"]: one for one in json.loads(made.values(TASK)["container_definitions"])}


def environment_of(one):
    return {variable["name"]: variable["value"] for variable in one["environment"]}


def test_the_task_is_that_of_the_document():
    made = plan("wwhd", "dev")
    task = made.values(TASK)
    assert (task["family"], task["cpu"], task["memory"], task["requires_compatibilities"]) == ("wwhd-backend", "1024", "2048", ["FARGATE"])
    both = containers(made)
    assert {name: (one["cpu"], one["memory"], one["portMappings"][0]["containerPort"]) for name, one in both.items()} == {
        "fastapi": (768, 1536, 8000), "qdrant": (256, 512, 6333)}
    assert both["fastapi"]["image"] == KNOWN["image"] and both["qdrant"]["image"].startswith("qdrant/qdrant:")
    assert environment_of(both["fastapi"]).items() >= {
        "APP_ENV": "production", "QDRANT_URL": "http://localhost:6333", "SQLITE_PATH": "/data/wwhd.db"}.items()


def test_cluster_and_service_have_the_names_of_the_document():
    made = plan("wwhd", "dev")
    assert made.values("module.ecs.aws_ecs_cluster.this")["name"] == "wwhd-cluster"
    assert made.values(SERVICE)["name"] == "wwhd-backend"
    assert {one["capacity_provider"] for one in made.values(SERVICE)["capacity_provider_strategy"]} == {"FARGATE"}


def test_files_have_one_writer_and_folders_of_their_own():
    made = plan("wwhd", "dev")
    service = made.values(SERVICE)
    assert (service["desired_count"], service["deployment_minimum_healthy_percent"], service["deployment_maximum_percent"]) == (1, 0, 100)
    assert not made.of("aws_appautoscaling_target")
    volumes = {one["name"]: one["efs_volume_configuration"] for one in made.values(TASK)["volume"]}
    assert [name for name, one in sorted(volumes.items()) if one] == ["backup", "data"]
    assert all(one["transit_encryption"] == "ENABLED" and one["authorization_config"][0]["iam"] == "ENABLED"
               for name in ("backup", "data") for one in volumes[name])
    roots = {address: one["root_directory"][0]["path"] for address, one in made.of("aws_efs_access_point").items()}
    assert sorted(roots.values()) == ["/backup", "/data"]
    # What Qdrant refuses is not given to it: its index lies in its own container.
    assert containers(made)["qdrant"]["mountPoints"] == []
    mounted = {one["sourceVolume"]: one["containerPath"] for one in containers(made)["fastapi"]["mountPoints"]}
    assert mounted["data"] == "/data"
    assert made.values("module.efs[0].aws_efs_backup_policy.this")["backup_policy"][0]["status"] == "ENABLED"


def test_two_tasks_share_postgresql_in_prod():
    made = plan("wwhd", "prod")
    service = made.values(SERVICE)
    assert service["tags"]["DesiredCount"] == "2" and service["deployment_minimum_healthy_percent"] == 100
    assert not made.of("aws_efs_file_system") and made.values("module.rds[0].aws_db_instance.this")["multi_az"] is True
    one, = containers(made).values()
    assert {"QDRANT_URL", "SQLITE_PATH"}.isdisjoint(environment_of(one)) and "DATABASE_URL" in {secret["name"] for secret in one["secrets"]}
    assert made.values('module.ecs.aws_appautoscaling_target.this["backend"]')["max_capacity"] == 10
    assert len(made.of("aws_appautoscaling_policy")) == 2


def test_https_goes_to_the_health_checked_sticky_target_group():
    made = plan("wwhd", "dev")
    listener = made.values("module.alb.aws_lb_listener.https[0]")
    assert (listener["port"], listener["protocol"], listener["default_action"][0]["type"]) == (443, "HTTPS", "forward")
    assert made.values("module.alb.aws_acm_certificate.this[0]")["domain_name"] == "api.dev.wwhd.ai"
    assert plan("wwhd", "prod").values("module.alb.aws_acm_certificate.this[0]")["domain_name"] == "api.wwhd.ai"
    group = made.values('module.alb.aws_lb_target_group.this["backend"]')
    assert (group["port"], group["protocol"], group["health_check"][0]["path"]) == (8000, "HTTP", "/health")
    assert group["stickiness"][0]["enabled"] is True
    assert made.values("module.alb.aws_lb_listener.http")["default_action"][0]["type"] == "redirect"
    assert made.values("module.alb.aws_lb.this")["idle_timeout"] == 300


def test_without_a_domain_the_internet_is_answered_with_503():
    made = plan("wwhd", "bare")
    assert not [address for address in made.of("aws_lb_listener") if "https" in address]
    assert made.values("module.alb.aws_lb_listener.http")["default_action"][0]["fixed_response"][0]["status_code"] == "503"
    assert made.values(SERVICE)["desired_count"] == 0


def test_keys_come_from_secrets_manager():
    made = plan("wwhd", "dev")
    read = {one["name"]: one["valueFrom"] for one in containers(made)["fastapi"]["secrets"]}
    assert set(read) == {"OPENAI_API_KEY", "JWT_SECRET"} and all(":secretsmanager:" in one for one in read.values())
    assert {one["name"] for one in made.of("aws_secretsmanager_secret").values()} == {"wwhd/openai", "wwhd/jwt"}
    assert not [address for address in made.of("aws_secretsmanager_secret_version")]


def test_amplify_builds_next_js_with_both_variables_and_previews():
    made = plan("wwhd", "prod")
    app = made.values("module.amplify[0].aws_amplify_app.this")
    assert app["platform"] == "WEB_COMPUTE" and "npm ci" in app["build_spec"] and "npm run build" in app["build_spec"]
    assert app["environment_variables"].items() >= {"NEXT_PUBLIC_API_URL": "https://api.wwhd.ai", "NEXT_PUBLIC_WS_URL": "wss://api.wwhd.ai"}.items()
    assert app["enable_auto_branch_creation"] is True
    assert [one["domain_name"] for one in made.of("aws_amplify_domain_association").values()] == ["wwhd.ai"]


def test_a_bucket_and_a_registry_wait():
    made = plan("wwhd", "dev")
    assert made.values('module.s3.aws_s3_bucket.this["documents"]')["bucket"] == "wwhd-documents"
    assert made.values("module.ecr.aws_ecr_repository.this")["name"] == "wwhd-backend"
    assert environment_of(containers(made)["fastapi"])["AWS_S3_BUCKET"] == "wwhd-documents"


def test_cloudwatch_watches_the_service():
    made = plan("wwhd", "prod")
    assert made.of("aws_cloudwatch_dashboard") and made.of("aws_cloudwatch_query_definition")
    assert {one["retention_in_days"] for one in made.of("aws_cloudwatch_log_group").values()} == {365}
    alarms = [one.get("dimensions") or {} for one in made.of("aws_cloudwatch_metric_alarm").values()]
    assert {one["ServiceName"] for one in alarms if "ServiceName" in one} == {"wwhd-backend-prod"}
    assert {one["DBInstanceIdentifier"] for one in alarms if "DBInstanceIdentifier" in one} == {"wwhd-prod"}
