locals {
  routes = merge([for key, one in var.functions : { for route in one.routes : route => key }]...)
}

resource "aws_cloudwatch_log_group" "function" {
  for_each = var.functions

  name              = "/aws/lambda/${var.name}-${each.key}"
  retention_in_days = var.retention_days
  tags              = var.tags
}

resource "aws_lambda_function" "this" {
  for_each = var.functions

  function_name                  = "${var.name}-${each.key}"
  description                    = "${each.key} of ${var.name}"
  role                           = aws_iam_role.this[each.key].arn
  runtime                        = "provided.al2023"
  handler                        = each.value.handler == "" ? each.key : each.value.handler
  architectures                  = [var.architecture]
  s3_bucket                      = var.package.bucket
  s3_key                         = var.package.key
  source_code_hash               = var.package.hash
  memory_size                    = each.value.memory
  timeout                        = each.value.timeout
  reserved_concurrent_executions = each.value.concurrency
  publish                        = true
  tags                           = var.tags

  environment {
    # References, and no value: they are asked for once, when an instance begins.
    variables = merge(each.value.environment, { for key in ["SECRETS"] : key => "secretsmanager://${join(",", each.value.secrets)}" if length(each.value.secrets) > 0 })
  }

  tracing_config {
    mode = "Active"
  }

  logging_config {
    log_format = "Text" # the program writes JSON lines itself
    log_group  = aws_cloudwatch_log_group.function[each.key].name
  }

  dynamic "vpc_config" {
    for_each = var.network == null ? [] : [var.network]

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  dynamic "dead_letter_config" {
    for_each = each.value.dead_letter_arn == "" ? [] : [each.value.dead_letter_arn]

    content {
      target_arn = dead_letter_config.value
    }
  }
}

# What the API calls: a rollback points it to an older version.
resource "aws_lambda_alias" "live" {
  for_each = var.functions

  name             = "live"
  description      = "What the API calls"
  function_name    = aws_lambda_function.this[each.key].function_name
  function_version = aws_lambda_function.this[each.key].version
}

resource "aws_lambda_provisioned_concurrency_config" "this" {
  for_each = { for key, one in var.functions : key => one if one.provisioned > 0 }

  function_name                     = aws_lambda_function.this[each.key].function_name
  qualifier                         = aws_lambda_alias.live[each.key].name
  provisioned_concurrent_executions = each.value.provisioned
}

resource "aws_lambda_event_source_mapping" "this" {
  for_each = { for key, one in var.functions : key => one if one.queue_arn != "" }

  event_source_arn        = each.value.queue_arn
  function_name           = aws_lambda_alias.live[each.key].arn
  batch_size              = each.value.queue_batch
  function_response_types = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = max(2, each.value.concurrency)
  }
}
