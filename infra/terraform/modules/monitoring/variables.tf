variable "name" {
  description = "Prefix of every name, such as \"shop-prod\"."
  type        = string
}

variable "region" {
  description = "Region that the dashboards show."
  type        = string
}

variable "services" {
  description = "ECS services to watch: label to cluster and service."
  type        = map(object({ cluster = string, service = string }))
  default     = {}
}

variable "container_insights" {
  description = "The cluster has Container Insights: running tasks are watched, too."
  type        = bool
  default     = false
}

variable "load_balancers" {
  description = "Load balancers to watch: label to the ARN suffixes of the load balancer and of its target group."
  type        = map(object({ arn_suffix = string, target_group_arn_suffix = string }))
  default     = {}
}

variable "databases" {
  description = "RDS instances to watch: label to identifier, alarm limit of connections, and bytes of storage that must stay free."
  type        = map(object({ identifier = string, connections = optional(number, 60), free_bytes = optional(number, 2147483648) }))
  default     = {}
}

variable "caches" {
  description = "ElastiCache nodes to watch: label to the id of the node's cluster."
  type        = map(string)
  default     = {}
}

variable "functions" {
  description = "Lambda functions to watch: label to the function's name."
  type        = map(string)
  default     = {}
}

variable "apis" {
  description = "HTTP APIs to watch: label to the API's id."
  type        = map(string)
  default     = {}
}

variable "queues" {
  description = "Queues to watch: label to the names of the queue and of the queue of dead letters."
  type        = map(object({ queue = string, dead_letters = string }))
  default     = {}
}

variable "thresholds" {
  description = "When an alarm rings. Percent, milliseconds, seconds, or a number, as the names say."
  type = object({
    cpu_percent              = optional(number, 80)
    memory_percent           = optional(number, 80)
    server_error_percent     = optional(number, 5)
    response_seconds         = optional(number, 10)
    database_cpu_percent     = optional(number, 80)
    cache_memory_percent     = optional(number, 80)
    function_error_percent   = optional(number, 1)
    function_duration_millis = optional(number, 5000)
    api_error_percent        = optional(number, 1)
    queue_age_seconds        = optional(number, 600)
  })
  default = {}

  validation {
    condition     = alltrue([for value in values(var.thresholds) : value > 0])
    error_message = "A threshold is a number above 0: at 0 the alarm would always ring."
  }
}

variable "log_groups" {
  description = "Log groups to make: name to days that they are kept. Those of services and functions are made where these are."
  type        = map(number)
  default     = {}

  validation {
    condition = alltrue([
      for days in values(var.log_groups) : contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], days)
    ])
    error_message = "CloudWatch keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365 days and some longer times, and no others."
  }
}

variable "queried_log_groups" {
  description = "Names of the log groups that the saved queries ask."
  type        = list(string)
  default     = []
}

variable "queries" {
  description = "Saved queries of Logs Insights beside those of the module: name to query."
  type        = map(string)
  default     = {}
}

variable "emails" {
  description = "Addresses that alarms and budget write to. Each has to confirm once."
  type        = list(string)
  default     = []
}

variable "tracing" {
  description = "X-Ray: the share of requests that is traced, and the first ones of each second that always are; null: none."
  type        = object({ rate = optional(number, 0.05), reservoir = optional(number, 1), url_path = optional(string, "*") })
  default     = null

  validation {
    condition     = var.tracing == null || try(var.tracing.rate >= 0 && var.tracing.rate <= 1, false)
    error_message = "The rate of traces is between 0 and 1."
  }
}

variable "budget_usd" {
  description = "Monthly budget in US dollars; 0: none. Mails go out at half, at 80 %, at all of it, and when the forecast passes it."
  type        = number
  default     = 0
}

variable "budget_tags" {
  description = "Only resources with one of these tags (\"Key$Value\") count for the budget; empty: the whole account."
  type        = list(string)
  default     = []
}

variable "anomaly_usd" {
  description = "An unusual day that costs this many US dollars more is mailed; 0: none. One monitor of services is allowed per account."
  type        = number
  default     = 0
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
}
