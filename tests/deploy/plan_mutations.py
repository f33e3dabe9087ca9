"""Every rule of `slipway plan`, with what breaks it: a change to the JSON of a real plan after which the rule must speak."""

import copy
import json


def modules(document):
    waiting = [document["planned_values"]["root_module"]]
    while waiting:
        module = waiting.pop()
        yield module
        waiting += module.get("child_modules", [])


def resources(document, kind):
    return [one for module in modules(document) for one in module.get("resources", []) if one["type"] == kind and one["mode"] == "managed"]


def drop(*kinds):
    def change(document):
        for module in modules(document):
            module["resources"] = [one for one in module.get("resources", []) if one["type"] not in kinds]
    return change


def keep_groups_alone(document):
    for module in modules(document):
        module["resources"] = [one for one in module.get("resources", []) if one["type"] == "aws_security_group"]


def put(kind, path, value):
    """Sets values.PATH in each resource of the kind; a step `*` is each element of a list of blocks."""
    def change(document):
        for one in resources(document, kind):
            _put(one["values"], path.split("."), value)
        for one in document["resource_changes"]:
            if one["type"] == kind and isinstance(one["change"].get("after_unknown"), dict):
                one["change"]["after_unknown"].pop(path.split(".")[0], None)
    return change


def _put(at, steps, value):
    step, rest = steps[0], steps[1:]
    if step == "*":
        for one in at:
            _put(one, rest, value)
    elif not rest:
        at[step] = value
    elif at.get(step):
        _put(at[step], rest, value)


def add(kind, label, **values):
    def change(document):
        document["planned_values"]["root_module"].setdefault("resources", []).append(
            {"address": f"{kind}.{label}", "mode": "managed", "type": kind, "name": label, "values": values})
    return change


def container(**values):
    """In each container of each task."""
    def change(document):
        for one in resources(document, "terraform_data"):
            if one["name"] == "containers":
                for each in one["values"]["input"]:
                    each.update(values)
        for one in resources(document, "aws_ecs_task_definition"):
            if one["values"].get("container_definitions"):
                defined = json.loads(one["values"]["container_definitions"])
                for each in defined:
                    each.update(values)
                one["values"]["container_definitions"] = json.dumps(defined)
    return change


def all_of(*changes):
    def change(document):
        for one in changes:
            one(document)
    return change


def policy(actions, lands="*", effect="Allow", **more):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": actions, "Resource": lands, **more}]})


def trust(principal, condition=None):
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement | ({"Condition": condition} if condition else {})]})


GITHUB = {"Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"}
AUDIENCE, SUBJECT = "token.actions.githubusercontent.com:aud", "token.actions.githubusercontent.com:sub"
STRATEGY = [{"capacity_provider": "FARGATE_SPOT", "base": 0, "weight": 1}]
INGRESS, EGRESS = "aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule"
PUBLIC = put("aws_lb", "internal", False)
QUEUE = add("aws_sqs_queue", "more", name="more", sqs_managed_sse_enabled=True, redrive_policy="{}")

