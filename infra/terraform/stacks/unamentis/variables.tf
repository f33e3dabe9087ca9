variable "environment" {
  description = "dev or prod; they differ only by their variables."
  type        = string

  validation {
    condition     = contains(["dev", "prod"], var.environment)
    error_message = "The environment is dev or prod."
  }
}

variable "region" {
  description = "Region of everything."
  type        = string
  default     = "us-east-1"
}

variable "domain" {
  description = "The zone at Cloudflare, such as unamentis.net. Empty: the phase before Cloudflare."
  type        = string
  default     = ""
}

variable "ingress" {
  description = "How traffic reaches the core: `alb`, or `tunnel`, which costs nothing and listens to nobody."
  type        = string
  default     = "alb"

  validation {
    condition     = contains(["alb", "tunnel"], var.ingress)
    error_message = "The ingress is alb or tunnel."
  }
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

variable "nat" {
  description = "gateway, instance (a fifth of its price) or none."
  type        = string
  default     = "instance"
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
  default     = true
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

variable "cloudflared_image" {
  description = "Cloudflare's connector, by a tag of its own or by digest."
  type        = string
  default     = "cloudflare/cloudflared:2025.11.1"
}

variable "cloudflare_cidrs" {
  description = "Addresses of Cloudflare's servers, which alone reach the load balancer (cloudflare.com/ips-v4)."
  type        = list(string)
  default = [
    "173.245.48.0/20", "103.21.244.0/22", "103.22.200.0/22", "103.31.4.0/22", "141.101.64.0/18", "108.162.192.0/18", "190.93.240.0/20",
    "188.114.96.0/20", "197.234.240.0/22", "198.41.128.0/17", "162.158.0.0/15", "104.16.0.0/13", "104.24.0.0/14", "172.64.0.0/13", "131.0.72.0/22",
  ]
}

variable "cloudflare_rule_sets" {
  description = "Rule sets of Cloudflare: free; with a paid plan managed and owasp, too."
  type        = list(string)
  default     = ["free"]
}

variable "admin_emails" {
  description = "Who may enter the admin console (Cloudflare Access, with a second factor). Nobody: it has no host."
  type        = list(string)
  default     = []
}

variable "alb_certificate_arn" {
  description = "Certificate of the load balancer, once its records (output certificate_records) stand at Cloudflare."
  type        = string
  default     = ""
}

variable "api_target" {
  description = "Where api. points: the target domain of SAM's API. Empty: the core answers there, too."
  type        = string
  default     = ""
}

variable "api_certificate_arn" {
  description = "Certificate of api. for the functions of this stack."
  type        = string
  default     = ""
}

variable "functions_package" {
  description = "Key of the zip in the bucket `packages`: the four functions by Terraform. Empty: SAM's."
  type        = string
  default     = ""
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
