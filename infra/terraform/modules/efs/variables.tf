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
  description = "VPC of the file system."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets with a mount target, one in each zone where tasks run; exactly one with `one_zone`."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 1 && (var.one_zone == "" || length(var.subnet_ids) == 1)
    error_message = "subnet_ids: at least one; a file system of one zone has exactly one."
  }
}

variable "one_zone" {
  description = "Zone that alone keeps the files, at about half the price; empty: all zones."
  type        = string
  default     = ""
}

variable "client_security_groups" {
  description = "Security groups that may mount, by name of the client."
  type        = map(string)
  default     = {}
}

variable "access_points" {
  description = "Folders that tasks mount, by name, each with its root and the user that all access is made as."
  type = map(object({
    path        = string
    uid         = optional(number, 65532)
    gid         = optional(number, 65532)
    permissions = optional(string, "0750")
  }))

  validation {
    condition     = alltrue([for p in values(var.access_points) : startswith(p.path, "/") && p.path != "/"])
    error_message = "access_points: each has a folder of its own below /, or two would share one tree."
  }

  validation {
    condition     = length(distinct([for p in values(var.access_points) : p.path])) == length(var.access_points)
    error_message = "access_points: two of them name the same folder."
  }
}

variable "backup" {
  description = "Daily backups by AWS Backup, kept for 35 days."
  type        = bool
  default     = true
}

variable "infrequent_access_days" {
  description = <<-TEXT
    Days after which files that nobody reads move to cheaper storage (7, 14, 30, 60 or 90); 0: never. A database file is
    read all the time and stays.
  TEXT
  type        = number
  default     = 30

  validation {
    condition     = contains([0, 7, 14, 30, 60, 90], var.infrequent_access_days)
    error_message = "infrequent_access_days: 0, 7, 14, 30, 60 or 90."
  }
}

variable "kms_key_arn" {
  description = "KMS key of the files; empty: the account's own key of EFS."
  type        = string
  default     = ""
}
