output "variables" {
  description = "By environment variable: value_from, as a container reads it, and resource, as a policy names it."
  value       = null
}

output "arns" {
  description = "ARNs, by secret."
  value       = null
}

output "names" {
  description = "Full names, by secret."
  value       = null
}

output "stores" {
  description = "secretsmanager or ssm, by secret."
  value       = null
}

output "by_hand" {
  description = "Names of the secrets whose value people set, and the command that does."
  value       = null
}
