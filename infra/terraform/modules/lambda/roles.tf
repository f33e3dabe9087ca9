resource "aws_iam_role" "this" {
  for_each = var.functions

  name        = "${var.name}-${each.key}"
  description = "What the function ${each.key} may do"
  tags        = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "base" {
  for_each = var.functions

  name = "base"
  role = aws_iam_role.this[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid      = "Logs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "arn:aws:logs:*:*:log-group:/aws/lambda/${var.name}-${each.key}:*"
        }, {
        # Trace segments belong to no resource.
        Sid      = "Traces"
        Effect   = "Allow"
        Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
        Resource = "*"
      }],
      each.value.queue_arn == "" ? [] : [{
        Sid      = "Queue"
        Effect   = "Allow"
        Action   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
        Resource = each.value.queue_arn
      }],
      each.value.dead_letter_arn == "" ? [] : [{
        Sid      = "DeadLetters"
        Effect   = "Allow"
        Action   = ["sqs:SendMessage"]
        Resource = each.value.dead_letter_arn
      }],
    )
  })
}

resource "aws_iam_role_policy" "secrets" {
  for_each = { for key, one in var.functions : key => one.secrets if length(one.secrets) > 0 }

  name = "secrets"
  role = aws_iam_role.this[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "Secrets"
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = each.value
      }, {
      # They are read by one call, which knows no resources: each secret needs the right above as well.
      Sid      = "SecretsAtOnce"
      Effect   = "Allow"
      Action   = ["secretsmanager:BatchGetSecretValue"]
      Resource = "*"
    }]
  })
}

# Interfaces in a VPC belong to no resource before they exist; AWS's own policy is the documented way.
resource "aws_iam_role_policy_attachment" "network" {
  for_each = var.network == null ? {} : var.functions

  role       = aws_iam_role.this[each.key].name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
}

resource "aws_iam_role_policy" "own" {
  for_each = { for key, one in var.functions : key => one.policy_json if one.policy_json != "" }

  name   = "own"
  role   = aws_iam_role.this[each.key].id
  policy = each.value
}
