output "bucket" {
  description = "Name of the bucket: `terraform init -backend-config=bucket=…` of every stack."
  value       = aws_s3_bucket.state.id
}

output "bucket_arn" {
  description = "ARN of the bucket."
  value       = aws_s3_bucket.state.arn
}
