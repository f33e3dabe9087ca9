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
  description = "VPC of the database."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets, in at least two zones."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids: a subnet group needs subnets in two zones at least."
  }
}

variable "client_security_groups" {
  description = "Security groups that may connect, by name of the client."
  type        = map(string)
  default     = {}
}

variable "engine" {
  description = "`valkey` (a fifth cheaper) or `redis`."
  type        = string
  default     = "valkey"

  validation {
    condition     = contains(["valkey", "redis"], var.engine)
    error_message = "engine: valkey or redis."
  }
}

variable "engine_version" {
  description = "Version of the engine: 7.2 or 8.0 of Valkey, 7.1 of Redis; empty: that of the engine that speaks Redis 7."
  type        = string
  default     = ""
}

variable "node_type" {
  description = "Class of the nodes, as `cache.t4g.micro`."
  type        = string

  validation {
    condition     = can(regex("^cache\\.[a-z0-9]+\\.(micro|small|medium|large|[0-9]*xlarge)$", var.node_type))
    error_message = "node_type: as cache.t4g.micro, cache.r6g.large."
  }
}

variable "node_count" {
  description = "Nodes: the primary, and replicas in other zones. Two or more switch on Multi-AZ with automatic failover."
  type        = number
  default     = 1

  validation {
    condition     = var.node_count >= 1 && var.node_count <= 6
    error_message = "node_count: 1 to 6."
  }
}

variable "snapshot_retention_days" {
  description = "Days that daily snapshots are kept; 0: none."
  type        = number
  default     = 1
}

variable "parameters" {
  description = "Parameters of the engine; `maxmemory-policy` is `noeviction`, so that queues and sessions are not thrown out in silence."
  type        = map(string)
  default     = {}
}

variable "kms_key_arn" {
  description = "KMS key of storage and snapshots; empty: the service's own key."
  type        = string
  default     = ""
}
