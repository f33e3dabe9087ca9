# Every alarm by name. A metric alone, or an expression over several (rates are asked only where something happened at all).
locals {
  base = { seconds = 60, periods = 5, comparison = "GreaterThanThreshold", missing = "notBreaching", expression = "" }

  service_alarms = merge([for label, one in var.services : {
    "${label}-cpu" = merge(local.base, {
      description = "CPU of ${label} above ${var.thresholds.cpu_percent} %", threshold = var.thresholds.cpu_percent, namespace = "AWS/ECS"
      dimensions  = { ClusterName = one.cluster, ServiceName = one.service }
      metrics     = { value = { metric = "CPUUtilization", statistic = "Average" } }
    })
    "${label}-memory" = merge(local.base, {
      description = "Memory of ${label} above ${var.thresholds.memory_percent} %", threshold = var.thresholds.memory_percent, namespace = "AWS/ECS"
      dimensions  = { ClusterName = one.cluster, ServiceName = one.service }
      metrics     = { value = { metric = "MemoryUtilization", statistic = "Average" } }
    })
  }]...)

  running_alarms = { for label, one in var.services : "${label}-running" => merge(local.base, {
    description = "No task of ${label} runs", threshold = 1, namespace = "ECS/ContainerInsights", comparison = "LessThanThreshold", missing = "breaching"
    dimensions  = { ClusterName = one.cluster, ServiceName = one.service }
    metrics     = { value = { metric = "RunningTaskCount", statistic = "Minimum" } }
  }) if var.container_insights }

  load_balancer_alarms = merge([for label, one in var.load_balancers : {
    "${label}-5xx" = merge(local.base, {
      description = "More than ${var.thresholds.server_error_percent} % of answers of ${label} are 5xx", threshold = var.thresholds.server_error_percent
      namespace   = "AWS/ApplicationELB", dimensions = { LoadBalancer = one.arn_suffix, TargetGroup = one.target_group_arn_suffix }
      expression  = "IF(requests > 20, 100 * errors / requests, 0)"
      metrics = {
        errors   = { metric = "HTTPCode_Target_5XX_Count", statistic = "Sum" }
        requests = { metric = "RequestCount", statistic = "Sum" }
      }
    })
    "${label}-unhealthy" = merge(local.base, {
      description = "A target of ${label} is not healthy", threshold = 0, namespace = "AWS/ApplicationELB"
      dimensions  = { LoadBalancer = one.arn_suffix, TargetGroup = one.target_group_arn_suffix }
      metrics     = { value = { metric = "UnHealthyHostCount", statistic = "Maximum" } }
    })
    "${label}-slow" = merge(local.base, {
      description = "Answers of ${label} begin after ${var.thresholds.response_seconds} s", threshold = var.thresholds.response_seconds
      namespace   = "AWS/ApplicationELB", dimensions = { LoadBalancer = one.arn_suffix, TargetGroup = one.target_group_arn_suffix }
      metrics     = { value = { metric = "TargetResponseTime", statistic = "Average" } }
    })
  }]...)

  database_alarms = merge([for label, one in var.databases : {
    "${label}-connections" = merge(local.base, {
      description = "More than ${one.connections} connections to ${label}", threshold = one.connections, namespace = "AWS/RDS"
      dimensions  = { DBInstanceIdentifier = one.identifier }, metrics = { value = { metric = "DatabaseConnections", statistic = "Average" } }
    })
    "${label}-cpu" = merge(local.base, {
      description = "CPU of ${label} above ${var.thresholds.database_cpu_percent} %", threshold = var.thresholds.database_cpu_percent, namespace = "AWS/RDS"
      dimensions  = { DBInstanceIdentifier = one.identifier }, metrics = { value = { metric = "CPUUtilization", statistic = "Average" } }
    })
    "${label}-storage" = merge(local.base, {
      description = "Little storage of ${label} is free", threshold = one.free_bytes, namespace = "AWS/RDS", comparison = "LessThanThreshold"
      dimensions  = { DBInstanceIdentifier = one.identifier }, metrics = { value = { metric = "FreeStorageSpace", statistic = "Minimum" } }
    })
  }]...)

  cache_alarms = { for label, id in var.caches : "${label}-memory" => merge(local.base, {
    description = "Memory of ${label} above ${var.thresholds.cache_memory_percent} %", threshold = var.thresholds.cache_memory_percent
    namespace   = "AWS/ElastiCache", dimensions = { CacheClusterId = id }
    metrics     = { value = { metric = "DatabaseMemoryUsagePercentage", statistic = "Average" } }
  }) }

  function_alarms = merge([for label, name in var.functions : {
    "${label}-errors" = merge(local.base, {
      description = "More than ${var.thresholds.function_error_percent} % of the calls of ${label} failed", threshold = var.thresholds.function_error_percent
      namespace   = "AWS/Lambda", dimensions = { FunctionName = name }
      expression  = "IF(calls > 0, 100 * errors / calls, 0)"
      metrics = {
        errors = { metric = "Errors", statistic = "Sum" }
        calls  = { metric = "Invocations", statistic = "Sum" }
      }
    })
    "${label}-duration" = merge(local.base, {
      description = "Calls of ${label} take more than ${var.thresholds.function_duration_millis} ms on average"
      threshold   = var.thresholds.function_duration_millis, namespace = "AWS/Lambda", dimensions = { FunctionName = name }
      metrics     = { value = { metric = "Duration", statistic = "Average" } }
    })
  }]...)

  api_alarms = { for label, id in var.apis : "${label}-5xx" => merge(local.base, {
    description = "More than ${var.thresholds.api_error_percent} % of answers of ${label} are 5xx", threshold = var.thresholds.api_error_percent
    namespace   = "AWS/ApiGateway", dimensions = { ApiId = id }
    expression  = "IF(requests > 0, 100 * errors / requests, 0)"
    metrics = {
      errors   = { metric = "5xx", statistic = "Sum" }
      requests = { metric = "Count", statistic = "Sum" }
    }
  }) }

  queue_alarms = merge([for label, one in var.queues : {
    "${label}-age" = merge(local.base, {
      description = "A message of ${label} waits for more than ${var.thresholds.queue_age_seconds} s", threshold = var.thresholds.queue_age_seconds
      namespace   = "AWS/SQS", dimensions = { QueueName = one.queue }, periods = 3
      metrics     = { value = { metric = "ApproximateAgeOfOldestMessage", statistic = "Maximum" } }
    })
    "${label}-dead" = merge(local.base, {
      description = "Messages of ${label} failed for good", threshold = 0, periods = 1, namespace = "AWS/SQS"
      dimensions  = { QueueName = one.dead_letters }, metrics = { value = { metric = "ApproximateNumberOfMessagesVisible", statistic = "Maximum" } }
    })
  }]...)

  alarms = merge(
    local.service_alarms, local.running_alarms, local.load_balancer_alarms, local.database_alarms,
    local.cache_alarms, local.function_alarms, local.api_alarms, local.queue_alarms,
  )
}
