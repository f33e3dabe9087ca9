output "arn" {
  description = "ARN of the load balancer."
  value       = null
}

output "arn_suffix" {
  description = "Its name in metrics, as app/NAME/ID."
  value       = null
}

output "dns_name" {
  description = "Its own host."
  value       = null
}

output "zone_id" {
  description = "Zone of its own host, for alias records."
  value       = null
}

output "url" {
  description = "Where clients reach it: https and the domain, else http and its own host."
  value       = null
}

output "security_group_id" {
  description = "Its security group; tasks admit it."
  value       = null
}

output "target_group_arns" {
  description = "ARNs of the target groups, by name; known when their listener stands."
  value       = null
}

output "target_group_arn_suffixes" {
  description = "Their names in metrics, by name."
  value       = null
}

output "resource_labels" {
  description = "What auto-scaling by requests names, by target group."
  value       = null
}

output "certificate_arn" {
  description = "Certificate of the HTTPS listener; empty without one."
  value       = null
}

output "certificate_records" {
  description = "Records that prove the domain where no zone_id is given, by host: name, type, value."
  value       = null
}

output "listener_arn" {
  description = "The listener that serves: HTTPS, else HTTP."
  value       = null
}
