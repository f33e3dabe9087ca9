output "cluster_name" {
  description = "Name of the cluster."
  value       = null
}

output "cluster_arn" {
  description = "ARN of the cluster."
  value       = null
}

output "service_names" {
  description = "Names of the ECS services, by service."
  value       = null
}

output "service_arns" {
  description = "ARNs of the ECS services, by service."
  value       = null
}

output "task_definition_arns" {
  description = "ARNs of the task definitions that Terraform made, by service."
  value       = null
}

output "task_families" {
  description = "Families of the task definitions, by service."
  value       = null
}

output "security_group_ids" {
  description = "Security groups of the tasks, by service."
  value       = null
}

output "task_role_arns" {
  description = "Roles that the tasks act as, by service."
  value       = null
}

output "task_role_names" {
  description = "Names of these roles."
  value       = null
}

output "execution_role_arns" {
  description = "Roles that start the tasks, by service."
  value       = null
}

output "log_group_names" {
  description = "Log groups, by service."
  value       = null
}

output "discovery_names" {
  description = "Private DNS names, by service that has one."
  value       = null
}

output "deploy_commands" {
  description = "The command that rolls a release out, by service; IMAGE stands for the image by digest."
  value       = null
}
