locals {
  manager    = { for key, secret in var.secrets : key => secret if secret.store == "secretsmanager" }
  parameters = { for key, secret in var.secrets : key => secret if secret.store == "ssm" }

  names = { for key, secret in var.secrets : key => coalesce(secret.name, "${var.prefix}/${key}") }

  # Policies and containers name secrets by what is known before they exist, so that a plan shows both. Secrets Manager adds six
  # characters of its own to an ARN: policies match them, and ECS finds the secret without them.
  account = var.account_id == "" ? "*" : var.account_id
  patterns = merge(
    { for key in keys(local.manager) : key => "arn:aws:secretsmanager:${var.region}:${local.account}:secret:${local.names[key]}-??????" },
    { for key in keys(local.parameters) : key => "arn:aws:ssm:${var.region}:${local.account}:parameter/${trimprefix(local.names[key], "/")}" }
  )
  # A name that itself ends in a hyphen and six characters (as jwt-secret) cannot be told from one with the addition: it is referred to
  # by its whole ARN, which is known after it was made.
  by_name = { for key in keys(local.manager) : key => var.account_id != "" && !can(regex("-[A-Za-z0-9]{6}$", local.names[key])) }
  references = merge(
    {
      for key, secret in aws_secretsmanager_secret.this : key =>
      local.by_name[key] ? "arn:aws:secretsmanager:${var.region}:${var.account_id}:secret:${local.names[key]}" : secret.arn
    },
    { for key in keys(local.parameters) : key => local.names[key] }
  )
}

resource "aws_secretsmanager_secret" "this" {
  for_each = local.manager

  name                    = local.names[each.key]
  description             = each.value.description
  kms_key_id              = var.kms_key_arn == "" ? null : var.kms_key_arn
  recovery_window_in_days = var.recovery_window_days

  tags = merge(var.tags, { Name = local.names[each.key] })
}

resource "aws_secretsmanager_secret_version" "this" {
  for_each = { for key, secret in local.manager : key => secret if secret.value_version > 0 }

  secret_id                = aws_secretsmanager_secret.this[each.key].id
  secret_string_wo         = var.values[each.key]
  secret_string_wo_version = each.value.value_version
}

# A parameter cannot exist without a value. What people set afterwards stays: the value is write-only, Terraform never compares it.
resource "aws_ssm_parameter" "this" {
  for_each = local.parameters

  name             = local.names[each.key]
  description      = each.value.description
  type             = "SecureString"
  key_id           = var.kms_key_arn == "" ? null : var.kms_key_arn
  value_wo         = each.value.value_version == 0 ? "not-set" : var.values[each.key]
  value_wo_version = each.value.value_version

  tags = merge(var.tags, { Name = local.names[each.key] })
}
