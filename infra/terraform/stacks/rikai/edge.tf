# The document has no domain, so CloudFront's own name gives TLS. The load balancer is internal: CloudFront reaches it by a VPC origin,
# and nobody walks around the edge.
module "alb" {
  source = "../../modules/alb"

  name                 = local.name
  vpc_id               = module.vpc.id
  subnet_ids           = module.vpc.private_subnet_ids
  internal             = true
  ingress              = { CloudFront = { prefix_list_id = local.cloudfront_prefix_list_id } }
  targets              = { api = { security_group_id = module.ecs.security_group_ids["api"], port = 8000 } }
  target_groups        = { api = { port = 8000, health_path = "/health" } }
  default_target_group = "api"
  idle_timeout         = 120 # twice what CloudFront waits
  access_log_bucket    = var.access_logs ? module.s3.names["logs"] : ""
  deletion_protection  = var.deletion_protection
  tags                 = local.tags
}

module "cloudfront" {
  source = "../../modules/cloudfront"

  providers = {
    aws           = aws
    aws.us_east_1 = aws.us_east_1
  }

  name           = local.name
  waf            = var.waf ? {} : null
  log_bucket_arn = var.access_logs ? module.s3.arns["logs"] : ""
  load_balancers = { api = { domain_name = module.alb.dns_name, arn = module.alb.arn } }
  distributions  = { api = { default = "api" } }
  tags           = local.tags
}

module "monitoring" {
  source = "../../modules/monitoring"

  name               = local.name
  region             = var.region
  container_insights = var.container_insights != "disabled"
  emails             = var.alarm_emails
  budget_usd         = var.budget_usd
  budget_tags        = ["user:Application$rikai"]
  queried_log_groups = [for service in ["api", "letta"] : module.ecs.log_group_names[service]]
  tags               = local.tags

  services       = { for service in ["api", "letta"] : service => { cluster = local.name, service = "${local.name}-${service}" } }
  load_balancers = { edge = { arn_suffix = module.alb.arn_suffix, target_group_arn_suffix = module.alb.target_group_arn_suffixes["api"] } }
}

module "github" {
  source = "../../modules/github-oidc"
  count  = var.github_repository == "" ? 0 : 1

  name         = local.name
  repository   = var.github_repository
  provider_arn = var.github_provider_arn
  tags         = local.tags

  deploy = {
    environment       = var.environment
    repository_arns   = [module.ecr.arn]
    cluster_arn       = module.ecs.cluster_arn
    service_arns      = values(module.ecs.service_arns)
    task_families     = values(module.ecs.task_families)
    pass_role_arns    = concat(values(module.ecs.task_role_arns), values(module.ecs.execution_role_arns))
    log_group_names   = values(module.ecs.log_group_names)
    distribution_arns = values(module.cloudfront.distribution_arns)
  }
}

locals {
  # The network of CloudFront's servers, as AWS publishes it per region. A data source would need an account to plan.
  cloudfront_prefix_list_id = var.cloudfront_prefix_list_id != "" ? var.cloudfront_prefix_list_id : lookup(
    { us-east-1 = "pl-3b927c52", us-west-2 = "pl-82a045eb" }, var.region, "pl-unknown"
  )
}
