output "urls" {
  description = "Distribution to the URL that people use: its first host, or CloudFront's own name."
  value = {
    for key, one in aws_cloudfront_distribution.this : key => "https://${try(local.aliases[key][0], one.domain_name)}"
  }
}

output "distribution_ids" {
  description = "Distribution to its id, for invalidations."
  value       = { for key, one in aws_cloudfront_distribution.this : key => one.id }
}

output "distribution_arns" {
  description = "Distribution to its ARN."
  value       = { for key, one in aws_cloudfront_distribution.this : key => one.arn }
}

output "domain_names" {
  description = "Distribution to CloudFront's own name, for a CNAME elsewhere."
  value       = { for key, one in aws_cloudfront_distribution.this : key => one.domain_name }
}

output "readers" {
  description = "Bucket to the ARNs of the distributions that read it: the condition of the bucket's policy."
  value = {
    for bucket in keys(var.buckets) : bucket => [
      for key, one in aws_cloudfront_distribution.this : one.arn if contains(local.origins_of[key], bucket)
    ]
  }
}

output "zone_id" {
  description = "The hosted zone, empty without a domain."
  value       = local.zone_id
}

output "name_servers" {
  description = "What the registrar is told: the name servers of the zone that was made here."
  value       = try(aws_route53_zone.this[0].name_servers, [])
}

output "certificate_arn" {
  description = "The validated certificate in us-east-1, empty without a domain."
  value       = try(aws_acm_certificate_validation.this[0].certificate_arn, "")
}

output "origin_certificate" {
  description = "Certificate of the stack's own region for the load balancer: its ARN; null without a domain."
  value       = local.with_domain && var.origin_certificate ? { arn = aws_acm_certificate_validation.origin[0].certificate_arn } : null
}

output "web_acl_arn" {
  description = "The web ACL, empty without one."
  value       = try(aws_wafv2_web_acl.this[0].arn, "")
}