BREAKS = {
    "vpc.flow-logs": drop("aws_flow_log"),
    "vpc.default-group": drop("aws_default_security_group"),
    "vpc.private-address": put("aws_subnet", "map_public_ip_on_launch", True),
    "vpc.way-out": all_of(drop("aws_route"), put("aws_route_table", "route", [])),
    "sg.description": put("aws_security_group", "description", ""),
    "sg.open": all_of(put(INGRESS, "cidr_ipv4", "0.0.0.0/0"), put(INGRESS, "from_port", 22), put(INGRESS, "to_port", 22)),
    "sg.wide": put(INGRESS, "cidr_ipv4", "10.0.0.0/8"),
    "sg.group-to-group": put(INGRESS, "cidr_ipv4", "10.0.1.0/24"),
    "sg.egress": all_of(put(EGRESS, "cidr_ipv4", "0.0.0.0/0"), put(EGRESS, "ip_protocol", "-1")),
    "sg.attached": keep_groups_alone,
    "alb.https": all_of(PUBLIC, put("aws_lb_listener", "protocol", "HTTP")),
    "alb.tls-policy": all_of(put("aws_lb_listener", "protocol", "HTTPS"), put("aws_lb_listener", "ssl_policy", "ELBSecurityPolicy-2016-08")),
    "alb.redirect": all_of(PUBLIC, put("aws_lb_listener", "protocol", "HTTP"), put("aws_lb_listener", "default_action.*.type", "forward")),
    "alb.drop-invalid": put("aws_lb", "drop_invalid_header_fields", False),
    "alb.access-logs": put("aws_lb", "access_logs", []),
    "alb.deletion-protection": put("aws_lb", "enable_deletion_protection", False),
    "alb.desync": put("aws_lb", "desync_mitigation_mode", "monitor"),
    "alb.firewall": all_of(PUBLIC, drop("aws_wafv2_web_acl_association", "aws_cloudfront_distribution")),
    "tg.health": put("aws_lb_target_group", "health_check", []),
    "ecs.containers": all_of(drop("terraform_data"), put("aws_ecs_task_definition", "container_definitions", "")),
    "ecs.non-root": container(user="0"),
    "ecs.read-only": container(readonlyRootFilesystem=False),
    "ecs.privileged": container(privileged=True),
    "ecs.roles": put("aws_ecs_task_definition", "task_role_arn", ""),
    "ecs.transit": put("aws_ecs_task_definition", "volume", [{"name": "data", "efs_volume_configuration": [{"transit_encryption": "DISABLED"}]}]),
    "ecs.logging": container(logConfiguration=None),
    "ecs.non-blocking": container(logConfiguration={"logDriver": "awslogs", "options": {}}),
    "ecs.digest": container(image="example.org/program:1.2"),
    "ecs.public-address": put("aws_ecs_service", "network_configuration.*.assign_public_ip", True),
    "ecs.platform": put("aws_ecs_service", "platform_version", "1.3.0"),
    "ecs.insights": put("aws_ecs_cluster", "setting", [{"name": "containerInsights", "value": "disabled"}]),
    "ecs.shells": put("aws_ecs_service", "enable_execute_command", True),
    "ecs.alarms": put("aws_ecs_service", "alarms", []),
    "ecs.grace": put("aws_ecs_service", "health_check_grace_period_seconds", 0),
    "ecs.minimum-healthy": all_of(put("aws_ecs_service", "desired_count", 2), put("aws_ecs_service", "deployment_minimum_healthy_percent", 50)),
    "ecs.strategy": put("aws_ecs_service", "deployment_configuration", [{"strategy": "CANARY", "bake_time_in_minutes": "5"}]),
    "ecs.bake": put("aws_ecs_service", "deployment_configuration", [{"strategy": "BLUE_GREEN", "bake_time_in_minutes": "0"}]),
    "ecs.rebalancing": all_of(put("aws_ecs_service", "desired_count", 2), put("aws_ecs_service", "availability_zone_rebalancing", "DISABLED")),
    "scale.minimum": put("aws_appautoscaling_target", "min_capacity", 1),
    "scale.cooldown": put("aws_appautoscaling_policy", "target_tracking_scaling_policy_configuration.*.scale_in_cooldown", 1),
    "scale.requests": put("aws_appautoscaling_policy", "target_tracking_scaling_policy_configuration.*.predefined_metric_specification",
                          [{"predefined_metric_type": "ECSServiceAverageCPUUtilization"}]),
    "scale.request-label": put("aws_appautoscaling_policy", "target_tracking_scaling_policy_configuration.*.predefined_metric_specification",
                               [{"predefined_metric_type": "ALBRequestCountPerTarget"}]),
    "scale.cpu": drop("aws_appautoscaling_policy"),
    "spot.stop": all_of(put("aws_ecs_service", "desired_count", 1), put("aws_ecs_service", "capacity_provider_strategy", STRATEGY), container(stopTimeout=10)),
    "spot.drain": all_of(put("aws_ecs_service", "desired_count", 1), put("aws_ecs_service", "capacity_provider_strategy", STRATEGY),
                         put("aws_lb_target_group", "deregistration_delay", "300")),
    "spot.base": all_of(put("aws_ecs_service", "desired_count", 2), put("aws_ecs_service", "capacity_provider_strategy", STRATEGY)),
    "rds.encrypted": put("aws_db_instance", "storage_encrypted", False),
    "rds.private": put("aws_db_instance", "publicly_accessible", True),
    "rds.backup": put("aws_db_instance", "backup_retention_period", 0),
    "rds.deletion-protection": put("aws_db_instance", "deletion_protection", False),
    "rds.multi-az": put("aws_db_instance", "multi_az", False),
    "rds.minor-upgrades": put("aws_db_instance", "auto_minor_version_upgrade", False),
    "rds.insights": put("aws_db_instance", "performance_insights_enabled", False),
    "rds.iam": put("aws_db_instance", "iam_database_authentication_enabled", False),
    "rds.logs": put("aws_db_instance", "enabled_cloudwatch_logs_exports", []),
    "rds.copy-tags": put("aws_db_instance", "copy_tags_to_snapshot", False),
    "rds.tls": put("aws_db_parameter_group", "parameter", [{"name": "rds.force_ssl", "value": "0"}]),
    "rds.authority": put("aws_db_instance", "ca_cert_identifier", "rds-ca-2019"),
    "rds.final-snapshot": put("aws_db_instance", "skip_final_snapshot", True),
    "rds.supported": put("aws_db_instance", "engine_version", "13.4"),
    "rds.preload": put("aws_db_parameter_group", "parameter", [{"name": "shared_preload_libraries", "value": "pg_stat_statements,pgvector"}]),
    "rds.password": put("aws_db_instance", "password", "canary-of-a-password"),
    "proxy.tls": put("aws_db_proxy", "require_tls", False),
    "proxy.idle": put("aws_db_proxy", "idle_client_timeout", 0),
    "proxy.borrow": drop("aws_db_proxy_default_target_group"),
    "cache.at-rest": put("aws_elasticache_replication_group", "at_rest_encryption_enabled", False),
    "cache.transit": put("aws_elasticache_replication_group", "transit_encryption_enabled", False),
    "cache.authentication": all_of(put("aws_elasticache_replication_group", "auth_token", None), put("aws_elasticache_replication_group", "user_group_ids", [])),
    "cache.failover": put("aws_elasticache_replication_group", "automatic_failover_enabled", False),
    "cache.snapshots": put("aws_elasticache_replication_group", "snapshot_retention_limit", 0),
    "cache.subnets": put("aws_elasticache_replication_group", "subnet_group_name", None),
    "efs.encrypted": put("aws_efs_file_system", "encrypted", False),
    "efs.backup": drop("aws_efs_backup_policy", "aws_backup_selection"),
    "efs.access-point": put("aws_efs_access_point", "posix_user", []),
    "efs.authorization": put("aws_ecs_task_definition", "volume", [{"name": "data", "efs_volume_configuration": [{"transit_encryption": "ENABLED"}]}]),
    "s3.public": put("aws_s3_bucket_public_access_block", "block_public_policy", False),
    "s3.versioning": drop("aws_s3_bucket_versioning"),
    "s3.encryption": drop("aws_s3_bucket_server_side_encryption_configuration"),
    "s3.ownership": drop("aws_s3_bucket_ownership_controls"),
    "s3.tls": drop("aws_s3_bucket_policy"),
    "s3.lifecycle": drop("aws_s3_bucket_lifecycle_configuration"),
    "s3.access-logs": drop("aws_s3_bucket_logging"),
    "cdn.access-control": lambda document: _forget_control(document),
    "cdn.https": put("aws_cloudfront_distribution", "default_cache_behavior.*.viewer_protocol_policy", "allow-all"),
    "cdn.tls": put("aws_cloudfront_distribution", "viewer_certificate", [{"minimum_protocol_version": "TLSv1"}]),
    "cdn.firewall": put("aws_cloudfront_distribution", "web_acl_id", None),
    "cdn.logs": all_of(put("aws_cloudfront_distribution", "logging_config", []), drop("aws_cloudwatch_log_delivery")),
    "cdn.root": put("aws_cloudfront_distribution", "default_root_object", None),
    "cdn.headers": lambda document: _forget_headers(document),
    "cdn.origin-tls": put("aws_cloudfront_distribution", "origin", [{"custom_origin_config": [{"origin_protocol_policy": "http-only"}]}]),
    "waf.rules": put("aws_wafv2_web_acl", "rule", []),
    "waf.injections": put("aws_wafv2_web_acl", "rule", [{"statement": [{"rate_based_statement": [{"limit": 1000}]}]}]),
    "waf.managed": put("aws_wafv2_web_acl", "rule", [{"statement": [{"rate_based_statement": [{"limit": 1000}]}]}]),
    "waf.rate": put("aws_wafv2_web_acl", "rule.*.statement.*.rate_based_statement", []),
    "waf.body-size": put("aws_wafv2_web_acl", "rule.*.statement.*.managed_rule_group_statement.*.rule_action_override", []),
    "waf.logs": drop("aws_wafv2_web_acl_logging_configuration"),
    "waf.region": lambda document: _move_firewall(document),
    "iam.action": put("aws_iam_role_policy", "policy", policy("s3:*", "arn:aws:s3:::one/*")),
    "iam.resource": put("aws_iam_role_policy", "policy", policy("s3:GetObject")),
    "iam.pass-role": put("aws_iam_role_policy", "policy", policy("iam:PassRole", "arn:aws:iam::123456789012:role/*")),
    "iam.trust": put("aws_iam_role", "assume_role_policy", trust("*")),
    "iam.confused-deputy": put("aws_iam_role", "assume_role_policy", trust({"Service": "ecs-tasks.amazonaws.com"})),
    "oidc.audience": put("aws_iam_role", "assume_role_policy", trust(GITHUB, {"StringEquals": {SUBJECT: "repo:acme/slipway:environment:prod"}})),
    "oidc.subject": put("aws_iam_role", "assume_role_policy", trust(GITHUB, {"StringEquals": {AUDIENCE: "sts.amazonaws.com"}, "StringLike": {SUBJECT: "repo:acme/*"}})),
    "iam.no-keys": add("aws_iam_access_key", "key"),
    "secret.rotation": drop("aws_secretsmanager_secret_rotation"),
    "secret.key": all_of(put("aws_secretsmanager_secret", "kms_key_id", None), put("aws_ssm_parameter", "key_id", None)),
    "secret.state": add("aws_secretsmanager_secret_version", "value", secret_string="canary-of-a-secret"),
    "secret.public": add("aws_sqs_queue_policy", "open", policy=policy("sqs:SendMessage", Principal="*")),
    "parameter.secure": add("aws_ssm_parameter", "clear", name="/app/api-key", type="String"),
    "key.rotation": add("aws_kms_key", "old", enable_key_rotation=False),
    "key.public": add("aws_kms_key", "open", enable_key_rotation=True, policy=policy("kms:Decrypt", Principal="*")),
    "bedrock.logging": put("aws_iam_role_policy", "policy", policy("bedrock:InvokeModel", "arn:aws:bedrock:us-east-1::foundation-model/one")),
    "lambda.tracing": put("aws_lambda_function", "tracing_config", []),
    "lambda.failures": all_of(put("aws_lambda_function", "dead_letter_config", []), drop("aws_lambda_function_event_invoke_config"),
                              lambda document: _map_queue(document)),
    "lambda.concurrency": put("aws_lambda_function", "reserved_concurrent_executions", -1),
    "lambda.runtime": put("aws_lambda_function", "runtime", "python3.8"),
    "lambda.logs": add("aws_lambda_function", "bare", function_name="bare", runtime="provided.al2023"),
    "lambda.permission": add("aws_lambda_permission", "open", action="lambda:InvokeFunction"),
    "api.logs": put("aws_apigatewayv2_stage", "access_log_settings", []),
    "api.throttle": put("aws_apigatewayv2_stage", "default_route_settings", []),
    "api.authorizer": add("aws_apigatewayv2_route", "open", authorization_type="NONE"),
    "api.endpoint": lambda document: _map_api(document),
    "sqs.encrypted": all_of(put("aws_sqs_queue", "sqs_managed_sse_enabled", False), put("aws_sqs_queue", "kms_master_key_id", None)),
    "sqs.dead-letters": add("aws_sqs_queue", "lost", name="lost", sqs_managed_sse_enabled=True),
    "sqs.alarm": all_of(QUEUE, drop("aws_cloudwatch_metric_alarm")),
    "sqs.visibility": lambda document: _map_queue(document),
    "log.retention": put("aws_cloudwatch_log_group", "retention_in_days", 0),
    "log.key": put("aws_cloudwatch_log_group", "kms_key_id", None),
    "alarm.actions": put("aws_cloudwatch_metric_alarm", "actions_enabled", False),
    "alarm.missing-data": put("aws_cloudwatch_metric_alarm", "treat_missing_data", "missing"),
    "ecr.immutable": put("aws_ecr_repository", "image_tag_mutability", "MUTABLE"),
    "ecr.scan": put("aws_ecr_repository", "image_scanning_configuration", []),
    "ecr.lifecycle": drop("aws_ecr_lifecycle_policy"),
    "ecr.key": put("aws_ecr_repository", "encryption_configuration", []),
    "imds.tokens": add("aws_instance", "old", instance_type="t4g.nano", metadata_options=[{"http_tokens": "optional"}]),
    "imds.hops": add("aws_instance", "open", instance_type="t4g.nano", metadata_options=[{"http_tokens": "required", "http_put_response_hop_limit": 2}]),
    "budget.alert": drop("aws_budgets_budget"),
    "budget.anomaly": drop("aws_ce_anomaly_monitor"),
}


