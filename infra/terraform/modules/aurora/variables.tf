variable "name" {
  description = "Name of the environment, as `rikaios-dev`; every name and tag begins with it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name: 3 to 32 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
}

variable "vpc_id" {
  description = "VPC of the database."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets, in at least two zones."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids: a subnet group needs subnets in two zones at least."
  }
}

variable "client_security_groups" {
  description = "Security groups that may connect, by name of the client."
  type        = map(string)
  default     = {}
}

variable "engine_version" {
  description = <<-TEXT
    Version of PostgreSQL. A major version alone takes the newest minor one that the region offers; a minor version may
    be withdrawn.
  TEXT
  type        = string
  default     = "16"

  validation {
    condition     = can(regex("^1[3-9](\\.[0-9]+)?$", var.engine_version))
    error_message = "engine_version: 13 or later, as 16 or 16.9; pgvector comes with these."
  }
}

variable "database_name" {
  description = "Name of the first database."
  type        = string
}

variable "username" {
  description = "The owner's role: it makes tables and the role that the application runs as."
  type        = string
  default     = "owner"

  validation {
    condition     = !contains(["postgres", "admin", "rdsadmin"], var.username)
    error_message = "username: a name of its own; postgres, admin and rdsadmin are guessed or taken."
  }
}

variable "password" {
  description = <<-TEXT
    Password of the owner's role, 16 to 128 characters, where `password_version` is not 0. Written, never read back: it
    is in no plan and no state.
  TEXT
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true
}

variable "password_version" {
  description = <<-TEXT
    0: RDS makes the password, keeps it in Secrets Manager and rotates it. From 1 on `password` is set, again whenever
    the number rises.
  TEXT
  type        = number
  default     = 0
}

variable "backup_retention_days" {
  description = "Days to which the database can be restored, to the second."
  type        = number
  default     = 7

  validation {
    condition     = var.backup_retention_days >= 7 && var.backup_retention_days <= 35
    error_message = "backup_retention_days: 7 to 35."
  }
}

variable "deletion_protection" {
  description = "Whether deleting the database needs this switched off first."
  type        = bool
  default     = true
}

variable "final_snapshot" {
  description = "Whether a snapshot is made when the database is deleted."
  type        = bool
  default     = true
}

variable "performance_insights" {
  description = "Keeps a week of load by statement; without a price for seven days."
  type        = bool
  default     = true
}

variable "iam_authentication" {
  description = "Whether roles may sign in by tokens of IAM (`iam=REGION` in the URL)."
  type        = bool
  default     = true
}

variable "kms_key_arn" {
  description = "KMS key of storage, backups and Performance Insights; empty: the account's own key of RDS."
  type        = string
  default     = ""
}

variable "parameters" {
  description = <<-TEXT
    Parameters of the engine beside the forced TLS and the log of slow statements; applied at once where the engine
    allows it, else at the next restart.
  TEXT
  type        = map(string)
  default     = {}

  validation {
    condition     = !strcontains(lookup(var.parameters, "shared_preload_libraries", ""), "vector")
    error_message = "parameters: pgvector is no preloaded library; CREATE EXTENSION vector enables it, which `slipway migrate` does."
  }
}

variable "apply_immediately" {
  description = "Whether changes that restart the database are made at once, not in the maintenance window."
  type        = bool
  default     = false
}

variable "min_capacity" {
  description = <<-TEXT
    Least capacity in ACU (2 GB of memory each), in steps of 0.5; 0: the cluster sleeps when no connection is open for
    `seconds_until_auto_pause`.
  TEXT
  type        = number
  default     = 0.5

  validation {
    condition     = var.min_capacity >= 0 && var.min_capacity <= 256 && var.min_capacity * 2 == floor(var.min_capacity * 2)
    error_message = "min_capacity: 0 to 256 in steps of 0.5."
  }
}

variable "max_capacity" {
  description = "Most capacity in ACU, at least 1."
  type        = number
  default     = 4

  validation {
    condition     = var.max_capacity >= 1 && var.max_capacity <= 256 && var.max_capacity >= var.min_capacity
    error_message = "max_capacity: 1 to 256, not under min_capacity."
  }
}

variable "seconds_until_auto_pause" {
  description = "Seconds without a connection after which a cluster with `min_capacity` 0 sleeps, 300 to 86400."
  type        = number
  default     = 300

  validation {
    condition     = var.seconds_until_auto_pause >= 300 && var.seconds_until_auto_pause <= 86400
    error_message = "seconds_until_auto_pause: 300 to 86400."
  }
}

variable "instance_count" {
  description = "Instances: the writer, and readers in other zones that take over when it fails."
  type        = number
  default     = 1

  validation {
    condition     = var.instance_count >= 1 && var.instance_count <= 16
    error_message = "instance_count: 1 to 16."
  }
}
