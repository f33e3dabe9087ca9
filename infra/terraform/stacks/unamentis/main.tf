# UnaMentis on AWS: network, database, queue, core service and secrets. Functions and their API are infra/sam's (or functions.tf's, for who
# wants one tool); Cloudflare stands in front of both. ARCHITECTURE.md has the picture.
provider "aws" {
  region = var.region

  default_tags {
    tags = local.tags
  }
}

locals {
  name   = "unamentis-${var.environment}"
  tags   = { Application = "unamentis", Environment = var.environment, ManagedBy = "terraform" }
  alb    = var.ingress == "alb"
  edge   = local.alb ? ["edge"] : []                   # written out below: a loop over a module waits for all of it
  tunnel = var.ingress == "tunnel" || var.domain != "" # the admin console is always reached by the tunnel
}

module "vpc" {
  source = "../../modules/vpc"

  name                    = local.name
  region                  = var.region
  cidr                    = var.vpc_cidr
  availability_zones      = var.availability_zones
  nat                     = var.nat
  flow_log_retention_days = var.log_retention_days
  tags                    = local.tags
}

# Terraform owns the names, people the values: `terraform output secrets_by_hand` says which and how.
module "secrets" {
  source = "../../modules/secrets"

  prefix     = local.name
  region     = var.region
  account_id = var.account_id
  tags       = local.tags

  secrets = merge(
    {
      database = {
        description = "URLs of the database, user and password URL-encoded: the application's role, the owner's"
        variables   = { DATABASE_URL = "DATABASE_URL", DATABASE_OWNER_URL = "DATABASE_OWNER_URL" }
      }
      auth = {
        description = "What signs tokens (32 bytes or more), and the tokens of beta testers, parted by commas"
        variables   = { JWT_SECRET = "JWT_SECRET", BETA_TOKENS = "BETA_TOKENS" }
      }
      models = {
        description = "Keys of the models"
        variables   = { for key in ["OPENAI_API_KEY", "ANTHROPIC_API_KEY"] : key => key }
      }
    },
    { for key in ["tunnel"] : key => {
      description = "Token of the Cloudflare Tunnel (scripts/cloudflare.py prints it)", variables = { TUNNEL_TOKEN = "" }
    } if local.tunnel },
  )
}

module "rds" {
  source = "../../modules/rds"

  name                   = local.name
  vpc_id                 = module.vpc.id
  subnet_ids             = module.vpc.private_subnet_ids
  client_security_groups = merge(module.ecs.security_group_ids, { functions = aws_security_group.functions.id })
  instance_class         = var.rds_instance_class
  allocated_storage      = var.rds_allocated_storage
  multi_az               = var.rds_multi_az
  availability_zone      = var.rds_multi_az ? "" : var.availability_zones[0]
  database_name          = "unamentis"
  username               = "unamentis_owner"
  deletion_protection    = var.deletion_protection
  final_snapshot         = var.deletion_protection
  tags                   = local.tags
}

# Imports come as messages; a worker that is told to stop returns what it holds.
module "sqs" {
  source = "../../modules/sqs"

  name               = "${local.name}-jobs"
  region             = var.region
  visibility_timeout = 180
  max_receive_count  = 3
  tags               = local.tags
}

module "s3" {
  source = "../../modules/s3"

  tags = local.tags

  buckets = {
    tts      = { name = "${var.bucket_prefix}unamentis-tts-${var.environment}", versioning = false, expire_days = 90 } # a cache can be made anew
    packages = { name = "${var.bucket_prefix}unamentis-packages-${var.environment}" }
  }
}

module "ecr" {
  source = "../../modules/ecr"

  name = var.environment == "prod" ? "unamentis-core" : "unamentis-core-${var.environment}"
  tags = local.tags
}

module "monitoring" {
  source = "../../modules/monitoring"

  name               = local.name
  region             = var.region
  container_insights = var.container_insights != "disabled"
  emails             = var.alarm_emails
  tracing            = { rate = 0.05, url_path = "/api/*" }
  budget_usd         = var.budget_usd
  budget_tags        = ["user:Application$unamentis"]
  anomaly_usd        = var.anomaly_usd
  queried_log_groups = values(module.ecs.log_group_names)
  tags               = local.tags

  services  = { core = { cluster = local.name, service = "${local.name}-core" } }
  databases = { database = { identifier = module.rds.identifier, connections = 60 } }
  queues    = { jobs = { queue = module.sqs.name, dead_letters = module.sqs.dead_name } }
  functions = { for key in local.function_names : key => "${local.name}-${key}" }
  apis      = { for key in ["api"] : key => module.lambda["functions"].api_id if local.functions_here }

  load_balancers = { for key in local.edge : key => {
    arn_suffix = module.alb["edge"].arn_suffix, target_group_arn_suffix = module.alb["edge"].target_group_arn_suffixes["core"]
  } }
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
    bucket_arns     = [module.s3.arns["packages"]]
  }
}