def _configured(document, kind):
    waiting = [document["configuration"]["root_module"]]
    while waiting:
        module = waiting.pop()
        yield from (one for one in module.get("resources", []) if one["type"] == kind)
        waiting += [call["module"] for call in module.get("module_calls", {}).values()]


def _forget_control(document):
    put("aws_cloudfront_distribution", "origin", [{"origin_id": "files", "domain_name": "files.s3.amazonaws.com"}])(document)
    for one in _configured(document, "aws_cloudfront_distribution"):
        one["expressions"].pop("origin", None)


def _forget_headers(document):
    put("aws_cloudfront_distribution", "default_cache_behavior", [{"target_origin_id": "files", "viewer_protocol_policy": "https-only"}])(document)
    for one in _configured(document, "aws_cloudfront_distribution"):
        one["expressions"].pop("default_cache_behavior", None)


def _move_firewall(document):
    for key, provider in document["configuration"]["provider_config"].items():
        provider.setdefault("expressions", {})["region"] = {"constant_value": "eu-west-1"}


def _refer(document, kind, name, **attributes):
    """A resource of the root that refers to others."""
    add(kind, name)(document)
    expressions = {key: {"references": [f"{address}.arn", address]} for key, address in attributes.items()}
    document["configuration"]["root_module"].setdefault("resources", []).append(
        {"address": f"{kind}.{name}", "mode": "managed", "type": kind, "name": name, "expressions": expressions})


