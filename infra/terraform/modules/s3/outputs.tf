output "names" {
  description = "Names, by purpose."
  value       = null
}

output "arns" {
  description = "ARNs, by purpose."
  value       = null
}

output "domains" {
  description = "Regional hosts, by purpose, as CloudFront's origins."
  value       = null
}

output "statements" {
  description = "Statements of a role that reads and writes, by purpose; for the ecs module."
  value       = null
}
