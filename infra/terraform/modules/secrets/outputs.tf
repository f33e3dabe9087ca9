output "variables" {
  description = "By environment variable: value_from, as a container reads it, and resource, as a policy names it."
  value = merge([
    for key, secret in var.secrets : {
      for variable, json_key in secret.variables : variable => {
        value_from = json_key == "" ? local.references[key] : "${local.references[key]}:${json_key}::"
        resource   = local.patterns[key]
      }
    }
  ]...)
}

output "arns" {
  description = "ARNs, by secret."
  value = merge(
    { for key, secret in aws_secretsmanager_secret.this : key => secret.arn },
    { for key, parameter in aws_ssm_parameter.this : key => parameter.arn }
  )
}

output "names" {
  description = "Full names, by secret."
  value       = local.names
}

output "stores" {
  description = "secretsmanager or ssm, by secret."
  value       = { for key, secret in var.secrets : key => secret.store }
}

output "by_hand" {
  description = "Names of the secrets whose value people set, and the command that does."
  value = {
    for key, secret in var.secrets : local.names[key] => (
      secret.store == "ssm"
      ? "aws ssm put-parameter --overwrite --type SecureString --region ${var.region} --name ${local.names[key]} --value file://VALUE"
      : "aws secretsmanager put-secret-value --region ${var.region} --secret-id ${local.names[key]} --secret-string file://VALUE"
    ) if secret.value_version == 0
  }
}
