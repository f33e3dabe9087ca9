variable "name" {
  description = "Prefix of every name, such as \"shop-prod\"."
  type        = string
}

variable "repository" {
  description = "Repository on GitHub, OWNER/NAME. Its connection is confirmed once by hand in the console."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.repository))
    error_message = "The repository is OWNER/NAME."
  }
}

variable "branch" {
  description = "Branch whose pushes are released."
  type        = string
  default     = "main"
}

variable "artifact_bucket" {
  description = "Bucket that carries the artifacts between the stages: name and ARN."
  type        = object({ name = string, arn = string })
}

variable "image_repository" {
  description = "ECR repository that takes the image: URL and ARN."
  type        = object({ url = string, arn = string })
}

variable "services" {
  description = "ECS services that get the image, in this order: label to cluster, service, and the container that runs it."
  type        = map(object({ cluster = string, service = string, container = string, order = optional(number, 1) }))

  validation {
    condition     = length(var.services) > 0
    error_message = "Name a service at least."
  }
}

variable "service_arns" {
  description = "ARNs of these services, for the pipeline's role."
  type        = list(string)
}

variable "pass_role_arns" {
  description = "Task and execution roles that the task definitions hand over."
  type        = list(string)
}

variable "verify" {
  description = "After the roll-out `slipway verify URL --app APP` decides; null: no such stage."
  type        = object({ url = string, app = string })
  default     = null
}

variable "approve_by_hand" {
  description = "A person releases what was built."
  type        = bool
  default     = false
}

variable "compute_type" {
  description = "Machine of the build."
  type        = string
  default     = "BUILD_GENERAL1_MEDIUM"
}

variable "retention_days" {
  description = "How long the logs of builds are kept."
  type        = number
  default     = 30
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
}
