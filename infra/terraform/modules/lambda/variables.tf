variable "name" {
  description = "Prefix of every name, such as \"shop-prod\"."
  type        = string
}

variable "package" {
  description = "The zip with `bootstrap` in its root: an S3 object. `hash`: base64 of its SHA-256; a new one is a new release."
  type        = object({ bucket = string, key = string, hash = optional(string) })
}

variable "architecture" {
  description = "x86_64 or arm64, as `bootstrap` was built."
  type        = string
  default     = "x86_64"

  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "The architecture is x86_64 or arm64."
  }
}

variable "functions" {
  description = <<-EOT
    Functions by name. `routes`: keys of the HTTP API such as "GET /api/things/{id}", each one only once; a catch-all is refused.
    `environment` holds no secret: `secrets` are ARNs in Secrets Manager, which the function reads once when it starts (variable SECRETS).
    `handler`: the function of the application's manifest; empty: the name.
    `concurrency`: how many run at once at most, which also bounds connections to the database; 0 stops the function.
    `provisioned`: how many are kept warm (they cost by the hour); 0: none.
  EOT
  type = map(object({
    handler         = optional(string, "")
    routes          = list(string)
    memory          = optional(number, 256)
    timeout         = optional(number, 29)
    concurrency     = optional(number, 10)
    provisioned     = optional(number, 0)
    environment     = optional(map(string), {})
    secrets         = optional(list(string), [])
    policy_json     = optional(string, "")
    queue_arn       = optional(string, "")
    queue_batch     = optional(number, 10)
    dead_letter_arn = optional(string, "")
  }))

  validation {
    condition = alltrue(flatten([
      for one in var.functions : [for route in one.routes : can(regex("^(GET|POST|PUT|PATCH|DELETE) /[A-Za-z0-9_{}/.-]*$", route))]
    ]))
    error_message = "A route is METHOD /path with {names}; catch-alls ($default, ANY, {proxy+}) are refused."
  }

  validation {
    condition     = length(flatten([for one in var.functions : one.routes])) == length(distinct(flatten([for one in var.functions : one.routes])))
    error_message = "Two functions answer one route."
  }

  validation {
    condition     = alltrue([for one in var.functions : one.timeout >= 1 && one.timeout <= 29])
    error_message = "An HTTP API waits 30 seconds: a function gets at most 29."
  }

  validation {
    condition = alltrue(flatten([
      for one in var.functions : [for key in keys(one.environment) : !can(regex("(SECRET|PASSWORD|TOKEN|_KEY|DATABASE_URL)$", key))]
    ]))
    error_message = "A secret does not belong into the environment: name its ARN in `secrets`."
  }
}

variable "network" {
  description = "Private subnets and security groups, for functions that reach a database; null: outside a VPC."
  type        = object({ subnet_ids = list(string), security_group_ids = list(string) })
  default     = null
}

variable "cors_origins" {
  description = "Origins whose pages may call the API, such as \"https://app.example.com\". Empty: none."
  type        = list(string)
  default     = []

  validation {
    condition     = !contains(var.cors_origins, "*")
    error_message = "Name the origins: * would let every page call the API."
  }
}

variable "domain" {
  description = "Host name of the API; empty: AWS's own name. With a domain AWS's own name is switched off."
  type        = string
  default     = ""
}

variable "certificate_arn" {
  description = "Certificate of the domain, in the region of the API."
  type        = string
  default     = ""
}

variable "throttle" {
  description = "Requests a second over all callers, and how many may come at once."
  type        = object({ rate = optional(number, 50), burst = optional(number, 100) })
  default     = {}
}

variable "retention_days" {
  description = "How long logs are kept."
  type        = number
  default     = 30
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
}
