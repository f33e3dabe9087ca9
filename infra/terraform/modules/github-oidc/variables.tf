variable "name" {
  description = "Prefix of the roles' names, such as \"shop-prod\"."
  type        = string
}

variable "repository" {
  description = "Repository on GitHub, OWNER/NAME."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.repository))
    error_message = "The repository is OWNER/NAME, without wildcards."
  }
}

variable "provider_arn" {
  description = "ARN of the account's provider for token.actions.githubusercontent.com; empty: it is made here (an account has only one)."
  type        = string
  default     = ""
}

variable "plan" {
  description = "Role that reads, for `terraform plan` of pull requests: the bucket of the states and the keys in it; null: none."
  type        = object({ state_bucket_arn = string, state_keys = optional(string, "*") })
  default     = null
}

variable "deploy" {
  description = <<-EOT
    Role that rolls a release out from a GitHub environment; null: none. It pushes to the repositories, registers task definitions
    that run as `pass_role_arns`, updates the services, runs the migration task, writes the pages and empties the edge's cache.
    It has no right of IAM beside handing exactly these roles to ECS tasks.
  EOT
  type = object({
    environment       = string
    repository_arns   = list(string)
    cluster_arn       = string
    service_arns      = list(string)
    task_families     = list(string)
    pass_role_arns    = list(string)
    log_group_names   = optional(list(string), [])
    bucket_arns       = optional(list(string), [])
    distribution_arns = optional(list(string), [])
    function_arns     = optional(list(string), [])
  })
  default = null
}

variable "infrastructure" {
  description = <<-EOT
    Role that applies Terraform; null: none. Its GitHub environment has to be a protected one, which people approve: who may make roles
    may in the end do everything. It makes roles with these prefixes of names only, and cannot touch those of this module.
  EOT
  type        = object({ environment = string, role_prefixes = list(string) })
  default     = null

  validation {
    condition     = var.infrastructure == null || (length(try(var.infrastructure.role_prefixes, [])) > 0 && alltrue([for prefix in try(var.infrastructure.role_prefixes, []) : length(prefix) >= 3 && !strcontains(prefix, "*")]))
    error_message = "Name the prefixes of the roles that it may make, three characters or more, without wildcards."
  }
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
}
