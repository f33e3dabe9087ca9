locals {
  hosts = local.makes_certificate ? concat([var.domain], var.alternative_domains) : []

  # By host, which is known before the certificate is.
  proofs = {
    for host in local.hosts : host => one([for option in aws_acm_certificate.this[0].domain_validation_options : option if option.domain_name == host])
  }
}

resource "aws_acm_certificate" "this" {
  count = local.makes_certificate ? 1 : 0

  domain_name               = var.domain
  subject_alternative_names = var.alternative_domains
  validation_method         = "DNS"

  tags = merge(var.tags, { Name = var.domain })

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  for_each = var.zone == null ? toset([]) : toset(local.hosts)

  zone_id         = var.zone.id
  name            = local.proofs[each.key].resource_record_name
  type            = local.proofs[each.key].resource_record_type
  records         = [local.proofs[each.key].resource_record_value]
  ttl             = 300
  allow_overwrite = true
}

resource "aws_acm_certificate_validation" "this" {
  count = local.makes_certificate && var.zone != null ? 1 : 0

  certificate_arn         = aws_acm_certificate.this[0].arn
  validation_record_fqdns = [for record in values(aws_route53_record.validation) : record.fqdn]
}

resource "aws_route53_record" "host" {
  for_each = var.zone == null || var.internal ? toset([]) : toset(concat(var.domain == "" ? [] : [var.domain], var.alternative_domains))

  zone_id = var.zone.id
  name    = each.key
  type    = "A"

  alias {
    name                   = aws_lb.this.dns_name
    zone_id                = aws_lb.this.zone_id
    evaluate_target_health = true
  }
}
