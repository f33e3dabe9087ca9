variable "prefix" {
  description = <<-TEXT
    First part of every name that the secrets leave open, as `postmagiq` in `postmagiq/jwt-secret` or `/rikaios/dev` for
    parameters.
  TEXT
  type        = string
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
}

variable "region" {
  description = "Region of the secrets; part of their ARNs."
  type        = string
}

variable "account_id" {
  description = "AWS account; with it, references are known in the plan and can be checked. Empty: they are known after apply."
  type        = string
  default     = ""

  validation {
    condition     = var.account_id == "" || can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id: twelve digits, or empty."
  }
}

variable "secrets" {
  description = <<-TEXT
    The secrets, by their last name. `store`: `secretsmanager` or `ssm` (a SecureString parameter, which is free). `name`: full name, else
    PREFIX/KEY. `variables`: environment variable → key of the JSON object, or "" where the whole value is the variable's. `value_version`:
    0 where people set the value; from 1 on it is written from `values`, again whenever the number rises.
  TEXT
  type = map(object({
    description   = string
    variables     = map(string)
    store         = optional(string, "secretsmanager")
    name          = optional(string, "")
    value_version = optional(number, 0)
  }))

  validation {
    condition     = alltrue([for s in values(var.secrets) : contains(["secretsmanager", "ssm"], s.store)])
    error_message = "secrets: store is secretsmanager or ssm."
  }

  validation {
    condition     = alltrue([for s in values(var.secrets) : s.store == "secretsmanager" || alltrue([for k in values(s.variables) : k == ""])])
    error_message = "secrets: ECS reads keys of a JSON object from Secrets Manager only; give a parameter of SSM one variable with \"\"."
  }

  validation {
    condition = (
      length(flatten([for s in values(var.secrets) : keys(s.variables)]))
      == length(distinct(flatten([for s in values(var.secrets) : keys(s.variables)])))
    )
    error_message = "secrets: a variable comes from one secret only."
  }
}

variable "values" {
  description = <<-TEXT
    Values of the secrets with a `value_version`, by key (a JSON object where `variables` names keys). Written, never
    read back: they are in no plan and no state.
  TEXT
  type        = map(string)
  default     = {}
  sensitive   = true
  ephemeral   = true
}

variable "kms_key_arn" {
  description = "KMS key of the secrets; empty: the account's own key of the service, without a price."
  type        = string
  default     = ""
}

variable "recovery_window_days" {
  description = "Days in which a deleted secret can be restored, 7 to 30; 0 deletes at once."
  type        = number
  default     = 7

  validation {
    condition     = var.recovery_window_days == 0 || (var.recovery_window_days >= 7 && var.recovery_window_days <= 30)
    error_message = "recovery_window_days: 0, or 7 to 30."
  }
}
