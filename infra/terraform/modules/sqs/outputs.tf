output "url" {
  description = "URL of the queue."
  value       = aws_sqs_queue.this.url
}

output "arn" {
  description = "Its ARN."
  value       = aws_sqs_queue.this.arn
}

output "name" {
  description = "Its name."
  value       = aws_sqs_queue.this.name
}

output "dead_url" {
  description = "URL of the queue of dead letters."
  value       = aws_sqs_queue.dead.url
}

output "dead_arn" {
  description = "Its ARN."
  value       = aws_sqs_queue.dead.arn
}

output "dead_name" {
  description = "Its name."
  value       = aws_sqs_queue.dead.name
}

output "statements" {
  description = "Statements of a role that sends and receives; for the ecs module."
  value = concat(
    [{
      sid = "UseQueues"
      actions = [
        "sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage",
        "sqs:ChangeMessageVisibility"
      ]
      resources = [
        for name in [var.name, "${var.name}${var.dead_suffix}"] :
        "arn:aws:sqs:${var.region}:${var.account_id == "" ? "*" : var.account_id}:${name}${local.ending}"
      ]
      condition = {}
    }],
    local.own_keys ? [] : [{
      sid = "UseKeyOfQueues", actions = ["kms:Decrypt", "kms:GenerateDataKey"], resources = [var.kms_key_arn], condition = {}
    }]
  )
}
