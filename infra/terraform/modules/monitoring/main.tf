resource "aws_cloudwatch_log_group" "this" {
  for_each = var.log_groups

  name              = each.key
  retention_in_days = each.value
  tags              = var.tags
}

resource "aws_sns_topic" "alarms" {
  name              = "${var.name}-alarms"
  kms_master_key_id = null # CloudWatch may not use the key that AWS owns, and alarms hold no secret
  tags              = var.tags
}

resource "aws_sns_topic_policy" "alarms" {
  arn = aws_sns_topic.alarms.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AlarmsAndBudget"
      Effect    = "Allow"
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.alarms.arn
      Principal = { Service = ["cloudwatch.amazonaws.com", "budgets.amazonaws.com", "costalerts.amazonaws.com"] }
      # Of this account alone: the account's number stands in the topic's own ARN.
      Condition = { StringEquals = { "aws:SourceAccount" = split(":", aws_sns_topic.alarms.arn)[4] } }
    }]
  })
}

resource "aws_sns_topic_subscription" "email" {
  for_each = toset(var.emails)

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.value
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  evaluation_periods  = each.value.periods
  datapoints_to_alarm = each.value.periods
  treat_missing_data  = each.value.missing
  actions_enabled     = true
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = var.tags

  metric_name = each.value.expression == "" ? each.value.metrics.value.metric : null
  namespace   = each.value.expression == "" ? each.value.namespace : null
  dimensions  = each.value.expression == "" ? each.value.dimensions : null
  statistic   = each.value.expression == "" ? each.value.metrics.value.statistic : null
  period      = each.value.expression == "" ? each.value.seconds : null

  dynamic "metric_query" {
    for_each = each.value.expression == "" ? [] : [each.value.expression]

    content {
      id          = "result"
      expression  = metric_query.value
      label       = each.value.description
      return_data = true
    }
  }

  dynamic "metric_query" {
    for_each = each.value.expression == "" ? {} : each.value.metrics

    content {
      id = metric_query.key

      metric {
        namespace   = each.value.namespace
        metric_name = metric_query.value.metric
        dimensions  = each.value.dimensions
        stat        = metric_query.value.statistic
        period      = each.value.seconds
      }
    }
  }
}

resource "aws_cloudwatch_query_definition" "this" {
  for_each = length(var.queried_log_groups) == 0 ? {} : merge(local.queries, var.queries)

  name            = "${var.name}/${each.key}"
  log_group_names = var.queried_log_groups
  query_string    = each.value
}

resource "aws_xray_sampling_rule" "this" {
  count = var.tracing == null ? 0 : 1

  rule_name      = substr(var.name, 0, 32)
  priority       = 1000
  version        = 1
  reservoir_size = var.tracing.reservoir
  fixed_rate     = var.tracing.rate
  url_path       = var.tracing.url_path
  host           = "*"
  http_method    = "*"
  service_type   = "*"
  service_name   = "${var.name}*"
  resource_arn   = "*"
  tags           = var.tags
}

resource "aws_xray_group" "this" {
  count = var.tracing == null ? 0 : 1

  group_name        = substr(var.name, 0, 32)
  filter_expression = "fault = true OR responsetime > 5"
  tags              = var.tags

  insights_configuration {
    insights_enabled      = true
    notifications_enabled = true
  }
}
