locals {
  receives_logs = { for purpose, bucket in var.buckets : purpose => bucket.receives_load_balancer_logs || bucket.receives_access_logs }
  kms           = { for purpose in keys(var.buckets) : purpose => var.kms_key_arn != "" && !local.receives_logs[purpose] }
}

resource "aws_s3_bucket" "this" {
  for_each = var.buckets

  bucket        = each.value.name
  force_destroy = each.value.force_destroy

  tags = merge(var.tags, { Name = each.value.name, Purpose = each.key })
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = var.buckets

  bucket                  = aws_s3_bucket.this[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = var.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = var.buckets

  bucket = aws_s3_bucket.this[each.key].id

  versioning_configuration {
    status = each.value.versioning ? "Enabled" : "Suspended"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = var.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    bucket_key_enabled = local.kms[each.key]

    apply_server_side_encryption_by_default {
      sse_algorithm     = local.kms[each.key] ? "aws:kms" : "AES256"
      kms_master_key_id = local.kms[each.key] ? var.kms_key_arn : null
    }
  }
}

# Parts of an upload that never ended cost storage until they are removed.
resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = var.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    id     = "unfinished-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  dynamic "rule" {
    for_each = each.value.versioning ? [each.value.noncurrent_days] : []

    content {
      id     = "old-versions"
      status = "Enabled"

      filter {}

      noncurrent_version_expiration {
        noncurrent_days = rule.value
      }

      expiration {
        expired_object_delete_marker = true
      }
    }
  }

  dynamic "rule" {
    for_each = each.value.expire_days > 0 ? [each.value] : []

    content {
      id     = "expiration"
      status = "Enabled"

      filter {
        prefix = rule.value.expire_prefix
      }

      expiration {
        days = rule.value.expire_days
      }
    }
  }

  dynamic "rule" {
    for_each = each.value.infrequent_access_days > 0 ? [each.value.infrequent_access_days] : []

    content {
      id     = "infrequent-access"
      status = "Enabled"

      filter {}

      transition {
        days          = rule.value
        storage_class = "STANDARD_IA"
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_cors_configuration" "this" {
  for_each = { for purpose, bucket in var.buckets : purpose => bucket if length(bucket.cors_origins) > 0 }

  bucket = aws_s3_bucket.this[each.key].id

  cors_rule {
    allowed_origins = each.value.cors_origins
    allowed_methods = each.value.cors_methods
    allowed_headers = ["*"]
    expose_headers  = ["ETag"]
    max_age_seconds = 3600
  }
}

resource "aws_s3_bucket_logging" "this" {
  for_each = var.access_log_bucket == "" ? {} : { for purpose, bucket in var.buckets : purpose => bucket if !local.receives_logs[purpose] }

  bucket        = aws_s3_bucket.this[each.key].id
  target_bucket = aws_s3_bucket.this[var.access_log_bucket].id
  target_prefix = "s3/${each.value.name}/"
}
