locals {
  cluster = coalesce(var.cluster_name, var.name)
  account = var.account_id == "" ? "*" : var.account_id

  # Placed containers: an image that is not known yet means that nothing runs.
  waiting  = { for name, service in var.services : name => anytrue([for container in values(service.containers) : container.image == ""]) }
  running  = { for name, service in var.services : name => service if service.run }
  families = { for name, service in var.services : name => coalesce(service.family, "${var.name}-${name}") }
  names    = { for name, service in var.services : name => coalesce(service.service_name, "${var.name}-${name}") }
}

resource "aws_ecs_cluster" "this" {
  name = local.cluster

  setting {
    name  = "containerInsights"
    value = var.container_insights
  }

  tags = merge(var.tags, { Name = local.cluster })
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]

  default_capacity_provider_strategy {
    capacity_provider = "FARGATE"
    weight            = 1
  }
}

resource "aws_service_discovery_private_dns_namespace" "this" {
  count = var.namespace == "" ? 0 : 1

  name        = var.namespace
  description = "Services of ${var.name}"
  vpc         = var.vpc_id

  tags = merge(var.tags, { Name = var.namespace })
}

resource "aws_service_discovery_service" "this" {
  for_each = { for name, service in local.running : name => service if service.discovery != "" && var.namespace != "" }

  name        = each.value.discovery
  description = "${each.key} of ${var.name}"

  dns_config {
    namespace_id   = aws_service_discovery_private_dns_namespace.this[0].id
    routing_policy = "MULTIVALUE"

    dns_records {
      type = "A"
      ttl  = 10
    }
  }

  tags = merge(var.tags, { Name = "${var.name}-${each.key}" })
}

# The task definition belongs to Terraform; which of its revisions runs, and on how many tasks, to the deployment and to
# auto-scaling. So an apply that does not know the newest image changes nothing that serves, and a deployment that rolled itself back is
# not repeated by the next apply. `slipway deploy ecs` takes the newest revision and puts the released image into it.
resource "aws_ecs_service" "this" {
  for_each = local.running

  name            = local.names[each.key]
  cluster         = aws_ecs_cluster.this.arn
  task_definition = aws_ecs_task_definition.this[each.key].arn
  desired_count   = local.waiting[each.key] ? 0 : each.value.desired_count

  platform_version                   = "LATEST"
  deployment_minimum_healthy_percent = each.value.minimum_percent
  deployment_maximum_percent         = each.value.maximum_percent
  health_check_grace_period_seconds  = length(each.value.load_balancers) > 0 ? each.value.grace_seconds : null
  availability_zone_rebalancing      = each.value.maximum_percent > 100 ? "ENABLED" : "DISABLED"
  enable_ecs_managed_tags            = true
  propagate_tags                     = "SERVICE"
  wait_for_steady_state              = false

  dynamic "capacity_provider_strategy" {
    for_each = each.value.spot && each.value.on_demand_base == 0 ? { FARGATE_SPOT = { base = 0, weight = 1 } } : each.value.spot ? {
      FARGATE      = { base = each.value.on_demand_base, weight = 0 }
      FARGATE_SPOT = { base = 0, weight = 1 }
    } : { FARGATE = { base = 0, weight = 1 } }

    content {
      capacity_provider = capacity_provider_strategy.key
      base              = capacity_provider_strategy.value.base
      weight            = capacity_provider_strategy.value.weight
    }
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  dynamic "alarms" {
    for_each = length(each.value.alarms) > 0 ? [each.value.alarms] : []

    content {
      alarm_names = alarms.value
      enable      = true
      rollback    = true
    }
  }

  network_configuration {
    subnets          = each.value.subnet_ids
    security_groups  = [aws_security_group.task[each.key].id]
    assign_public_ip = each.value.public_ip
  }

  dynamic "load_balancer" {
    for_each = each.value.load_balancers

    content {
      target_group_arn = load_balancer.value.target_group_arn
      container_name   = load_balancer.value.container
      container_port   = load_balancer.value.port
    }
  }

  dynamic "service_registries" {
    for_each = contains(keys(aws_service_discovery_service.this), each.key) ? [aws_service_discovery_service.this[each.key].arn] : []

    content {
      registry_arn = service_registries.value
    }
  }

  # What a deployment and a price need to know while nothing runs yet.
  tags = merge(var.tags, { Name = local.names[each.key], DesiredCount = tostring(each.value.desired_count) })

  depends_on = [
    aws_ecs_cluster_capacity_providers.this, aws_iam_role_policy.execution, aws_iam_role_policy.task,
    aws_vpc_security_group_egress_rule.task
  ]

  lifecycle {
    ignore_changes = [desired_count, task_definition]

    precondition {
      condition     = length(local.file_volumes[each.key]) == 0 || each.value.maximum_percent <= 100
      error_message = "${each.key}: two tasks would write to the same files in a release; set minimum_percent 0 and maximum_percent 100."
    }
  }
}
