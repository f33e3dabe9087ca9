variable "name" {
  description = "Name of the queue, without `.fifo`; its dead letters are in NAME-dead."
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
  default     = 345600
}

variable "max_receive_count" {
  description = "Attempts after which a message counts as dead."
  type        = number
  default     = 5

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
