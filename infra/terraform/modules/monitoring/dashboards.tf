# A dashboard for each kind of thing that is there: "services" has the containers, their load balancers and stores, "functions" the rest.
locals {
  service_widgets = concat(
    flatten([for label, one in var.services : [
      { title = "${label}: CPU and memory in percent", metrics = [
        ["AWS/ECS", "CPUUtilization", "ClusterName", one.cluster, "ServiceName", one.service],
        ["AWS/ECS", "MemoryUtilization", "ClusterName", one.cluster, "ServiceName", one.service],
      ] },
    ]]),
    flatten([for label, one in var.load_balancers : [
      { title = "${label}: requests and errors", metrics = [
        ["AWS/ApplicationELB", "RequestCount", "LoadBalancer", one.arn_suffix, { stat = "Sum" }],
        ["AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "LoadBalancer", one.arn_suffix, { stat = "Sum" }],
        ["AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", "LoadBalancer", one.arn_suffix, { stat = "Sum" }],
      ] },
      { title = "${label}: seconds to the first byte", metrics = [
        ["AWS/ApplicationELB", "TargetResponseTime", "LoadBalancer", one.arn_suffix, { stat = "p50" }],
        ["AWS/ApplicationELB", "TargetResponseTime", "LoadBalancer", one.arn_suffix, { stat = "p99" }],
      ] },
    ]]),
    flatten([for label, one in var.databases : [
      { title = "${label}: connections and CPU", metrics = [
        ["AWS/RDS", "DatabaseConnections", "DBInstanceIdentifier", one.identifier],
        ["AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", one.identifier],
      ] },
    ]]),
    flatten([for label, id in var.caches : [
      { title = "${label}: memory and evictions", metrics = [
        ["AWS/ElastiCache", "DatabaseMemoryUsagePercentage", "CacheClusterId", id],
        ["AWS/ElastiCache", "Evictions", "CacheClusterId", id, { stat = "Sum" }],
      ] },
    ]]),
    flatten([for label, one in var.queues : [
      { title = "${label}: messages", metrics = [
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", one.queue, { stat = "Maximum" }],
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", one.dead_letters, { stat = "Maximum" }],
      ] },
    ]]),
  )

  function_widgets = concat(
    flatten([for label, name in var.functions : [
      { title = "${label}: calls, errors, throttles", metrics = [for metric in ["Invocations", "Errors", "Throttles"] :
        ["AWS/Lambda", metric, "FunctionName", name, { stat = "Sum" }]
      ] },
      { title = "${label}: milliseconds", metrics = [for stat in ["p50", "p99"] : ["AWS/Lambda", "Duration", "FunctionName", name, { stat = stat }]] },
    ]]),
    flatten([for label, id in var.apis : [
      { title = "${label}: requests and errors", metrics = [for metric in ["Count", "4xx", "5xx"] :
        ["AWS/ApiGateway", metric, "ApiId", id, { stat = "Sum" }]
      ] },
    ]]),
  )

  dashboards = { for key, widgets in { services = local.service_widgets, functions = local.function_widgets } : key => widgets if length(widgets) > 0 }

  # The fields are those of the program's own log lines.
  queries = {
    errors = <<-EOT
      fields @timestamp, level, event, reason, error, request_id
      | filter level in ["error", "warning"]
      | sort @timestamp desc
      | limit 100
    EOT
    slow   = <<-EOT
      fields @timestamp, method, path, status, ms, request_id
      | filter event = "request" and ms > 1000
      | sort ms desc
      | limit 50
    EOT
    routes = <<-EOT
      filter event = "request"
      | stats count(*) as requests, avg(ms) as average, pct(ms, 99) as p99, sum(status >= 500) as failed by method, route
      | sort requests desc
    EOT
    starts = <<-EOT
      fields @timestamp, event, signal
      | filter event in ["serving", "draining", "stopped", "forced to stop"]
      | sort @timestamp desc
      | limit 50
    EOT
  }
}

resource "aws_cloudwatch_dashboard" "this" {
  for_each = local.dashboards

  dashboard_name = "${var.name}-${each.key}"
  dashboard_body = jsonencode({
    widgets = [for index, widget in each.value : {
      type   = "metric"
      x      = index % 2 * 12
      y      = floor(index / 2) * 6
      width  = 12
      height = 6
      properties = {
        title   = widget.title
        region  = var.region
        view    = "timeSeries"
        stacked = false
        period  = 60
        stat    = "Average"
        metrics = widget.metrics
      }
    }]
  })
}
