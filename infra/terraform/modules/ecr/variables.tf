variable "name" {
  description = "Name of the repository, as `rikaios`."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]+([._/-][a-z0-9]+)*$", var.name))
    error_message = "name: lower-case letters and digits, parted by one of . _ / -."
  }
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
}

variable "region" {
  description = "Region, for the ARN that a plan shows with `account_id`."
  type        = string
  default     = ""
}

variable "account_id" {
  description = "AWS account; with it (and `region`) the ARN is known in the plan, and the policies that name it can be checked there."
  type        = string
  default     = ""
}

variable "keep_images" {
  description = "How many tagged images are kept; they are what can be rolled back to."
  type        = number
  default     = 20

  validation {
    condition     = var.keep_images >= 2
    error_message = "keep_images: at least 2, or nothing is left to roll back to."
  }
}

variable "untagged_days" {
  description = "Days after which an image without a tag is removed."
  type        = number
  default     = 7
}

variable "kms_key_arn" {
  description = "KMS key of the images; empty: AES-256 by ECR's own key, without a price."
  type        = string
  default     = ""
}

variable "force_delete" {
  description = "Whether `terraform destroy` removes a repository that holds images."
  type        = bool
  default     = false
}
