mock_provider "aws" {}

variables {
  buckets = {
    documents = { name = "shop-documents" }
    assets    = { name = "shop-assets", cors_origins = ["https://shop.example"], cors_methods = ["GET", "POST"], expire_days = 90, expire_prefix = "drafts/" }
    logs      = { name = "shop-logs", versioning = false, receives_load_balancer_logs = true, receives_access_logs = true, expire_days = 30 }
  }
}

run "closed_by_default" {
  command = plan

  assert {
    condition = alltrue([
      for block in values(aws_s3_bucket_public_access_block.this) :
      block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets
    ]) && length(aws_s3_bucket_public_access_block.this) == 3
    error_message = "all four blocks, on every bucket"
  }

  assert {
    condition     = alltrue([for policy in values(aws_s3_bucket_policy.this) : jsondecode(policy.policy).Statement[0].Sid == "RefuseWithoutTls"])
    error_message = "nobody comes without TLS"
  }

  assert {
    condition     = length(jsondecode(aws_s3_bucket_policy.this["documents"].policy).Statement) == 1
    error_message = "nobody else is let in"
  }

  assert {
    condition     = alltrue([for lifecycle in values(aws_s3_bucket_lifecycle_configuration.this) : lifecycle.rule[0].abort_incomplete_multipart_upload[0].days_after_initiation == 7])
    error_message = "parts of uploads that never ended go"
  }

  assert {
    condition     = aws_s3_bucket_versioning.this["documents"].versioning_configuration[0].status == "Enabled" && !aws_s3_bucket.this["documents"].force_destroy
    error_message = "what was overwritten is kept"
  }

  assert {
    condition     = keys(aws_s3_bucket_cors_configuration.this) == ["assets"]
    error_message = "other pages read nothing unless told"
  }

  assert {
    condition     = output.statements["documents"][1].resources == ["arn:aws:s3:::shop-documents/*"]
    error_message = "a role's rights name one bucket"
  }
}

run "cloudfront_sees_a_part" {
  command = plan

  variables {
    cloudfront_readers = {
      assets = { distribution_arns = ["arn:aws:cloudfront::123456789012:distribution/E1"], prefix = "public/" }
    }
    access_log_bucket = "logs"
    kms_key_arn       = "arn:aws:kms:us-west-2:123456789012:key/1"
  }

  assert {
    condition = jsondecode(aws_s3_bucket_policy.this["assets"].policy).Statement[1] == {
      Sid       = "ReadByCloudFront", Effect = "Allow", Principal = { Service = "cloudfront.amazonaws.com" }, Action = ["s3:GetObject"]
      Resource  = ["arn:aws:s3:::shop-assets/public/*"]
      Condition = { StringEquals = { "aws:SourceArn" = ["arn:aws:cloudfront::123456789012:distribution/E1"] } }
    }
    error_message = "only this distribution, only below public/"
  }

  assert {
    condition = [for statement in jsondecode(aws_s3_bucket_policy.this["logs"].policy).Statement : statement.Sid] == [
      "RefuseWithoutTls", "TakeLoadBalancerLogs", "TakeAccessLogs", "TakeEdgeLogs"
    ]
    error_message = "services of AWS deliver logs to the bucket of the logs"
  }

  assert {
    condition     = keys(aws_s3_bucket_logging.this) == ["assets", "documents"]
    error_message = "the bucket of the logs does not log itself"
  }

  assert {
    condition = {
      for purpose, encryption in aws_s3_bucket_server_side_encryption_configuration.this : purpose => one(encryption.rule[*].apply_server_side_encryption_by_default[0].sse_algorithm)
    } == { documents = "aws:kms", assets = "aws:kms", logs = "AES256" }
    error_message = "the key, but where AWS delivers logs"
  }
}

run "every_page_may_read" {
  command = plan

  variables {
    buckets = { documents = { name = "shop-documents", cors_origins = ["*"] } }
  }

  expect_failures = [var.buckets]
}

run "no_name_of_a_bucket" {
  command = plan

  variables {
    buckets = { documents = { name = "Shop_Documents" } }
  }

  expect_failures = [var.buckets]
}

run "moved_too_early" {
  command = plan

  variables {
    buckets = { documents = { name = "shop-documents", infrequent_access_days = 7 } }
  }

  expect_failures = [var.buckets]
}
