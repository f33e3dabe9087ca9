output "url" {
  description = "Where the API is found."
  value       = module.alb.url
}

output "front_end_urls" {
  description = "Branch to the URL that shows it."
  value       = try(module.amplify[0].urls, {})
}

output "name_servers" {
  description = "What the registrar of the domain is told."
  value       = try(aws_route53_zone.this[0].name_servers, [])
}

output "certificate_records" {
  description = "Records that prove the API's host where no zone is given."
  value       = module.alb.certificate_records
}

output "repository_url" {
  description = "Where images are pushed."
  value       = module.ecr.repository_url
}

output "cluster" {
  description = "Name of the ECS cluster."
  value       = module.ecs.cluster_name
}

output "service_arns" {
  description = "ARNs of the ECS services."
  value       = module.ecs.service_arns
}

output "deploy_commands" {
  description = "Command that rolls a release out, by service."
  value       = module.ecs.deploy_commands
}

output "migration" {
  description = "What `aws ecs run-task` needs for a migration; null with files, which the server migrates itself."
  value = local.files ? null : {
    task_definition = module.ecs.task_families["migrate"]
    subnets         = local.task_subnet_ids
    security_groups = [module.ecs.security_group_ids["migrate"]]
  }
}

output "document_bucket" {
  description = "Bucket of the documents."
  value       = module.s3.names["documents"]
}

output "file_system_id" {
  description = "File system with the data, empty with PostgreSQL."
  value       = try(module.efs[0].id, "")
}

output "database_host" {
  description = "Host of the database, empty with files."
  value       = try(module.rds[0].host, "")
}

output "secrets_by_hand" {
  description = "Secrets whose values people set, and the commands."
  value       = module.secrets.by_hand
}

output "dashboards" {
  description = "Names of the dashboards in CloudWatch."
  value       = module.monitoring.dashboard_names
}

output "deploy_role_arn" {
  description = "Role of GitHub's workflows, empty without a repository."
  value       = try(module.github[0].role_arns["deploy"], "")
}
