locals {
  version = coalesce(var.engine_version, var.engine == "valkey" ? "7.2" : "7.1")
  family  = var.engine == "valkey" ? "valkey${split(".", local.version)[0]}" : "redis7"

  # What waits in a queue or keeps somebody signed in is not thrown out in silence when memory is full.
  parameters = merge({ maxmemory-policy = "noeviction" }, var.parameters)
}

resource "aws_elasticache_subnet_group" "this" {
  name        = var.name
  description = "Private subnets of ${var.name}"
  subnet_ids  = var.subnet_ids

  tags = merge(var.tags, { Name = var.name })
}

resource "aws_security_group" "this" {
  name        = "${var.name}-cache"
  description = "Cache of ${var.name}: its clients alone"
  vpc_id      = var.vpc_id

  tags = merge(var.tags, { Name = "${var.name}-cache" })
}

resource "aws_vpc_security_group_ingress_rule" "client" {
  for_each = var.client_security_groups

  security_group_id            = aws_security_group.this.id
  description                  = "Redis from ${each.key}"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = 6379
  to_port                      = 6379
}

resource "aws_elasticache_parameter_group" "this" {
  name        = "${var.name}-${local.family}"
  description = "${var.engine} of ${var.name}"
  family      = local.family

  dynamic "parameter" {
    for_each = local.parameters

    content {
      name  = parameter.key
      value = parameter.value
    }
  }

  tags = merge(var.tags, { Name = var.name })

  lifecycle {
    create_before_destroy = true
  }
}

# One shard ("cluster mode disabled"): a primary and its replicas.
resource "aws_elasticache_replication_group" "this" {
  replication_group_id = var.name
  description          = "Cache, queues and sessions of ${var.name}"

  engine                     = var.engine
  engine_version             = local.version
  node_type                  = var.node_type
  num_cache_clusters         = var.node_count
  automatic_failover_enabled = var.node_count > 1
  multi_az_enabled           = var.node_count > 1
  parameter_group_name       = aws_elasticache_parameter_group.this.name
  auto_minor_version_upgrade = true
  apply_immediately          = false

  subnet_group_name  = aws_elasticache_subnet_group.this.name
  security_group_ids = [aws_security_group.this.id]
  port               = 6379

  at_rest_encryption_enabled = true
  kms_key_id                 = var.kms_key_arn == "" ? null : var.kms_key_arn
  transit_encryption_enabled = true
  transit_encryption_mode    = "required"

  snapshot_retention_limit = var.snapshot_retention_days
  snapshot_window          = var.snapshot_retention_days > 0 ? "03:00-04:00" : null
  maintenance_window       = "sun:04:30-sun:05:30"

  tags = merge(var.tags, { Name = var.name })

  # The provider has no write-only argument for the token: it would stand in the state. A person sets it (output token_command),
  # and Terraform leaves it alone.
  lifecycle {
    ignore_changes = [auth_token, auth_token_update_strategy]
  }
}
