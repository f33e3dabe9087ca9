locals {
  proxied = var.proxy == null ? 0 : 1
}

resource "aws_security_group" "proxy" {
  count = local.proxied

  name        = "${var.name}-proxy"
  description = "RDS Proxy of ${var.name}: the database's clients alone"
  vpc_id      = var.vpc_id

  tags = merge(var.tags, { Name = "${var.name}-proxy" })
}

resource "aws_vpc_security_group_ingress_rule" "proxy" {
  for_each = var.proxy == null ? {} : var.client_security_groups

  security_group_id            = aws_security_group.proxy[0].id
  description                  = "PostgreSQL from ${each.key}"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_vpc_security_group_egress_rule" "proxy" {
  count = local.proxied

  security_group_id            = aws_security_group.proxy[0].id
  description                  = "PostgreSQL to the database"
  referenced_security_group_id = aws_security_group.this.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_vpc_security_group_ingress_rule" "from_proxy" {
  count = local.proxied

  security_group_id            = aws_security_group.this.id
  description                  = "PostgreSQL from the proxy"
  referenced_security_group_id = aws_security_group.proxy[0].id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_iam_role" "proxy" {
  count = local.proxied

  name        = "${var.name}-proxy"
  description = "RDS Proxy of ${var.name} reads the secrets of the roles that sign in through it"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "rds.amazonaws.com" }
    }]
  })

  tags = var.tags
}

resource "aws_iam_role_policy" "proxy" {
  count = local.proxied

  name = "secrets"
  role = aws_iam_role.proxy[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{ Sid = "ReadSecrets", Effect = "Allow", Action = ["secretsmanager:GetSecretValue"], Resource = values(var.proxy.secret_arns) }],
      var.kms_key_arn == "" ? [] : [{ Sid = "Decrypt", Effect = "Allow", Action = ["kms:Decrypt"], Resource = [var.kms_key_arn] }]
    )
  })
}

resource "aws_db_proxy" "this" {
  count = local.proxied

  name                   = var.name
  engine_family          = "POSTGRESQL"
  role_arn               = aws_iam_role.proxy[0].arn
  require_tls            = true
  debug_logging          = false
  idle_client_timeout    = var.proxy.idle_timeout
  vpc_subnet_ids         = var.subnet_ids
  vpc_security_group_ids = [aws_security_group.proxy[0].id]

  dynamic "auth" {
    for_each = var.proxy.secret_arns

    content {
      description = auth.key
      auth_scheme = "SECRETS"
      secret_arn  = auth.value
      iam_auth    = var.proxy.require_iam ? "REQUIRED" : "DISABLED"
    }
  }

  tags = merge(var.tags, { Name = var.name })
}

# Slipway keeps nothing in a session, so nothing pins a connection to its client.
resource "aws_db_proxy_default_target_group" "this" {
  count = local.proxied

  db_proxy_name = aws_db_proxy.this[0].name

  connection_pool_config {
    connection_borrow_timeout    = var.proxy.borrow_timeout
    max_connections_percent      = 90
    max_idle_connections_percent = 45
  }
}

resource "aws_db_proxy_target" "this" {
  count = local.proxied

  db_proxy_name          = aws_db_proxy.this[0].name
  target_group_name      = aws_db_proxy_default_target_group.this[0].name
  db_instance_identifier = aws_db_instance.this.identifier
}
