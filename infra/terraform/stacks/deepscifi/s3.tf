module "s3" {
  source = "../../modules/s3"

  tags = local.tags

  buckets = {
    frontend = { name = "${var.bucket_prefix}deepscifi-frontend${local.suffix}" }
    assets = {
      name         = "${var.bucket_prefix}deepscifi-assets${local.suffix}"
      cors_origins = var.domain == "" ? [] : ["https://${var.domain}"]
      cors_methods = ["GET", "HEAD", "POST"] # browsers post the signed forms to the bucket itself
    }
  }

  # CloudFront reads the build whole, and of the media only what is public; nobody else reads anything.
  cloudfront_readers = {
    frontend = { distribution_arns = module.cloudfront.readers["frontend"] }
    assets   = { distribution_arns = module.cloudfront.readers["assets"], prefix = "public/" }
  }
}
