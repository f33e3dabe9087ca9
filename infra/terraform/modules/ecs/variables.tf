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

variable "region" {
  description = "Region, for the logs."
  type        = string
}

variable "account_id" {
  description = "AWS account, for the policies; empty: any account, which for a role without rights elsewhere is its own."
  type        = string
  default     = ""
}

variable "vpc_id" {
  description = "VPC of the tasks."
  type        = string
}

variable "container_insights" {
  description = "Metrics by task and container, at a price by metric: `disabled`, `enabled` or `enhanced`."
  type        = string
  default     = "disabled"

  validation {
    condition     = contains(["disabled", "enabled", "enhanced"], var.container_insights)
    error_message = "container_insights: disabled, enabled or enhanced."
  }
}

variable "cluster_name" {
  description = "Name of the cluster; empty: `name`."
  type        = string
  default     = ""
}

variable "log_retention_days" {
  description = "Days that the logs of the tasks are kept."
  type        = number
  default     = 30
}

variable "log_kms_key_arn" {
  description = "KMS key of the logs; empty: CloudWatch's own encryption."
  type        = string
  default     = ""
}

variable "namespace" {
  description = "Private DNS name under which services find each other (Cloud Map), as `rikaios-dev.local`; empty: none."
  type        = string
  default     = ""
}

variable "repository_arns" {
  description = "Repositories of ECR from which the tasks may pull."
  type        = list(string)
  default     = []
}

variable "peers" {
  description = "Which services of this cluster connect to which, by name, and on which port."
  type = map(object({
    from = string
    to   = string
    port = number
  }))
  default = {}

  validation {
    condition     = alltrue([for p in values(var.peers) : contains(keys(var.services), p.from) && contains(keys(var.services), p.to)])
    error_message = "peers: from and to are names of services."
  }
}

