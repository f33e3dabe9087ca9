output "host" {
  description = "Host of the primary."
  value       = null
}

output "reader_host" {
  description = "Host of the replicas."
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

output "id" {
  description = "Id of the replication group, as metrics name it."
  value       = null
}

output "security_group_id" {
  description = "Security group of the nodes."
  value       = null
}

output "token_command" {
  description = "The command with which a person sets the token that clients sign in by (AUTH)."
  value       = null
}
