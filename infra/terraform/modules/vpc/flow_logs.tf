locals {
  flow_log_group = "/vpc/${var.name}/flow"
}

resource "aws_cloudwatch_log_group" "flow" {
  count = var.flow_log_retention_days > 0 ? 1 : 0

  name              = local.flow_log_group
  retention_in_days = var.flow_log_retention_days

  tags = var.tags
}

resource "aws_iam_role" "flow" {
  count = var.flow_log_retention_days > 0 ? 1 : 0

  name        = "${var.name}-flow-logs"
  description = "Writes the flow logs of ${var.name}"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "vpc-flow-logs.amazonaws.com" }
      Condition = { ArnLike = { "aws:SourceArn" = "arn:aws:ec2:${var.region}:*:vpc-flow-log/*" } }
    }]
  })

  tags = var.tags
}

resource "aws_iam_role_policy" "flow" {
  count = var.flow_log_retention_days > 0 ? 1 : 0

  name = "write"
  role = aws_iam_role.flow[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "WriteFlowLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
        Resource = "arn:aws:logs:${var.region}:*:log-group:${local.flow_log_group}:*"
      },
      {
        Sid      = "FindLogGroup"
        Effect   = "Allow"
        Action   = ["logs:DescribeLogGroups"]
        Resource = "arn:aws:logs:${var.region}:*:log-group:*"
      }
    ]
  })
}

resource "aws_flow_log" "this" {
  count = var.flow_log_retention_days > 0 ? 1 : 0

  vpc_id                   = aws_vpc.this.id
  traffic_type             = "ALL"
  log_destination_type     = "cloud-watch-logs"
  log_destination          = aws_cloudwatch_log_group.flow[0].arn
  iam_role_arn             = aws_iam_role.flow[0].arn
  max_aggregation_interval = 600

  tags = merge(var.tags, { Name = var.name })
}
