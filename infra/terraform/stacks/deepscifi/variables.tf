variable "environment" {
  description = "dev or prod; they differ only by their variables."
  type        = string

  validation {
    condition     = contains(["dev", "prod"], var.environment)
    error_message = "The environment is dev or prod."
  }
}

variable "region" {
  description = "Region of everything but CloudFront's certificate and firewall."
  type        = string
  default     = "us-west-2"
}

variable "domain" {
  description = "The apex, such as deepscifi.app. Empty: CloudFront's own names; the phase before DNS and TLS."
  type        = string
  default     = ""
}

variable "create_zone" {
  description = "Make the hosted zone of the domain; false: zone_id names one."
  type        = bool
  default     = true
}

variable "zone_id" {
  description = "Hosted zone of the domain when create_zone is false."
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

variable "account_id" {
  description = "AWS account, twelve digits. Empty: ARNs of secrets are known after apply only."
  type        = string
  default     = ""
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

variable "public_subnet_cidrs" {
  description = "Addresses of the public subnets, one for each of two zones."
  type        = list(string)
  default     = []
}

variable "private_subnet_cidrs" {
  description = "Addresses of the private subnets, one for each of two zones."
  type        = list(string)
  default     = []
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

variable "rds_instance_class" {
  description = "Class of the database."
  type        = string
}

variable "rds_allocated_storage" {
  description = "Its storage in GB."
  type        = number
  default     = 20
}

variable "rds_multi_az" {
  description = "A standby in another zone."
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

variable "ecs_desired_count" {
  description = "Tasks at least."
  type        = number
}

variable "ecs_max_count" {
  description = "Tasks at most, by CPU and memory."
  type        = number
  default     = 2
}

variable "ecs_spot" {
  description = "Run on Fargate Spot, which may take a task away with two minutes' notice."
  type        = bool
  default     = false
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
  description = "Database and load balancer refuse to be destroyed."
  type        = bool
  default     = true
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
  description = "A bucket keeps who asked for what, for 30 days. Queries stand in the load balancer's."
  type        = bool
  default     = false
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

variable "anomaly_usd" {
  description = "Unusual costs of a day in US dollars that are mailed; 0: none."
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
