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

variable "instance_class" {
  description = "Class of the machine, as `db.t4g.micro`."
  type        = string

  validation {
    condition     = can(regex("^db\\.[a-z0-9]+\\.(micro|small|medium|large|[0-9]*xlarge)$", var.instance_class))
    error_message = "instance_class: as db.t4g.micro, db.r6g.large."
  }
}

variable "allocated_storage" {
  description = "Storage in GB, gp3."
  type        = number
  default     = 20

  validation {
    condition     = var.allocated_storage >= 20
    error_message = "allocated_storage: at least 20 GB, gp3's least."
  }
}

variable "max_allocated_storage" {
  description = "GB to which storage grows by itself; 0: it does not grow."
  type        = number
  default     = 100
}

variable "multi_az" {
  description = "A standby in a second zone, at twice the price."
  type        = bool
  default     = false
}

variable "availability_zone" {
  description = "Zone of a database without a standby; empty: RDS chooses."
  type        = string
  default     = ""
}

variable "proxy" {
  description = <<-TEXT
    RDS Proxy before the database. `secret_arns`: by name, secrets with `username` and `password` of the roles that sign in through it.
    `require_iam`: clients sign in by tokens of IAM alone. `borrow_timeout`, `idle_timeout`: seconds.
  TEXT
  type = object({
    secret_arns    = map(string)
    require_iam    = optional(bool, false)
    borrow_timeout = optional(number, 30)
    idle_timeout   = optional(number, 1800)
  })
  default = null

  validation {
    condition     = var.proxy == null || length(try(var.proxy.secret_arns, {})) > 0
    error_message = "proxy: RDS Proxy needs at least one secret with username and password."
  }
}
