output "arn" {
  description = "ARN of the repository."
  value = (
    var.account_id == "" ? aws_ecr_repository.this.arn
    : "arn:aws:ecr:${var.region}:${var.account_id}:repository/${aws_ecr_repository.this.name}"
  )
}

output "name" {
  description = "Its name."
  value       = aws_ecr_repository.this.name
}

output "repository_url" {
  description = "Its URL, to push to; with @sha256:… the image of a task."
  value       = aws_ecr_repository.this.repository_url
}

output "registry_id" {
  description = "Account of the registry."
  value       = aws_ecr_repository.this.registry_id
}
