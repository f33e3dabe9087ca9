variable "name" {
  description = "Prefix of every name, such as \"shop-prod\"."
  type        = string
}

variable "domain" {
  description = "The apex, such as \"example.com\". Empty: CloudFront's own name and certificate, no DNS."
  type        = string
  default     = ""

  validation {
    condition     = var.domain == "" || can(regex("^([a-z0-9-]+\\.)+[a-z]{2,}$", var.domain))
    error_message = "The domain is a lower-case name with a dot in it, without a scheme, or empty."
  }
}

variable "create_zone" {
  description = "Make the hosted zone of the domain here. False: zone_id names one that exists."
  type        = bool
  default     = true
}

variable "zone_id" {
  description = "The hosted zone that takes the records when create_zone is false."
  type        = string
  default     = ""
}

variable "origin_certificate" {
  description = "Make a second certificate of the domain in the stack's own region, for the load balancer behind the distributions."
  type        = bool
  default     = false
}

variable "buckets" {
  description = "Origins in S3, read by origin access control: name of the origin to the bucket's regional domain name."
  type        = map(string)
  default     = {}
}

variable "load_balancers" {
  description = <<-EOT
    Origins behind a load balancer. `vpc`: it is internal and reached by a VPC origin; else it is public and takes only requests
    that carry the header (its value is read from the secret by the load balancer's rule, see `secret_header`). `https`: the
    load balancer holds a certificate for the names in front of it. `read_timeout`: seconds that a stream may be silent.
  EOT
  type = map(object({
    domain_name  = string
    arn          = string
    vpc          = optional(bool, true)
    https        = optional(bool, false)
    read_timeout = optional(number, 60)
  }))
  default = {}

  validation {
    condition     = alltrue([for one in var.load_balancers : one.read_timeout >= 1 && one.read_timeout <= 60])
    error_message = "read_timeout is 1 to 60 seconds: more than 60 needs a quota of AWS."
  }
}

variable "secret_header" {
  description = "Header and value that show a public load balancer that a request came by this distribution. Needed where `vpc` is false."
  type        = object({ name = string, value = string })
  default     = null
  sensitive   = true
}

variable "distributions" {
  description = <<-EOT
    What is served. `hosts`: host names below the domain, "@" for the apex itself. `default`: the origin of all paths; `paths`:
    those of others, in order of precedence. `pages`: how a path without an ending finds its file in a bucket, "export" (/a
    is /a.html, as static exports of Next.js are), "single" (every page is /index.html) or "" (as it is). `media`: what people
    uploaded is served: a sandbox, nosniff, pages and SVG as attachments. `domain`, `certificate_arn`: a domain of somebody
    else, with its own certificate in us-east-1.
  EOT
  type = map(object({
    hosts           = optional(list(string), [])
    default         = string
    paths           = optional(list(object({ pattern = string, origin = string })), [])
    pages           = optional(string, "")
    media           = optional(bool, false)
    domain          = optional(string, "")
    certificate_arn = optional(string, "")
  }))

  validation {
    condition     = alltrue([for one in var.distributions : contains(["", "export", "single"], one.pages)])
    error_message = "pages is \"export\", \"single\" or empty."
  }

  validation {
    condition     = alltrue([for one in var.distributions : (one.domain == "") == (one.certificate_arn == "")])
    error_message = "A foreign domain needs its own certificate: domain and certificate_arn go together."
  }

  validation {
    condition = alltrue([
      for one in var.distributions : one.certificate_arn == "" || can(regex("^arn:aws:acm:us-east-1:", one.certificate_arn))
    ])
    error_message = "CloudFront takes certificates of us-east-1 only."
  }
}

variable "content_security_policy" {
  description = "Content-Security-Policy of pages. Empty: none is added."
  type        = string
  default     = ""
}

variable "price_class" {
  description = "PriceClass_100 (North America, Europe), PriceClass_200 or PriceClass_All."
  type        = string
  default     = "PriceClass_100"

  validation {
    condition     = contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.price_class)
    error_message = "The price class is PriceClass_100, PriceClass_200 or PriceClass_All."
  }
}

variable "waf" {
  description = <<-EOT
    AWS WAF in front of all distributions; null: none. `managed_rules`: rule groups of AWS by name. `rate_limit`: requests of
    one address in five minutes. Sizes of bodies are counted and never blocked: documents and long chats are large.
  EOT
  type = object({
    managed_rules = optional(list(string), [
      "AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet",
    ])
    rate_limit     = optional(number, 2000)
    retention_days = optional(number, 30)
  })
  default = null

  validation {
    condition     = var.waf == null || try(var.waf.rate_limit >= 100, false)
    error_message = "AWS accepts a rate limit of 100 requests or more."
  }
}

variable "log_bucket_arn" {
  description = "Bucket that takes the access logs (without query strings, which may carry tickets). Empty: no access logs."
  type        = string
  default     = ""
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
}
