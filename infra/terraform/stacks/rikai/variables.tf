variable "environment" {
  description = "dev or prod; they differ only by their variables."
  type        = string

  validation {
    condition     = contains(["dev", "prod"], var.environment)
    error_message = "The environment is dev or prod."
  }
}

variable "region" {
  description = "Region of everything but CloudFront's firewall."
  type        = string
  default     = "us-west-2"
}

variable "account_id" {
  description = "AWS account, twelve digits. Empty: ARNs of secrets are known after apply only."
  type        = string
  default     = ""
}

variable "image" {
  description = "The image by digest, REPOSITORY@sha256:…. Empty: no task runs; the phase before the first image."
  type        = string
  default     = ""

  validation {
    condition     = var.image == "" || can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "The image is named by its digest (NAME@sha256:…), so that a rollback has a place to go."
  }
}

variable "bucket_prefix" {
  description = "In front of the buckets' names, which are the world's."
  type        = string
  default     = ""
}

variable "vpc_cidr" {
  description = "Addresses of the VPC."
  type        = string
}

variable "availability_zones" {
  description = "Zones of tasks and database. The network adds an empty second one where it must."
  type        = list(string)
}

variable "nat" {
  description = "gateway, instance (a fifth of its price) or none."
  type        = string
  default     = "gateway"
}

variable "nat_per_zone" {
  description = "A NAT gateway in each zone."
  type        = bool
  default     = false
}

variable "ecs_cpu" {
  description = "CPU units of a task; 1024 are one vCPU."
  type        = number
}

variable "ecs_memory" {
  description = "Memory of a task in MB."
  type        = number
}

variable "ecs_architecture" {
  description = "X86_64 or ARM64; the image must have been built for it."
  type        = string
  default     = "X86_64"
}

variable "ecs_desired_count" {
  description = "Tasks of each service, at least."
  type        = number
}

variable "ecs_max_count" {
  description = "Tasks of each service at most, by CPU and memory; 0: it does not scale."
  type        = number
  default     = 0
}

variable "container_insights" {
  description = "disabled, enabled or enhanced."
  type        = string
  default     = "disabled"
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
  default     = 30
}

variable "deletion_protection" {
  description = "Database and load balancer refuse to be destroyed, buckets with objects, too."
  type        = bool
  default     = true
}

variable "database_password" {
  description = <<-TEXT
    Password of the role that the application runs as, where database_password_version is not 0. It is in no plan and no
    state.
  TEXT
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true
}

variable "database_owner_password" {
  description = "Password of the owner's role, where database_password_version is not 0. It is in no plan and no state."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true
}

variable "database_password_version" {
  description = <<-TEXT
    0: RDS makes the owner's password, people write the URLs. From 1 on both passwords are given, and URLs are written
    with them, again whenever it rises.
  TEXT
  type        = number
  default     = 0

  validation {
    condition     = var.database_password_version == 0 || try(length(var.database_password) >= 24 && length(var.database_owner_password) >= 24, false)
    error_message = "database_password and database_owner_password: 24 characters at least, as TF_VAR_… variables, from 1 on."
  }
}

variable "alarm_emails" {
  description = "Addresses that alarms and budget write to."
  type        = list(string)
  default     = []
}

variable "budget_usd" {
  description = "Monthly budget in US dollars; 0: none."
  type        = number
  default     = 0
}

variable "github_repository" {
  description = "OWNER/NAME whose workflows may deploy; empty: none."
  type        = string
  default     = ""
}

variable "github_provider_arn" {
  description = "The account's provider for GitHub's tokens, an output of stacks/bootstrap; empty: it is made here."
  type        = string
  default     = ""
}

variable "aurora_min_capacity" {
  description = "Least capacity of the database in ACU; 0: it sleeps while nobody asks."
  type        = number
}

variable "aurora_max_capacity" {
  description = "Most capacity of the database in ACU."
  type        = number
}

variable "aurora_instance_count" {
  description = "Instances of the database; the second takes over when the first fails."
  type        = number
  default     = 1
}

variable "model_keys" {
  description = <<-TEXT
    Keys of models: name of the parameter to variable of the program. Only those that are used: a task does not start
    without their values.
  TEXT
  type        = map(string)
  default     = { voyage-api-key = "VOYAGE_API_KEY", anthropic-api-key = "ANTHROPIC_API_KEY" }
}

variable "waf" {
  description = "AWS WAF in front of the edge."
  type        = bool
  default     = false
}

variable "cloudfront_prefix_list_id" {
  description = "Prefix list com.amazonaws.global.cloudfront.origin-facing of the region; empty: known for us-east-1 and us-west-2."
  type        = string
  default     = ""
}

variable "access_logs" {
  description = "A bucket keeps who asked for what, for 30 days."
  type        = bool
  default     = false
}
