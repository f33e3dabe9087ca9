output "backend" {
  description = "Arguments of `terraform init` of the other stacks, beside the key."
  value       = "-backend-config=bucket=${module.states.bucket} -backend-config=region=${var.region}"
}

output "github_provider_arn" {
  description = "The account's provider for GitHub's tokens: github_provider_arn of the other stacks."
  value       = try(module.github[0].provider_arn, "")
}

output "role_arns" {
  description = "Roles of GitHub's workflows."
  value       = try(module.github[0].role_arns, {})
}
