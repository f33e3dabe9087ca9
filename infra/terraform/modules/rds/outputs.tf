output "host" {
  description = "Host to connect to: the proxy where there is one, else the instance."
  value       = null
}

output "port" {
  description = "Port."
  value       = null
}

output "arn" {
  description = "ARN."
  value       = null
}

output "identifier" {
  description = "Identifier, as metrics name it."
  value       = null
}

output "resource_id" {
  description = "Id that IAM's tokens name."
  value       = null
}

output "security_group_id" {
  description = "Security group of the database."
  value       = null
}

output "database_name" {
  description = "Name of the first database."
  value       = null
}

output "username" {
  description = "The owner's role."
  value       = null
}

output "owner_secret_arn" {
  description = "Secret with the owner's user name and password where RDS makes it; empty where it was given."
  value       = null
}

output "connect_arn_prefix" {
  description = "ARN prefix of rds-db:connect; the role's name follows."
  value       = null
}

output "instance_host" {
  description = "Host of the instance itself, which migrations use."
  value       = null
}

output "proxy_name" {
  description = "Name of the proxy; empty without one."
  value       = null
}
