output "host" {
  description = "Host to connect to: the writer."
  value       = aws_rds_cluster.this.endpoint
}

output "port" {
  description = "Port."
  value       = 5432
}

output "arn" {
  description = "ARN."
  value       = aws_rds_cluster.this.arn
}

output "identifier" {
  description = "Identifier, as metrics name it."
  value       = aws_rds_cluster.this.cluster_identifier
}

output "resource_id" {
  description = "Id that IAM's tokens name."
  value       = aws_rds_cluster.this.cluster_resource_id
}

output "security_group_id" {
  description = "Security group of the database."
  value       = aws_security_group.this.id
}

output "database_name" {
  description = "Name of the first database."
  value       = var.database_name
}

output "username" {
  description = "The owner's role."
  value       = var.username
}

output "owner_secret_arn" {
  description = "Secret with the owner's user name and password where RDS makes it; empty where it was given."
  value       = try(aws_rds_cluster.this.master_user_secret[0].secret_arn, "")
}

output "connect_arn_prefix" {
  description = "ARN prefix of rds-db:connect; the role's name follows."
  value       = format("arn:aws:rds-db:%s:%s:dbuser:%s/", split(":", aws_rds_cluster.this.arn)[3], split(":", aws_rds_cluster.this.arn)[4], aws_rds_cluster.this.cluster_resource_id)
}

output "reader_host" {
  description = "Host of the readers; the writer where there are none."
  value       = aws_rds_cluster.this.reader_endpoint
}
