# Deep Sci-Fi on AWS: ARCHITECTURE.md has the picture that these files follow.
provider "aws" {
  region = var.region

  default_tags {
    tags = local.tags
  }
}

# Certificates and firewalls of CloudFront live there, wherever the rest is.
provider "aws" {
  alias  = "us_east_1"
  region = "us-east-1"

  default_tags {
    tags = local.tags
  }
}

locals {
  name   = "deepscifi-${var.environment}"
  suffix = var.environment == "prod" ? "" : "-${var.environment}" # prod has the document's own names
  tags   = { Application = "deepscifi", Environment = var.environment, ManagedBy = "terraform" }
}

module "ecr" {
  source = "../../modules/ecr"

  name = "deepscifi${local.suffix}"
  tags = local.tags
}

# Terraform owns the names, people the values: `terraform output secrets_by_hand` says which and how.
module "secrets" {
  source = "../../modules/secrets"

  prefix     = local.name
  region     = var.region
  account_id = var.account_id
  tags       = local.tags

  secrets = {
    anthropic = { description = "Key of Anthropic", variables = { ANTHROPIC_API_KEY = "" } }
    openai    = { description = "Key of OpenAI", variables = { OPENAI_API_KEY = "" } }
    jwt       = { description = "Signs tokens, 32 bytes or more", variables = { JWT_SECRET = "" } }
    letta     = { description = "Password of /v1, 32 bytes or more", variables = { LETTA_SERVER_PASSWORD = "" } }
    database = {
      description = "URLs of the database, user and password URL-encoded: the application's role, the agents', the owner's"
      variables   = { DATABASE_URL = "DATABASE_URL", LETTA_PG_URI = "LETTA_PG_URI", DATABASE_OWNER_URL = "DATABASE_OWNER_URL" }
    }
  }
}

module "monitoring" {
  source = "../../modules/monitoring"

  name               = local.name
  region             = var.region
  container_insights = var.container_insights != "disabled"
  emails             = var.alarm_emails
  budget_usd         = var.budget_usd
  budget_tags        = ["user:Application$deepscifi"]
  anomaly_usd        = var.anomaly_usd
  queried_log_groups = [for name in values(module.ecs.log_group_names) : name]
  tags               = local.tags

  services       = { letta = { cluster = local.name, service = "${local.name}-letta" } }
  load_balancers = { edge = { arn_suffix = module.alb.arn_suffix, target_group_arn_suffix = module.alb.target_group_arn_suffixes["letta"] } }
  databases      = { database = { identifier = module.rds.identifier } }
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
    bucket_arns       = [module.s3.arns["frontend"]]
    distribution_arns = values(module.cloudfront.distribution_arns)
  }
}
