module "s3" {
  source = "../../modules/s3"

  tags = local.tags

  buckets = merge(
    {
      frontend = { name = "${var.bucket_prefix}deepscifi-frontend${local.suffix}" }
      assets = {
        name         = "${var.bucket_prefix}deepscifi-assets${local.suffix}"
        cors_origins = var.domain == "" ? [] : ["https://${var.domain}"]
        cors_methods = ["GET", "HEAD", "POST"] # browsers post the signed forms to the bucket itself
      }
    },
    !var.access_logs ? {} : {
      # URLs stand in them, so they are not kept for long.
      logs = {
        name                        = "${var.bucket_prefix}deepscifi-logs-${var.environment}", versioning = false, expire_days = 30
        receives_load_balancer_logs = true, receives_access_logs = true
      }
    },
  )

  account_id        = var.account_id
  access_log_bucket = var.access_logs ? "logs" : ""

  # CloudFront reads the build whole, and of the media only what is public; nobody else reads anything.
  cloudfront_readers = {
    frontend = { distribution_arns = module.cloudfront.readers["frontend"] }
    assets   = { distribution_arns = module.cloudfront.readers["assets"], prefix = "public/" }
  }
}
