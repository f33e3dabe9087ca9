output "arn" {
  description = "ARN of the load balancer."
  value       = aws_lb.this.arn
}

output "arn_suffix" {
  description = "Its name in metrics, as app/NAME/ID."
  value       = aws_lb.this.arn_suffix
}

output "dns_name" {
  description = "Its own host."
  value       = aws_lb.this.dns_name
}

output "zone_id" {
  description = "Zone of its own host, for alias records."
  value       = aws_lb.this.zone_id
}

output "url" {
  description = "Where clients reach it: https and the domain, else http and its own host."
  value       = local.https && var.domain != "" ? "https://${var.domain}" : "${local.https ? "https" : "http"}://${aws_lb.this.dns_name}"
}

output "security_group_id" {
  description = "Its security group; tasks admit it."
  value       = aws_security_group.this.id
}

output "target_group_arns" {
  description = "ARNs of the target groups, by name; known when their listener stands."
  value       = { for name, group in aws_lb_target_group.this : name => group.arn }

  depends_on = [aws_lb_listener.http, aws_lb_listener.https, aws_lb_listener_rule.this]
}

output "target_group_arn_suffixes" {
  description = "Their names in metrics, by name."
  value       = { for name, group in aws_lb_target_group.this : name => group.arn_suffix }
}

output "resource_labels" {
  description = "What auto-scaling by requests names, by target group."
  value       = { for name, group in aws_lb_target_group.this : name => "${aws_lb.this.arn_suffix}/${group.arn_suffix}" }
}

output "certificate_arn" {
  description = "Certificate of the HTTPS listener; empty without one."
  value       = local.certificate_arn
}

output "certificate_records" {
  description = "Records that prove the domain where no zone is given, by host: name, type, value."
  value = local.makes_certificate && var.zone == null ? {
    for option in aws_acm_certificate.this[0].domain_validation_options : option.domain_name => {
      name  = option.resource_record_name
      type  = option.resource_record_type
      value = option.resource_record_value
    }
  } : {}
}

output "listener_arn" {
  description = "The listener that serves: HTTPS, else HTTP."
  value       = local.listener_arn
}
