output "url" {
  description = "Where the application is found."
  value       = module.cloudfront.urls["api"]
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
  description = "What `aws ecs run-task` needs for a migration."
  value = {
    task_definition = module.ecs.task_families["migrate"]
    subnets         = module.vpc.placement_private_subnet_ids
    security_groups = [module.ecs.security_group_ids["migrate"]]
  }
}

output "letta_url" {
  description = "Where the api finds the Letta service, inside the network only."
  value       = "http://${module.ecs.discovery_names["letta"]}:8283"
}

output "document_bucket" {
  description = "Bucket of the documents."
  value       = module.s3.names["documents"]
}

output "database_host" {
  description = "Host of the database."
  value       = module.aurora.host
}

output "database_owner_secret_arn" {
  description = "Secret with the owner's name and password where RDS made it; empty where it was given."
  value       = module.aurora.owner_secret_arn
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
