locals {
  # Whether there is HTTPS is known before the certificate is.
  makes_certificate = var.domain != "" && var.certificate == null
  https             = var.certificate != null || (local.makes_certificate && var.zone != null)
  certificate_arn   = var.certificate != null ? var.certificate.arn : try(aws_acm_certificate_validation.this[0].certificate_arn, "")
  plain_http        = coalesce(var.plain_http, var.internal)

  listener_arn = local.https ? aws_lb_listener.https[0].arn : aws_lb_listener.http.arn
}

resource "aws_security_group" "this" {
  name        = "${var.name}-balancer"
  description = "Load balancer of ${var.name}"
  vpc_id      = var.vpc_id

  tags = merge(var.tags, { Name = "${var.name}-balancer" })
}

resource "aws_vpc_security_group_ingress_rule" "https" {
  for_each = local.https ? var.ingress : {}

  security_group_id            = aws_security_group.this.id
  description                  = "HTTPS from ${each.key}"
  cidr_ipv4                    = each.value.cidr
  prefix_list_id               = each.value.prefix_list_id
  referenced_security_group_id = each.value.security_group_id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

resource "aws_vpc_security_group_ingress_rule" "http" {
  for_each = var.ingress

  security_group_id            = aws_security_group.this.id
  description                  = local.https ? "HTTP from ${each.key}, redirected" : "HTTP from ${each.key}"
  cidr_ipv4                    = each.value.cidr
  prefix_list_id               = each.value.prefix_list_id
  referenced_security_group_id = each.value.security_group_id
  ip_protocol                  = "tcp"
  from_port                    = 80
  to_port                      = 80
}

resource "aws_vpc_security_group_egress_rule" "target" {
  for_each = var.targets

  security_group_id            = aws_security_group.this.id
  description                  = "To the tasks of ${each.key}"
  referenced_security_group_id = each.value.security_group_id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_lb" "this" {
  name               = var.name
  load_balancer_type = "application"
  internal           = var.internal
  subnets            = var.subnet_ids
  security_groups    = [aws_security_group.this.id]
  idle_timeout       = var.idle_timeout

  drop_invalid_header_fields = true
  desync_mitigation_mode     = "strictest"
  enable_deletion_protection = var.deletion_protection
  preserve_host_header       = true

  dynamic "access_logs" {
    for_each = var.access_log_bucket == "" ? [] : [var.access_log_bucket]

    content {
      enabled = true
      bucket  = access_logs.value
      prefix  = var.name
    }
  }

  tags = merge(var.tags, { Name = var.name })
}

resource "aws_lb_target_group" "this" {
  for_each = var.target_groups

  name                 = "${substr(var.name, 0, 31 - length(each.key))}-${each.key}"
  vpc_id               = var.vpc_id
  target_type          = "ip"
  protocol             = "HTTP"
  port                 = each.value.port
  deregistration_delay = each.value.deregistration_delay

  health_check {
    enabled             = true
    protocol            = "HTTP"
    path                = each.value.health_path
    matcher             = "200"
    interval            = each.value.health_interval
    timeout             = each.value.health_timeout
    healthy_threshold   = each.value.healthy_threshold
    unhealthy_threshold = each.value.unhealthy_threshold
  }

  stickiness {
    enabled         = each.value.stickiness
    type            = "lb_cookie"
    cookie_duration = 86400
  }

  tags = merge(var.tags, { Name = "${var.name}-${each.key}" })
}
