# The front end: built from GitHub on every push, a preview for each branch. Which repository it is is said once, in Amplify's console or by
# its CLI, since that needs a token of GitHub's.
module "amplify" {
  source = "../../modules/amplify"
  count  = var.front_end ? 1 : 0

  name   = local.name
  domain = var.domain
  environment = {
    NEXT_PUBLIC_API_URL = module.alb.url
    NEXT_PUBLIC_WS_URL  = replace(module.alb.url, "/^http/", "ws")
  }
  tags = local.tags
}

module "monitoring" {
  source = "../../modules/monitoring"

  name               = local.name
  region             = var.region
  container_insights = var.container_insights != "disabled"
  emails             = var.alarm_emails
  budget_usd         = var.budget_usd
  budget_tags        = ["user:Application$wwhd"]
  queried_log_groups = [module.ecs.log_group_names["backend"]]
  tags               = local.tags

  services       = { backend = { cluster = "wwhd-cluster${local.suffix}", service = "wwhd-backend${local.suffix}" } }
  load_balancers = { edge = { arn_suffix = module.alb.arn_suffix, target_group_arn_suffix = module.alb.target_group_arn_suffixes["backend"] } }
  databases      = local.files ? {} : { database = { identifier = module.rds[0].identifier } }
}

module "github" {
  source = "../../modules/github-oidc"
  count  = var.github_repository == "" ? 0 : 1

  name         = local.name
  repository   = var.github_repository
  provider_arn = var.github_provider_arn
  tags         = local.tags

  deploy = {
    environment     = var.environment
    repository_arns = [module.ecr.arn]
    cluster_arn     = module.ecs.cluster_arn
    service_arns    = values(module.ecs.service_arns)
    task_families   = values(module.ecs.task_families)
    pass_role_arns  = concat(values(module.ecs.task_role_arns), values(module.ecs.execution_role_arns))
    log_group_names = values(module.ecs.log_group_names)
  }
}
