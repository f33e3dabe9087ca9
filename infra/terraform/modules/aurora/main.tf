locals {
  major       = split(".", var.engine_version)[0]
  kms_key_arn = var.kms_key_arn == "" ? null : var.kms_key_arn

  # TLS is no choice of the client; what took longer than a second stands in the log.
  parameters = merge({ "rds.force_ssl" = "1", log_min_duration_statement = "1000" }, var.parameters)
}

resource "aws_db_subnet_group" "this" {
  name        = var.name
  description = "Private subnets of ${var.name}"
  subnet_ids  = var.subnet_ids

  tags = merge(var.tags, { Name = var.name })
}

resource "aws_security_group" "this" {
  name        = "${var.name}-database"
  description = "Aurora of ${var.name}: its clients alone"
  vpc_id      = var.vpc_id

  tags = merge(var.tags, { Name = "${var.name}-database" })
}

resource "aws_vpc_security_group_ingress_rule" "client" {
  for_each = var.client_security_groups

  security_group_id            = aws_security_group.this.id
  description                  = "PostgreSQL from ${each.key}"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_rds_cluster_parameter_group" "this" {
  name        = "${var.name}-aurora-postgresql${local.major}"
  description = "Aurora PostgreSQL ${local.major} of ${var.name}"
  family      = "aurora-postgresql${local.major}"

  dynamic "parameter" {
    for_each = local.parameters

    content {
      name         = parameter.key
      value        = parameter.value
      apply_method = startswith(parameter.key, "log_") ? "immediate" : "pending-reboot"
    }
  }

  tags = merge(var.tags, { Name = var.name })

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_rds_cluster" "this" {
  cluster_identifier = var.name

  engine                          = "aurora-postgresql"
  engine_mode                     = "provisioned"
  engine_version                  = var.engine_version
  engine_lifecycle_support        = "open-source-rds-extended-support-disabled"
  db_cluster_parameter_group_name = aws_rds_cluster_parameter_group.this.name
  apply_immediately               = var.apply_immediately
  storage_encrypted               = true
  kms_key_id                      = local.kms_key_arn

  serverlessv2_scaling_configuration {
    min_capacity             = var.min_capacity
    max_capacity             = var.max_capacity
    seconds_until_auto_pause = var.min_capacity == 0 ? var.seconds_until_auto_pause : null
  }

  database_name                       = var.database_name
  master_username                     = var.username
  manage_master_user_password         = var.password_version == 0 ? true : null
  master_password_wo                  = var.password_version == 0 ? null : var.password
  master_password_wo_version          = var.password_version == 0 ? null : var.password_version
  iam_database_authentication_enabled = var.iam_authentication

  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [aws_security_group.this.id]
  port                   = 5432

  backup_retention_period         = var.backup_retention_days
  preferred_backup_window         = "03:00-04:00"
  preferred_maintenance_window    = "sun:04:30-sun:05:30"
  copy_tags_to_snapshot           = true
  delete_automated_backups        = false
  deletion_protection             = var.deletion_protection
  skip_final_snapshot             = !var.final_snapshot
  final_snapshot_identifier       = var.final_snapshot ? "${var.name}-final" : null
  enabled_cloudwatch_logs_exports = ["postgresql"]

  tags = merge(var.tags, { Name = var.name })
}

# The first is the writer. Readers of tier 1 scale with it and take over when it fails.
resource "aws_rds_cluster_instance" "this" {
  count = var.instance_count

  identifier         = "${var.name}-${count.index + 1}"
  cluster_identifier = aws_rds_cluster.this.id
  engine             = aws_rds_cluster.this.engine
  instance_class     = "db.serverless"
  promotion_tier     = count.index == 0 ? 0 : 1

  publicly_accessible        = false
  ca_cert_identifier         = "rds-ca-rsa2048-g1"
  auto_minor_version_upgrade = true
  copy_tags_to_snapshot      = true
  apply_immediately          = var.apply_immediately

  performance_insights_enabled          = var.performance_insights
  performance_insights_retention_period = var.performance_insights ? 7 : null
  performance_insights_kms_key_id       = var.performance_insights ? local.kms_key_arn : null

  tags = merge(var.tags, { Name = "${var.name}-${count.index + 1}" })
}
