output "provider_arn" {
  description = "ARN of the account's provider for GitHub's tokens."
  value       = local.provider_arn
}

output "role_arns" {
  description = "Role (plan, deploy, infrastructure) to its ARN: `role-to-assume` of the workflow."
  value       = { for key, one in aws_iam_role.this : key => one.arn }
}
