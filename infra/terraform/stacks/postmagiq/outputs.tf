output "urls" {
  description = "Where the GUI (site), the API (api) and the domains of customers are found."
  value       = module.cloudfront.urls
}

output "name_servers" {
  description = "What the registrar of the domain is told."
  value       = module.cloudfront.name_servers
}

output "repository_url" {
  description = "Where images are pushed."
  value       = module.ecr.repository_url
}

output "tenant_targets" {
  description = "What customers point their domains to."
  value       = { for host in keys(var.tenant_domains) : host => module.cloudfront.domain_names[host] }
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

output "buckets" {
  description = "Names of the buckets, by purpose."
  value       = module.s3.names
}

output "distribution_ids" {
  description = "Distributions, for scripts/deploy-frontend.sh."
  value       = module.cloudfront.distribution_ids
}

output "database_host" {
  description = "Host of the database."
  value       = module.rds.host
}

output "cache_host" {
  description = "Host of the cache."
  value       = module.elasticache.host
}

output "cache_token_command" {
  description = "Command that sets the cache's token."
  value       = module.elasticache.token_command
}

output "database_owner_secret_arn" {
  description = "Secret with the owner's name and password."
  value       = module.rds.owner_secret_arn
}

output "secrets_by_hand" {
  description = "Secrets whose values people set, and the commands."
  value       = module.secrets.by_hand
}

output "deploy_role_arn" {
  description = "Role of GitHub's workflows, empty without a repository."
  value       = try(module.github[0].role_arns["deploy"], "")
}
