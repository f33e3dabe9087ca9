# deepscifi.app: the pages, and /api/* streamed from the load balancer. api. is the server whole, assets. the media, on a host of their own.
module "cloudfront" {
  source = "../../modules/cloudfront"

  providers = {
    aws           = aws
    aws.us_east_1 = aws.us_east_1
  }

  name               = local.name
  domain             = var.domain
  create_zone        = var.create_zone
  zone_id            = var.zone_id
  origin_certificate = true
  log_bucket_arn     = var.access_logs ? module.s3.arns["logs"] : ""
  waf                = var.waf ? { retention_days = var.log_retention_days } : null
  tags               = local.tags

  buckets        = { frontend = module.s3.domains["frontend"], assets = module.s3.domains["assets"] }
  load_balancers = { api = { domain_name = module.alb.dns_name, arn = module.alb.arn, https = var.domain != "" } }

  distributions = {
    site   = { hosts = ["@"], default = "frontend", paths = [{ pattern = "/api/*", origin = "api" }], pages = "export" }
    api    = { hosts = ["api"], default = "api" }
    assets = { hosts = ["assets"], default = "assets", media = true }
  }
}
