output "host" {
  description = "Host to connect to: the proxy where there is one, else the instance."
  value       = try(aws_db_proxy.this[0].endpoint, aws_db_instance.this.address)
}

output "port" {
  description = "Port."
  value       = 5432
}

output "arn" {
  description = "ARN."
  value       = aws_db_instance.this.arn
}

output "identifier" {
  description = "Identifier, as metrics name it."
  value       = aws_db_instance.this.identifier
}

output "resource_id" {
  description = "Id that IAM's tokens name."
  value       = aws_db_instance.this.resource_id
}

output "security_group_id" {
  description = "Security group of the database."
  value       = aws_security_group.this.id
}

output "proxy_security_group_id" {
  description = "Security group of the proxy, to which its clients need a way out; empty without one."
  value       = try(aws_security_group.proxy[0].id, "")
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
  value       = try(aws_db_instance.this.master_user_secret[0].secret_arn, "")
}

output "connect_arn_prefix" {
  description = "ARN prefix of rds-db:connect; the role's name follows."
  value       = "arn:aws:rds-db:${split(":", aws_db_instance.this.arn)[3]}:${split(":", aws_db_instance.this.arn)[4]}:dbuser:${aws_db_instance.this.resource_id}/"
}

output "instance_host" {
  description = "Host of the instance itself, which migrations use."
  value       = aws_db_instance.this.address
}

output "proxy_name" {
  description = "Name of the proxy; empty without one."
  value       = try(aws_db_proxy.this[0].name, "")
}
