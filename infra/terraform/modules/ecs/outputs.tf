output "cluster_name" {
  description = "Name of the cluster."
  value       = aws_ecs_cluster.this.name
}

output "cluster_arn" {
  description = "ARN of the cluster."
  value       = aws_ecs_cluster.this.arn
}

output "service_names" {
  description = "Names of the ECS services, by service."
  value       = { for name, service in aws_ecs_service.this : name => service.name }
}

output "service_arns" {
  description = "ARNs of the ECS services, by service."
  value       = { for name, service in aws_ecs_service.this : name => service.id }
}

output "task_definition_arns" {
  description = "ARNs of the task definitions that Terraform made, by service."
  value       = { for name, task in aws_ecs_task_definition.this : name => task.arn }
}

output "task_families" {
  description = "Families of the task definitions, by service."
  value       = local.families
}

output "security_group_ids" {
  description = "Security groups of the tasks, by service."
  value       = { for name, group in aws_security_group.task : name => group.id }
}

output "task_role_arns" {
  description = "Roles that the tasks act as, by service."
  value       = { for name, role in aws_iam_role.task : name => role.arn }
}

output "task_role_names" {
  description = "Names of these roles."
  value       = { for name, role in aws_iam_role.task : name => role.name }
}

output "execution_role_arns" {
  description = "Roles that start the tasks, by service."
  value       = { for name, role in aws_iam_role.execution : name => role.arn }
}

output "log_group_names" {
  description = "Log groups, by service."
  value       = local.log_groups
}

output "discovery_names" {
  description = "Private DNS names, by service that has one."
  value       = { for name, service in aws_service_discovery_service.this : name => "${service.name}.${var.namespace}" }
}

output "deploy_commands" {
  description = <<-TEXT
    The command that rolls a release out, by service. IMAGE is the image by digest; the first release is also told
    --count, the tag DesiredCount of the service.
  TEXT
  value = {
    for name in keys(local.running) : name =>
    "slipway deploy ecs --region ${var.region} --cluster ${local.cluster} --service ${local.names[name]} --image IMAGE"
  }
}
