mock_provider "aws" {
  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:us-east-1:123456789012:queue" }
  }
}

variables {
  name   = "shop-jobs"
  region = "us-east-1"
}

run "dead_letters_and_encryption" {
  assert {
    condition     = aws_sqs_queue.this.sqs_managed_sse_enabled && aws_sqs_queue.dead.sqs_managed_sse_enabled && aws_sqs_queue.dead.name == "shop-jobs_dead"
    error_message = "both encrypted, under the names that Slipway looks for"
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.this.redrive_policy) == { deadLetterTargetArn = "arn:aws:sqs:us-east-1:123456789012:queue", maxReceiveCount = 1000 }
    error_message = "what fails for good is kept"
  }

  assert {
    condition     = alltrue([for policy in values(aws_sqs_queue_policy.this) : jsondecode(policy.policy).Statement[0].Effect == "Deny"])
    error_message = "nobody comes without TLS"
  }

  assert {
    condition     = output.statements[0].resources == ["arn:aws:sqs:us-east-1:*:shop-jobs", "arn:aws:sqs:us-east-1:*:shop-jobs_dead"] && length(output.statements) == 1
    error_message = "the rights name both queues and no other"
  }
}

run "in_order_with_a_key" {
  variables {
    fifo        = true
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/1"
    account_id  = "123456789012"
  }

  assert {
    condition     = aws_sqs_queue.this.name == "shop-jobs.fifo" && aws_sqs_queue.dead.name == "shop-jobs_dead.fifo" && aws_sqs_queue.this.kms_master_key_id != null
    error_message = "both in order, by the key"
  }

  assert {
    condition     = output.statements[1].resources == ["arn:aws:kms:us-east-1:123456789012:key/1"]
    error_message = "the role may use the key"
  }
}

run "one_receive" {
  command = plan

  variables {
    max_receive_count = 1
  }

  expect_failures = [var.max_receive_count]
}

run "hidden_for_a_second" {
  command = plan

  variables {
    visibility_timeout = 1
  }

  expect_failures = [var.visibility_timeout]
}

run "kept_for_a_month" {
  command = plan

  variables {
    retention_seconds = 2592000
  }

  expect_failures = [var.retention_seconds]
}

run "no_name_of_a_queue" {
  command = plan

  variables {
    name = "shop.jobs"
  }

  expect_failures = [var.name]
}
