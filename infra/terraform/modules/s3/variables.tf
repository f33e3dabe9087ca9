variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
}

variable "account_id" {
  description = "AWS account whose logs of CloudFront a bucket takes; empty: of any."
  type        = string
  default     = ""
}

variable "buckets" {
  description = <<-TEXT
    The buckets, by purpose (`documents`, `assets`, `gui`, `artifacts`, `sessions`, `tts`, `logs`, …). `name`: global name. `versioning`:
    keeps what was overwritten or deleted for `noncurrent_days`. `expire_days`: days after which objects go, 0: never; `expire_prefix`: those
    under this key only. `infrequent_access_days`: days after which they move to cheaper storage, 0: never. `cors_origins`: origins whose
    pages may read and, by `cors_methods`, upload. `receives_load_balancer_logs`, `receives_access_logs`: AWS may write logs here.
    `force_destroy`: `terraform destroy` deletes the objects, too.
  TEXT
  type = map(object({
    name                        = string
    versioning                  = optional(bool, true)
    noncurrent_days             = optional(number, 30)
    expire_days                 = optional(number, 0)
    expire_prefix               = optional(string, "")
    infrequent_access_days      = optional(number, 0)
    cors_origins                = optional(list(string), [])
    cors_methods                = optional(list(string), ["GET", "HEAD"])
    receives_load_balancer_logs = optional(bool, false)
    receives_access_logs        = optional(bool, false)
    force_destroy               = optional(bool, false)
  }))

  validation {
    condition     = alltrue([for b in values(var.buckets) : can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", b.name))])
    error_message = "buckets: a name has 3 to 63 lower-case letters, digits, dots and hyphens."
  }

  validation {
    condition     = alltrue([for b in values(var.buckets) : !contains(b.cors_origins, "*")])
    error_message = "buckets: cors_origins names the origins; * lets every page in."
  }

  validation {
    condition     = alltrue([for b in values(var.buckets) : b.infrequent_access_days == 0 || b.infrequent_access_days >= 30])
    error_message = "buckets: infrequent_access_days is 0, or 30 at least."
  }
}

variable "cloudfront_readers" {
  description = <<-TEXT
    By bucket: the CloudFront distributions that may read it (by origin access control), and the part of the keys that
    they see, as `public/`.
  TEXT
  type = map(object({
    distribution_arns = list(string)
    prefix            = optional(string, "")
  }))
  default = {}
}

variable "access_log_bucket" {
  description = "Bucket (by purpose) among `buckets` that receives the access logs of the others; empty: none are written."
  type        = string
  default     = ""
}

variable "kms_key_arn" {
  description = "KMS key of the objects; empty: AES-256 by S3's own key, without a price. Buckets that receive logs always use the latter."
  type        = string
  default     = ""
}
