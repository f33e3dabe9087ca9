output "host" {
  description = "Host of the primary."
  value       = aws_elasticache_replication_group.this.primary_endpoint_address
}

output "reader_host" {
  description = "Host of the replicas."
  value       = aws_elasticache_replication_group.this.reader_endpoint_address
}

output "port" {
  description = "Port."
  value       = aws_elasticache_replication_group.this.port
}

output "arn" {
  description = "ARN."
  value       = aws_elasticache_replication_group.this.arn
}

output "id" {
  description = "Id of the replication group, as metrics name it."
  value       = aws_elasticache_replication_group.this.id
}

output "security_group_id" {
  description = "Security group of the nodes."
  value       = aws_security_group.this.id
}

output "token_command" {
  description = "The command with which a person sets the token that clients sign in by (AUTH)."
  value = join(" ", [
    "aws elasticache modify-replication-group --replication-group-id ${var.name}",
    "--auth-token-update-strategy SET --apply-immediately --auth-token TOKEN"
  ])
}
