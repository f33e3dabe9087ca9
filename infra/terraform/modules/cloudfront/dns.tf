locals {
  with_domain = var.domain != ""
  zone_id     = !local.with_domain ? "" : var.create_zone ? aws_route53_zone.this[0].zone_id : var.zone_id
  # Every own host with the distribution that serves it; known before anything is made.
  hosts = merge([for key, one in var.distributions : { for alias in local.aliases[key] : alias => key } if one.domain == ""]...)
  records = merge(
    { for host, key in local.hosts : "${host} A" => { host = host, key = key, type = "A" } },
    { for host, key in local.hosts : "${host} AAAA" => { host = host, key = key, type = "AAAA" } },
  )
}

resource "aws_route53_zone" "this" {
  count = local.with_domain && var.create_zone ? 1 : 0

  name    = var.domain
  comment = "${var.name}: the registrar's name servers point here"
  tags    = var.tags
}

resource "aws_route53_record" "alias" {
  for_each = local.records

  zone_id = local.zone_id
  name    = each.value.host
  type    = each.value.type

  alias {
    name                   = aws_cloudfront_distribution.this[each.value.key].domain_name
    zone_id                = aws_cloudfront_distribution.this[each.value.key].hosted_zone_id
    evaluate_target_health = false
  }
}

# One certificate for all own hosts, in the one region that CloudFront reads.
resource "aws_acm_certificate" "this" {
  count    = local.with_domain ? 1 : 0
  provider = aws.us_east_1

  domain_name               = var.domain
  subject_alternative_names = ["*.${var.domain}"]
  validation_method         = "DNS"
  tags                      = merge(var.tags, { Name = var.name })

  lifecycle {
    create_before_destroy = true
  }
}

# The apex and its wildcard are validated by one and the same record.
resource "aws_route53_record" "validation" {
  count = local.with_domain ? 1 : 0

  allow_overwrite = true
  zone_id         = local.zone_id
  name            = tolist(aws_acm_certificate.this[0].domain_validation_options)[0].resource_record_name
  type            = tolist(aws_acm_certificate.this[0].domain_validation_options)[0].resource_record_type
  records         = [tolist(aws_acm_certificate.this[0].domain_validation_options)[0].resource_record_value]
  ttl             = 300
}

resource "aws_acm_certificate_validation" "this" {
  count    = local.with_domain ? 1 : 0
  provider = aws.us_east_1

  certificate_arn         = aws_acm_certificate.this[0].arn
  validation_record_fqdns = [aws_route53_record.validation[0].fqdn]
}

# For the load balancer behind it. The record that validates a name is the same in every region.
resource "aws_acm_certificate" "origin" {
  count = local.with_domain && var.origin_certificate ? 1 : 0

  domain_name               = var.domain
  subject_alternative_names = ["*.${var.domain}"]
  validation_method         = "DNS"
  tags                      = merge(var.tags, { Name = "${var.name}-origin" })

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_acm_certificate_validation" "origin" {
  count = local.with_domain && var.origin_certificate ? 1 : 0

  certificate_arn         = aws_acm_certificate.origin[0].arn
  validation_record_fqdns = [aws_route53_record.validation[0].fqdn]
}
