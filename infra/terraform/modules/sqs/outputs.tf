output "url" {
  description = "URL of the queue."
  value       = null
}

output "arn" {
  description = "Its ARN."
  value       = null
}

output "name" {
  description = "Its name."
  value       = null
}

output "dead_url" {
  description = "URL of the queue of dead letters."
  value       = null
}

output "dead_arn" {
  description = "Its ARN."
  value       = null
}

output "dead_name" {
  description = "Its name."
  value       = null
}

output "statements" {
  description = "Statements of a role that sends and receives; for the ecs module."
  value       = null
}
