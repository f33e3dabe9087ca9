locals {
  arns = { for purpose, bucket in var.buckets : purpose => "arn:aws:s3:::${bucket.name}" }

  refuse_without_tls = {
    for purpose, arn in local.arns : purpose => [{
      Sid       = "RefuseWithoutTls"
      Effect    = "Deny"
      Principal = { AWS = "*" }
      Action    = ["s3:*"]
      Resource  = [arn, "${arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  }
  read_by_cloudfront = {
    for purpose, arn in local.arns : purpose => [
      for reader in try([var.cloudfront_readers[purpose]], []) : {
        Sid       = "ReadByCloudFront"
        Effect    = "Allow"
        Principal = { Service = "cloudfront.amazonaws.com" }
        Action    = ["s3:GetObject"]
        Resource  = ["${arn}/${reader.prefix}*"]
        Condition = { StringEquals = { "aws:SourceArn" = reader.distribution_arns } }
      }
    ]
  }
  take_logs = {
    for purpose, bucket in var.buckets : purpose => concat(
      bucket.receives_load_balancer_logs ? [{
        Sid       = "TakeLoadBalancerLogs"
        Effect    = "Allow"
        Principal = { Service = "logdelivery.elasticloadbalancing.amazonaws.com" }
        Action    = ["s3:PutObject"]
        Resource  = ["${local.arns[purpose]}/*"]
      }] : [],
      bucket.receives_access_logs ? [{
        Sid       = "TakeAccessLogs"
        Effect    = "Allow"
        Principal = { Service = "logging.s3.amazonaws.com" }
        Action    = ["s3:PutObject"]
        Resource  = ["${local.arns[purpose]}/s3/*"]
        Condition = { ArnLike = { "aws:SourceArn" = values(local.arns) } }
      }] : [],
      bucket.receives_access_logs ? [{
        Sid       = "TakeEdgeLogs"
        Effect    = "Allow"
        Principal = { Service = "delivery.logs.amazonaws.com" }
        Action    = ["s3:PutObject"]
        Resource  = ["${local.arns[purpose]}/*"]
        Condition = {
          StringEquals = { "s3:x-amz-acl" = "bucket-owner-full-control" }
          ArnLike      = { "aws:SourceArn" = "arn:aws:logs:us-east-1:${var.account_id == "" ? "*" : var.account_id}:delivery-source:*" }
        }
      }] : []
    )
  }
}

resource "aws_s3_bucket_policy" "this" {
  for_each = var.buckets

  bucket = aws_s3_bucket.this[each.key].id

  # Encoded one by one: lists of statements of different shapes are of no common type.
  policy = format("{\"Version\":\"2012-10-17\",\"Statement\":[%s]}", join(",", concat(
    [for statement in local.refuse_without_tls[each.key] : jsonencode(statement)],
    [for statement in local.read_by_cloudfront[each.key] : jsonencode(statement)],
    [for statement in local.take_logs[each.key] : jsonencode(statement)]
  )))

  depends_on = [aws_s3_bucket_public_access_block.this]
}