def _map_queue(document):
    add("aws_sqs_queue", "mapped", name="mapped", sqs_managed_sse_enabled=True, redrive_policy="{}", visibility_timeout_seconds=30)(document)
    add("aws_lambda_function", "mapped", function_name="mapped", runtime="provided.al2023", timeout=60)(document)
    _refer(document, "aws_lambda_event_source_mapping", "mapped", function_name="aws_lambda_function.mapped", event_source_arn="aws_sqs_queue.mapped")


def _map_api(document):
    add("aws_apigatewayv2_api", "mapped", name="mapped", disable_execute_api_endpoint=False)(document)
    _refer(document, "aws_apigatewayv2_api_mapping", "mapped", api_id="aws_apigatewayv2_api.mapped")


def _lose(document):
    for one in document["resource_changes"]:
        if one["type"] == "aws_s3_bucket":
            one["change"]["actions"] = ["delete", "create"]


def beside(kind, new, key, name):
    """One more resource for each of the kind, that names it."""
    def change(document):
        for number, one in enumerate(resources(document, kind)):
            add(new, f"{name}{number}", **{key: one["values"][name]})(document)
    return change


MANAGED = ["AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet", "AWSManagedRulesAmazonIpReputationList"]

# What the stacks do not do (docs/plan.md, or a waiver, says why): done here, so that the rule is seen to be silent before it speaks.
MENDS = {
    "alb.access-logs": put("aws_lb", "access_logs", [{"enabled": True, "bucket": "logs"}]),
    "cache.authentication": put("aws_elasticache_replication_group", "auth_token", "canary"),
    "s3.access-logs": beside("aws_s3_bucket", "aws_s3_bucket_logging", "bucket", "bucket"),
    "cdn.logs": put("aws_cloudfront_distribution", "logging_config", [{"bucket": "logs"}]),
    "waf.managed": put("aws_wafv2_web_acl", "rule", [{"statement": [{"managed_rule_group_statement": [{"name": one}]}]} for one in MANAGED]),
    "waf.injections": put("aws_wafv2_web_acl", "rule", [{"statement": [{"managed_rule_group_statement": [{"name": "AWSManagedRulesSQLiRuleSet"}]}]}]),
    "secret.key": all_of(put("aws_secretsmanager_secret", "kms_key_id", "arn:aws:kms:us-east-1:1:key/one"),
                         put("aws_ssm_parameter", "key_id", "arn:aws:kms:us-east-1:1:key/one")),
    "secret.rotation": beside("aws_secretsmanager_secret", "aws_secretsmanager_secret_rotation", "secret_id", "name"),
    "log.key": put("aws_cloudwatch_log_group", "kms_key_id", "arn:aws:kms:us-east-1:1:key/one"),
    "ecr.key": put("aws_ecr_repository", "encryption_configuration", [{"encryption_type": "KMS"}]),
}


