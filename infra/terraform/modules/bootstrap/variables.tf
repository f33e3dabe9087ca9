variable "bucket" {
  description = "Name of the bucket that holds Terraform's states. Names of buckets are the world's: put your organisation into it."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "The name of a bucket is 3 to 63 lower-case letters, digits, dots and dashes."
  }
}

variable "keep_days" {
  description = "How long an older version of a state is kept."
  type        = number
  default     = 365

  validation {
    condition     = var.keep_days >= 30
    error_message = "Keep older states for 30 days at least: they are the way back."
  }
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
}
