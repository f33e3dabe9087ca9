output "names" {
  description = "Names, by purpose."
  value       = { for purpose, bucket in aws_s3_bucket.this : purpose => bucket.bucket }
}

output "arns" {
  description = "ARNs, by purpose."
  value       = local.arns
}

output "domains" {
  description = "Regional hosts, by purpose, as CloudFront's origins."
  value       = { for purpose, bucket in aws_s3_bucket.this : purpose => bucket.bucket_regional_domain_name }
}

output "statements" {
  description = "Statements of a role that reads and writes, by purpose; for the ecs module."
  value = {
    for purpose, arn in local.arns : purpose => concat(
      [
        {
          sid       = "List${replace(title(replace(purpose, "/[^a-z0-9]/", " ")), " ", "")}"
          actions   = ["s3:ListBucket"]
          resources = [arn]
          condition = {}
        },
        {
          sid       = "Use${replace(title(replace(purpose, "/[^a-z0-9]/", " ")), " ", "")}"
          actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:PutObjectTagging"]
          resources = ["${arn}/*"]
          condition = {}
        }
      ],
      !local.kms[purpose] ? [] : [{
        sid       = "UseKeyOf${replace(title(replace(purpose, "/[^a-z0-9]/", " ")), " ", "")}"
        actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
        resources = [var.kms_key_arn]
        condition = {}
      }]
    )
  }
}