variable "services" {
  description = <<-TEXT
    The services, by name. A service is one task definition, one security group, two roles and, unless `run` is false (a task that is started by
    hand, as a migration), an ECS service.

    Task: `cpu`, `memory` in Fargate's units, `architecture` (X86_64, ARM64), `family` (else NAME-SERVICE), `subnet_ids`, `public_ip`.
    Count: `desired_count` at creation, `minimum_percent`, `maximum_percent` while it is replaced; 0 and 100 stop the old task first.
    `spot`: share of tasks on Fargate Spot, beside `on_demand_base` tasks that never are. `autoscaling`: target tracking between `min` and `max`.
    `alarms`: names of alarms that roll a deployment back. `discovery`: its name in `namespace`.

    Containers: `image` by digest ("" is not yet known: the service then has no tasks), `port`, `command`, `environment`, `secrets` (variable →
    `value_from` and `resource`, as module `secrets` gives them), `health_command` and its times, `mounts` (volume → path), `user`,
    `read_only` root file system, `essential`, `depends_on` (container → START, HEALTHY, …), `stop_timeout`.

    Volumes: an access point of EFS (`efs`, as module `efs` gives it), mounted with TLS and the task's role; without it a folder on the
    task's own disk.
    Network: `ingress` and `egress` by name, each with `port` and one of `security_group_id`, `prefix_list_id`, `cidr`. Without `egress` a
    task may open HTTPS connections to anywhere, which models and AWS need, and no other.
    Rights: `statements` are those of the task's role; resources that are known in the plan can be checked there.
  TEXT
  type = map(object({
    run             = optional(bool, true)
    service_name    = optional(string, "")
    family          = optional(string, "")
    cpu             = number
    memory          = number
    architecture    = optional(string, "X86_64")
    ephemeral_gib   = optional(number, 0)
    subnet_ids      = list(string)
    public_ip       = optional(bool, false)
    desired_count   = optional(number, 1)
    minimum_percent = optional(number, 100)
    maximum_percent = optional(number, 200)
    grace_seconds   = optional(number, 60)
    spot            = optional(bool, false)
    on_demand_base  = optional(number, 0)
    discovery       = optional(string, "")
    alarms          = optional(list(string), [])
    containers = map(object({
      image          = string
      command        = optional(list(string), [])
      cpu            = optional(number, 0)
      memory         = optional(number, 0)
      port           = optional(number, 0)
      environment    = optional(map(string), {})
      secrets        = optional(map(object({ value_from = string, resource = string })), {})
      essential      = optional(bool, true)
      read_only      = optional(bool, true)
      user           = optional(string, "65532:65532")
      stop_timeout   = optional(number, 120)
      health_command = optional(list(string), [])
      health_start   = optional(number, 30)
      depends_on     = optional(map(string), {})
      mounts         = optional(map(object({ path = string, read_only = optional(bool, false) })), {})
    }))
    volumes = optional(map(object({
      efs = optional(object({
        file_system_id   = string
        file_system_arn  = string
        access_point_id  = string
        access_point_arn = string
      }))
    })), {})
    load_balancers = optional(map(object({
      target_group_arn = string
      container        = string
      port             = number
    })), {})
    autoscaling = optional(object({
      min                = number
      max                = number
      cpu_percent        = optional(number, 70)
      memory_percent     = optional(number, 80)
      requests_per_task  = optional(number, 0)
      resource_label     = optional(string, "")
      scale_in_cooldown  = optional(number, 300)
      scale_out_cooldown = optional(number, 60)
    }))
    ingress = optional(map(object({
      port              = number
      security_group_id = optional(string)
      prefix_list_id    = optional(string)
      cidr              = optional(string)
    })), {})
    egress = optional(map(object({
      port              = number
      protocol          = optional(string, "tcp")
      security_group_id = optional(string)
      prefix_list_id    = optional(string)
      cidr              = optional(string)
    })), { https = { port = 443, cidr = "0.0.0.0/0" } })
    statements = optional(list(object({
      sid       = string
      actions   = list(string)
      resources = list(string)
      condition = optional(map(map(list(string))), {})
    })), [])
  }))

  validation {
    condition = alltrue([for s in values(var.services) : contains(
      lookup({
        256  = [512, 1024, 2048], 512 = range(1024, 4097, 1024), 1024 = range(2048, 8193, 1024), 2048 = range(4096, 16385, 1024),
        4096 = range(8192, 30721, 1024), 8192 = range(16384, 61441, 4096), 16384 = range(32768, 122881, 8192)
    }, s.cpu, []), s.memory)])
    error_message = "services: cpu and memory are no pair that Fargate offers, as 256/512, 512/1024, 1024/2048, 2048/4096."
  }

  validation {
    condition     = alltrue([for s in values(var.services) : contains(["X86_64", "ARM64"], s.architecture)])
    error_message = "services: architecture is X86_64 or ARM64."
  }

  validation {
    condition = alltrue([
      for s in values(var.services) : s.minimum_percent < s.maximum_percent && (s.maximum_percent > 100 || s.minimum_percent < 100)
    ])
    error_message = "services: with these minimum_percent and maximum_percent no task could ever be replaced."
  }

  validation {
    condition     = alltrue(flatten([for s in values(var.services) : [for c in values(s.containers) : c.stop_timeout >= 2 && c.stop_timeout <= 120]]))
    error_message = "services: stop_timeout is 2 to 120 seconds; Fargate kills after that."
  }

  validation {
    condition     = alltrue(flatten([for s in values(var.services) : [for c in values(s.containers) : !endswith(c.image, ":latest")]]))
    error_message = "services: an image is named by digest (NAME@sha256:…) or by a tag of its own; latest says nothing to roll back to."
  }

  validation {
    condition     = alltrue(flatten([for s in values(var.services) : [for c in values(s.containers) : !can(regex("^(0|root)(:|$)", c.user))]]))
    error_message = "services: user is not root."
  }

  validation {
    condition = alltrue(flatten([for s in values(var.services) : [for c in values(s.containers) : [
      for k, v in c.environment : !can(regex("(SECRET|PASSWORD|PRIVATE_KEY|API_KEY|ACCESS_KEY)$", k)) && !can(regex("://[^/@:]*:[^/@]+@", v))
    ]]]))
    error_message = "services: a secret (or a URL with a password) stands in environment; give it by secrets."
  }

  validation {
    condition = alltrue([for s in values(var.services) :
      alltrue([
        for r in concat(values(s.ingress), values(s.egress)) : length([for v in [r.security_group_id, r.prefix_list_id, r.cidr] : v if v != null]) == 1
      ])
    ])
    error_message = "services: a rule of ingress or egress has exactly one of security_group_id, prefix_list_id and cidr."
  }

  validation {
    condition = alltrue([for s in values(var.services) :
      s.autoscaling == null || try(
        s.autoscaling.min >= 1 && s.autoscaling.max >= s.autoscaling.min && s.autoscaling.scale_in_cooldown > s.autoscaling.scale_out_cooldown, false
      )
    ])
    error_message = "services: autoscaling has 1 <= min <= max, and scales in slower than out."
  }
}
