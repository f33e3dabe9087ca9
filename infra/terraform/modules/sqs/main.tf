locals {
  ending   = var.fifo ? ".fifo" : ""
  own_keys = var.kms_key_arn == ""
}

resource "aws_sqs_queue" "dead" {
  name                      = "${var.name}${var.dead_suffix}${local.ending}"
  fifo_queue                = var.fifo
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = local.own_keys ? true : null
  kms_master_key_id         = local.own_keys ? null : var.kms_key_arn

  tags = merge(var.tags, { Name = "${var.name}${var.dead_suffix}" })
}

resource "aws_sqs_queue" "this" {
  name                        = "${var.name}${local.ending}"
  fifo_queue                  = var.fifo
  content_based_deduplication = var.fifo ? true : null
  visibility_timeout_seconds  = var.visibility_timeout
  message_retention_seconds   = var.retention_seconds
  receive_wait_time_seconds   = 20
  sqs_managed_sse_enabled     = local.own_keys ? true : null
  kms_master_key_id           = local.own_keys ? null : var.kms_key_arn

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = var.max_receive_count
  })

  tags = merge(var.tags, { Name = var.name })
}

resource "aws_sqs_queue_redrive_allow_policy" "this" {
  queue_url = aws_sqs_queue.dead.id

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.this.arn]
  })
}

# Rights come from the roles; this refuses whoever comes without TLS.
resource "aws_sqs_queue_policy" "this" {
  for_each = { queue = aws_sqs_queue.this, dead = aws_sqs_queue.dead }

  queue_url = each.value.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "RefuseWithoutTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = each.value.arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}
