variable "name" {
  description = "Name of the queue, without `.fifo`; Slipway's are PREFIX-jobs."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,70}$", var.name))
    error_message = "name: 1 to 70 letters, digits, hyphens and underscores."
  }
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
}

variable "region" {
  description = "Region, for the statements of roles."
  type        = string
}

variable "account_id" {
  description = "AWS account, for the statements of roles; empty: any, which for a role without rights elsewhere is its own."
  type        = string
  default     = ""
}

variable "dead_suffix" {
  description = "What follows the name in that of the queue of dead letters."
  type        = string
  default     = "_dead"
}

variable "fifo" {
  description = "Order within a group, each message once; half the throughput at a quarter more."
  type        = bool
  default     = false
}

variable "visibility_timeout" {
  description = "Seconds that a message is hidden after it was received; workers extend it while they work."
  type        = number
  default     = 180

  validation {
    condition     = var.visibility_timeout >= 30 && var.visibility_timeout <= 43200
    error_message = "visibility_timeout: 30 to 43200 seconds."
  }
}

variable "retention_seconds" {
  description = "Seconds that a message waits at most, 60 to 1209600 (14 days); dead letters always wait 14 days."
  type        = number
  default     = 1209600

  validation {
    condition     = var.retention_seconds >= 60 && var.retention_seconds <= 1209600
    error_message = "retention_seconds: 60 to 1209600."
  }
}

variable "max_receive_count" {
  description = <<-TEXT
    Receives after which a message counts as dead. Slipway counts attempts itself and wants 1000 here; other consumers
    take about 5.
  TEXT
  type        = number
  default     = 1000

  validation {
    condition     = var.max_receive_count >= 2
    error_message = "max_receive_count: at least 2, or one lost worker makes a dead letter."
  }
}

variable "kms_key_arn" {
  description = "KMS key of the messages; empty: SQS's own encryption, without a price."
  type        = string
  default     = ""
}
