output "arn" {
  description = "ARN of the repository."
  value       = null
}

output "name" {
  description = "Its name."
  value       = null
}

output "repository_url" {
  description = "Its URL, to push to; with @sha256:… the image of a task."
  value       = null
}

output "registry_id" {
  description = "Account of the registry."
  value       = null
}