# Of what is no rule of a resource, but of the plan beside the application or itself.
CONTRADICTS = {
    "app.port": put("aws_ecs_service", "load_balancer.*.container_port", 9000),
    "app.container": put("aws_ecs_service", "load_balancer.*.container_name", "nobody"),
    "app.health": put("aws_lb_target_group", "health_check.*.path", "/nowhere"),
    "app.start": container(environment=[{"name": "LOG_LEVEL", "value": "loud"}]),
    "app.unread": container(secrets=[{"name": "SECRET_OF_ANOTHER", "valueFrom": "arn:aws:secretsmanager:us-east-1:1:secret:other-AbCdEf"}]),
    "C13": all_of(put("aws_ecs_service", "desired_count", 2), container(environment=[], secrets=[])),
    "C16": container(image="123456789012.dkr.ecr.us-east-1.amazonaws.com/program:latest"),
    "C20": container(environment=[{"name": "JWT_SECRET", "value": "canary"}]),
    "C23": container(secrets=[{"name": "JWT_SECRET", "valueFrom": "arn:aws:secretsmanager:us-east-1:1:secret:nobody-makes-it-AbCdEf"}]),
    "C26": put("aws_ecs_service", "deployment_circuit_breaker", []),
    "network.overlap": put("aws_subnet", "cidr_block", "10.1.0.0/24"),
    "network.outside": put("aws_subnet", "cidr_block", "192.168.0.0/24"),
    "iam.missing": put("aws_iam_role_policy", "policy", policy("s3:GetObject", "arn:aws:s3:::one/*")),
    "iam.unused": put("aws_iam_role_policy", "policy", policy("ec2:RunInstances", "arn:aws:ec2:us-east-1:1:instance/*")),
    "plan.loss": _lose,
}


def mended(document, rule):
    changed = copy.deepcopy(document)
    MENDS.get(rule, all_of())(changed)
    return changed


def broken(document, rule):
    changed = mended(document, rule)
    (BREAKS | CONTRADICTS)[rule](changed)
    return changed
