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
  description = "VPC of the load balancer."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets, in at least two zones: public ones for a public load balancer, private ones for an internal one."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids: a load balancer needs subnets in two zones at least."
  }
}

variable "internal" {
  description = "Whether only the VPC reaches it; CloudFront does by a VPC origin."
  type        = bool
  default     = false
}

variable "ingress" {
  description = "Who may connect, by name: each with one of `cidr`, `prefix_list_id` (as CloudFront's) and `security_group_id`."
  type = map(object({
    cidr              = optional(string)
    prefix_list_id    = optional(string)
    security_group_id = optional(string)
  }))

  validation {
    condition     = alltrue([for i in values(var.ingress) : length([for v in [i.cidr, i.prefix_list_id, i.security_group_id] : v if v != null]) == 1])
    error_message = "ingress: each has exactly one of cidr, prefix_list_id and security_group_id."
  }
}

variable "targets" {
  description = "Where it may connect to, by name: the security group and port of the tasks behind it."
  type = map(object({
    security_group_id = string
    port              = number
  }))
}

variable "domain" {
  description = "Host of the HTTPS listener, as `api.example.org`; empty: no certificate is made."
  type        = string
  default     = ""
}

variable "alternative_domains" {
  description = "Further hosts of the certificate."
  type        = list(string)
  default     = []
}

variable "zone" {
  description = <<-TEXT
    Route 53 zone of `domain`: with it the certificate is proven and the host points here. Null: the records to make
    stand in `certificate_records`, and the HTTPS listener waits for `certificate`.
  TEXT
  type        = object({ id = string })
  default     = null
}

variable "certificate" {
  description = "A certificate that exists already, in the load balancer's region, in place of one that is made for `domain`."
  type        = object({ arn = string })
  default     = null
}

variable "additional_certificate_arns" {
  description = "Further certificates of the HTTPS listener, by name, as those of customers' domains."
  type        = map(string)
  default     = {}
}

variable "ssl_policy" {
  description = "TLS versions and ciphers of the HTTPS listener."
  type        = string
  default     = "ELBSecurityPolicy-TLS13-1-2-2021-06"

  validation {
    condition     = can(regex("^ELBSecurityPolicy-TLS13-1-[23]-", var.ssl_policy))
    error_message = "ssl_policy: one of the policies with TLS 1.3 and no version under 1.2."
  }
}

variable "target_groups" {
  description = <<-TEXT
    Groups of tasks, by name. `health_path` is the application's. `stickiness`: a client stays with its task for a day (WebSocket with
    state). `deregistration_delay`: seconds that a leaving task keeps its requests; under 120 for Fargate Spot.
  TEXT
  type = map(object({
    port                 = number
    health_path          = string
    health_interval      = optional(number, 30)
    health_timeout       = optional(number, 5)
    healthy_threshold    = optional(number, 2)
    unhealthy_threshold  = optional(number, 3)
    deregistration_delay = optional(number, 90)
    stickiness           = optional(bool, false)
  }))

  validation {
    condition     = alltrue([for g in values(var.target_groups) : startswith(g.health_path, "/") && g.health_timeout < g.health_interval])
    error_message = "target_groups: health_path begins with /, and health_timeout is shorter than health_interval."
  }
}

variable "default_target_group" {
  description = "Group that takes what no rule takes; empty: such requests are answered with 404."
  type        = string
  default     = ""
}

variable "rules" {
  description = <<-TEXT
    Rules, by name, in the order of `priority`; `paths` and `hosts` must both match where both are given. A rule has
    five values at most.
  TEXT
  type = map(object({
    priority     = number
    target_group = string
    paths        = optional(list(string), [])
    hosts        = optional(list(string), [])
  }))
  default = {}

  validation {
    condition     = alltrue([for r in values(var.rules) : length(r.paths) + length(r.hosts) >= 1 && length(r.paths) + length(r.hosts) <= 5])
    error_message = "rules: one to five paths and hosts in each."
  }
}

variable "origin_header" {
  description = <<-TEXT
    Header that a request must bear, as CloudFront adds it before a public load balancer; two values while they rotate.
    The values are in the state: an internal load balancer with a VPC origin needs none.
  TEXT
  type = object({
    name   = string
    values = list(string)
  })
  default   = null
  sensitive = true

  validation {
    condition     = var.origin_header == null || alltrue([for v in try(var.origin_header.values, []) : length(v) >= 32])
    error_message = "origin_header: values of 32 characters at least."
  }
}

variable "plain_http" {
  description = <<-TEXT
    Whether port 80 serves while there is no certificate; null: only where the load balancer is internal, behind
    CloudFront. With a certificate port 80 redirects.
  TEXT
  type        = bool
  default     = null
}

variable "idle_timeout" {
  description = "Seconds after which a silent connection is closed; WebSockets ping more often than that."
  type        = number
  default     = 60

  validation {
    condition     = var.idle_timeout >= 30 && var.idle_timeout <= 4000
    error_message = "idle_timeout: 30 to 4000 seconds."
  }
}

variable "access_log_bucket" {
  description = <<-TEXT
    Bucket of access logs; empty: none. URLs stand in them: keep them off, or for days only, where a token may stand in
    a query.
  TEXT
  type        = string
  default     = ""
}

variable "deletion_protection" {
  description = "Whether deleting the load balancer needs this switched off first."
  type        = bool
  default     = true
}
