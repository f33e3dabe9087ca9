mock_provider "aws" {
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:us-west-2:123456789012:shop-alarms" }
  }

  mock_resource "aws_ce_anomaly_monitor" {
    defaults = { arn = "arn:aws:ce::123456789012:anomalymonitor/1" }
  }
}

variables {
  name           = "shop"
  region         = "us-west-2"
  services       = { core = { cluster = "shop", service = "core" } }
  load_balancers = { edge = { arn_suffix = "app/shop/1", target_group_arn_suffix = "targetgroup/core/1" } }
  databases      = { database = { identifier = "shop", connections = 70 } }
  functions      = { auth = "shop-auth" }
  apis           = { api = "api1" }
  queues         = { jobs = { queue = "shop-jobs", dead_letters = "shop-jobs_dead" } }
}

run "the_six_alarms" {
  assert {
    condition     = length(setsubtract(["core-cpu", "core-memory", "database-connections", "auth-errors", "auth-duration", "api-5xx"], keys(aws_cloudwatch_metric_alarm.this))) == 0
    error_message = "errors, duration, CPU, memory, connections, 5xx"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["auth-errors"].threshold == 1 && one([for query in aws_cloudwatch_metric_alarm.this["auth-errors"].metric_query : query.expression if query.id == "result"]) == "IF(calls > 0, 100 * errors / calls, 0)"
    error_message = "more than one percent of the calls"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["auth-duration"].threshold == 5000 && aws_cloudwatch_metric_alarm.this["auth-duration"].statistic == "Average"
    error_message = "five seconds on average"
  }

  assert {
    condition     = alltrue([for one in aws_cloudwatch_metric_alarm.this : one.actions_enabled && length(one.alarm_actions) == 1])
    error_message = "every alarm tells somebody"
  }
}

run "dashboards_show_what_is_there" {
  assert {
    condition     = toset(output.dashboard_names) == toset(["shop-services", "shop-functions"])
    error_message = "one of containers, one of functions"
  }

  assert {
    condition     = strcontains(aws_cloudwatch_dashboard.this["functions"].dashboard_body, "shop-auth")
    error_message = "the function is shown"
  }
}

run "queries_and_logs" {
  variables {
    log_groups         = { "/shop/other" = 30 }
    queried_log_groups = ["/shop/other"]
    queries            = { mine = "fields @message" }
  }

  assert {
    condition     = length(aws_cloudwatch_query_definition.this) == 5 && aws_cloudwatch_log_group.this["/shop/other"].retention_in_days == 30
    error_message = "four queries of the module and one more"
  }
}

run "money" {
  variables {
    budget_usd  = 50
    anomaly_usd = 10
    emails      = ["ops@example.com"]
  }

  assert {
    condition     = aws_budgets_budget.this[0].limit_amount == "50" && length(aws_budgets_budget.this[0].notification) == 4
    error_message = "half, most, all, forecast"
  }
}

run "tracing" {
  variables {
    tracing = { rate = 0.1 }
  }

  assert {
    condition     = aws_xray_sampling_rule.this[0].fixed_rate == 0.1 && aws_xray_group.this[0].insights_configuration[0].insights_enabled
    error_message = "a rule and a group"
  }
}

run "an_alarm_that_always_rings" {
  command = plan

  variables {
    thresholds = { cpu_percent = 0 }
  }

  expect_failures = [var.thresholds]
}

run "a_retention_that_cloudwatch_has_not" {
  command = plan

  variables {
    log_groups = { "/shop/other" = 31 }
  }

  expect_failures = [var.log_groups]
}

run "more_than_all_requests" {
  command = plan

  variables {
    tracing = { rate = 2 }
  }

  expect_failures = [var.tracing]
}
