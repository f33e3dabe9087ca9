output "urls" {
  description = "Hosts of the domain: app, api and admin."
  value       = try(module.cloudflare[0].urls, {})
}

output "cloudflare" {
  description = "What Cloudflare should be like: input of scripts/cloudflare.py."
  value       = try(module.cloudflare[0].configuration, "")
}

output "load_balancer_url" {
  description = "The load balancer's own URL, empty with the tunnel."
  value       = try(module.alb["edge"].url, "")
}

output "certificate_records" {
  description = "Records that prove the load balancer's host at Cloudflare."
  value       = try(module.alb["edge"].certificate_records, {})
}

output "api_url" {
  description = "API of the functions, where this stack makes them."
  value       = try(module.lambda["functions"].url, "")
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

output "queue_url" {
  description = "Queue of the jobs."
  value       = module.sqs.url
}

output "buckets" {
  description = "Names of the buckets, by purpose."
  value       = module.s3.names
}

output "functions_parameters" {
  description = "Names of the parameters that infra/sam reads."
  value       = [for one in aws_ssm_parameter.functions : one.name]
}

output "database_host" {
  description = "Host of the database."
  value       = module.rds.host
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
