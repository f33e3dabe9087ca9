# Option B of the document: GitHub's workflows, which need no key that could leak.
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
    bucket_arns       = [module.s3.arns["gui"]]
    distribution_arns = values(module.cloudfront.distribution_arns)
  }
}

# Option A: CodePipeline and CodeBuild, where AWS should hold the pipeline, too.
module "codepipeline" {
  source = "../../modules/codepipeline"
  count  = var.codepipeline_repository == "" ? 0 : 1

  name             = local.name
  repository       = var.codepipeline_repository
  artifact_bucket  = { name = module.pipeline_bucket[0].names["pipeline"], arn = module.pipeline_bucket[0].arns["pipeline"] }
  image_repository = { url = module.ecr.repository_url, arn = module.ecr.arn }
  service_arns     = values(module.ecs.service_arns)
  pass_role_arns   = concat(values(module.ecs.task_role_arns), values(module.ecs.execution_role_arns))
  approve_by_hand  = var.environment == "prod"
  verify           = var.domain == "" ? null : { url = "https://api.${var.domain}", app = "/apps/postmagiq" }
  tags             = local.tags

  services = merge(
    { api = { cluster = local.name, service = "${local.name}-api", container = "api" } },
    var.worker ? { worker = { cluster = local.name, service = "${local.name}-worker", container = "worker", order = 2 } } : {},
  )
}

module "pipeline_bucket" {
  source = "../../modules/s3"
  count  = var.codepipeline_repository == "" ? 0 : 1

  tags    = local.tags
  buckets = { pipeline = { name = "${var.bucket_prefix}postmagiq-pipeline-${var.environment}", expire_days = 30 } }
}
