locals {
  # With a header that CloudFront adds, what comes without it is refused; rules then repeat the default target with the header.
  origin_header = nonsensitive(var.origin_header != null)
  default_rule = local.origin_header && var.default_target_group != "" ? {
    default = { priority = 49000, target_group = var.default_target_group, paths = ["/*"], hosts = [] }
  } : {}
  rules = merge(var.rules, local.default_rule)

  forwards_default = var.default_target_group != "" && !local.origin_header
  serves           = local.https || local.plain_http
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type             = local.https ? "redirect" : local.serves && local.forwards_default ? "forward" : "fixed-response"
    target_group_arn = !local.https && local.serves && local.forwards_default ? aws_lb_target_group.this[var.default_target_group].arn : null

    dynamic "redirect" {
      for_each = local.https ? [true] : []

      content {
        protocol    = "HTTPS"
        port        = "443"
        status_code = "HTTP_301"
      }
    }

    dynamic "fixed_response" {
      for_each = !local.https && !(local.serves && local.forwards_default) ? [true] : []

      content {
        content_type = "text/plain"
        status_code  = !local.serves ? "503" : local.origin_header ? "403" : "404"
        message_body = local.serves ? "" : "This load balancer has no certificate yet."
      }
    }
  }

  tags = var.tags
}

resource "aws_lb_listener" "https" {
  count = local.https ? 1 : 0

  load_balancer_arn = aws_lb.this.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = var.ssl_policy
  certificate_arn   = local.certificate_arn

  default_action {
    type             = local.forwards_default ? "forward" : "fixed-response"
    target_group_arn = local.forwards_default ? aws_lb_target_group.this[var.default_target_group].arn : null

    dynamic "fixed_response" {
      for_each = local.forwards_default ? [] : [true]

      content {
        content_type = "text/plain"
        status_code  = local.origin_header ? "403" : "404"
        message_body = ""
      }
    }
  }

  tags = var.tags
}

resource "aws_lb_listener_certificate" "additional" {
  for_each = local.https ? var.additional_certificate_arns : {}

  listener_arn    = aws_lb_listener.https[0].arn
  certificate_arn = each.value
}

resource "aws_lb_listener_rule" "this" {
  for_each = local.serves ? local.rules : {}

  listener_arn = local.listener_arn
  priority     = each.value.priority

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[each.value.target_group].arn
  }

  dynamic "condition" {
    for_each = length(each.value.paths) > 0 ? [each.value.paths] : []

    content {
      path_pattern {
        values = condition.value
      }
    }
  }

  dynamic "condition" {
    for_each = length(each.value.hosts) > 0 ? [each.value.hosts] : []

    content {
      host_header {
        values = condition.value
      }
    }
  }

  dynamic "condition" {
    for_each = local.origin_header ? [true] : []

    content {
      http_header {
        http_header_name = var.origin_header.name
        values           = var.origin_header.values
      }
    }
  }

  tags = merge(var.tags, { Name = "${var.name}-${each.key}" })
}
