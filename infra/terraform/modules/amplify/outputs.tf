output "app_id" {
  description = "Id of the application, for `aws amplify start-job` and for connecting the repository."
  value       = aws_amplify_app.this.id
}

output "arn" {
  description = "ARN of the application."
  value       = aws_amplify_app.this.arn
}

output "urls" {
  description = "Branch to the URL that shows it."
  value = {
    for branch in keys(var.branches) : branch => try(
      [for host, shown in var.hosts : "https://${host == "" ? "" : "${host}."}${var.domain}" if shown == branch && var.domain != ""][0],
      "https://${branch}.${aws_amplify_app.this.default_domain}",
    )
  }
}

output "certificate_record" {
  description = "DNS record that proves the domain to Amplify, empty without one."
  value       = try(aws_amplify_domain_association.this[0].certificate_verification_dns_record, "")
}
