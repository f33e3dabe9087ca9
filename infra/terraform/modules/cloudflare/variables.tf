variable "domain" {
  description = "The zone at Cloudflare, such as \"example.com\"."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9-]+\\.)+[a-z]{2,}$", var.domain))
    error_message = "The domain is a lower-case name with a dot in it."
  }
}

variable "records" {
  description = "Host below the domain (\"@\" is the apex) to its record. Content `tunnel` leads into the tunnel. `proxied`: Cloudflare stands in front."
  type        = map(object({ content = string, type = optional(string, "CNAME"), proxied = optional(bool, true) }))

  validation {
    condition     = alltrue([for one in var.records : contains(["A", "AAAA", "CNAME", "TXT"], one.type)])
    error_message = "A record is A, AAAA, CNAME or TXT."
  }

  validation {
    condition     = alltrue([for one in var.records : one.content != "tunnel" || (one.type == "CNAME" && one.proxied)])
    error_message = "A host of the tunnel is a proxied CNAME."
  }
}

variable "tunnel" {
  description = "Cloudflare Tunnel: its name, and host below the domain to the address of the service as the connector sees it; null: none."
  type        = object({ name = string, services = map(string) })
  default     = null

  validation {
    condition     = var.tunnel == null || alltrue([for service in values(try(var.tunnel.services, {})) : can(regex("^https?://", service))])
    error_message = "A service is an http or https address."
  }
}

variable "managed_rules" {
  description = <<-EOT
    Rule sets of Cloudflare. "free" is part of every plan; "managed" and "owasp" (the OWASP core rule set) need a paid one. `log`:
    they only log, which is how false positives are found before they block. `except`: expression of requests that skip them.
  EOT
  type        = object({ sets = optional(list(string), ["free"]), log = optional(bool, false), except = optional(string, "") })
  default     = {}

  validation {
    condition     = length(setsubtract(var.managed_rules.sets, ["free", "managed", "owasp"])) == 0
    error_message = "The sets are free, managed and owasp."
  }
}

variable "custom_rules" {
  description = "Own rules of the firewall: description to expression and action (block, managed_challenge, log, skip)."
  type        = map(object({ expression = string, action = optional(string, "block"), order = optional(number, 100) }))
  default     = {}

  validation {
    condition     = alltrue([for one in var.custom_rules : contains(["block", "challenge", "js_challenge", "managed_challenge", "log", "skip"], one.action)])
    error_message = "An action is block, challenge, js_challenge, managed_challenge, log or skip."
  }
}

variable "rate_limits" {
  description = "Description to the requests that one address may make in `seconds`; then it is blocked for `block_seconds`. The free plan has one rule, of 10 seconds each."
  type = map(object({
    expression    = string
    requests      = number
    seconds       = optional(number, 10)
    block_seconds = optional(number, 10)
  }))
  default = {}

  validation {
    condition     = alltrue([for one in var.rate_limits : contains([10, 60, 120, 300, 600, 3600], one.seconds) && one.requests > 0])
    error_message = "Requests are counted over 10, 60, 120, 300, 600 or 3600 seconds."
  }
}

variable "bot_fight" {
  description = "Bot Fight Mode. It also stops clients that are no browsers: leave it off where an app calls the API."
  type        = bool
  default     = false
}

variable "access" {
  description = "Cloudflare Access: host below the domain to who may enter (addresses, or whole mail domains), for how long, and whether by a second factor."
  type = map(object({
    emails        = optional(list(string), [])
    email_domains = optional(list(string), [])
    session       = optional(string, "8h")
    second_factor = optional(bool, true)
  }))
  default = {}

  validation {
    condition     = alltrue([for one in var.access : length(one.emails) + length(one.email_domains) > 0])
    error_message = "Say who may enter: an application without anybody is open to nobody, and a mistake."
  }
}
