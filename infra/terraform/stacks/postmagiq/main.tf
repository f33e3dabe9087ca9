# Postmagiq on AWS: ARCHITECTURE.md has the picture that this file follows, from the network up to the pipeline.
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
  name = "postmagiq-${var.environment}"
  path = var.environment == "prod" ? "postmagiq" : local.name # prod has the document's own names of secrets
  tags = { Application = "postmagiq", Environment = var.environment, ManagedBy = "terraform" }
}

module "vpc" {
  source = "../../modules/vpc"

  name                    = local.name
  region                  = var.region
  cidr                    = var.vpc_cidr
  availability_zones      = var.availability_zones
  nat                     = var.nat
  nat_per_zone            = var.nat_per_zone
  flow_log_retention_days = var.log_retention_days
  tags                    = local.tags
}

# Terraform owns the names, people the values: `terraform output secrets_by_hand` says which and how.
module "secrets" {
  source = "../../modules/secrets"

  prefix     = local.path
  region     = var.region
  account_id = var.account_id
  tags       = local.tags

  secrets = {
    db-credentials = {
      description = "username and password (what the proxy signs in with), and the URLs made of them, URL-encoded; the cache's with its token"
      variables = {
        POSTGRES_PASSWORD = "password", DATABASE_URL = "DATABASE_URL", DATABASE_OWNER_URL = "DATABASE_OWNER_URL", REDIS_URL = "REDIS_URL"
      }
    }
    jwt-secret = { description = "Signs tokens, 32 bytes or more", variables = { JWT_SECRET = "" } }
    stripe     = { description = "Payments", variables = { STRIPE_SECRET_KEY = "STRIPE_SECRET_KEY", STRIPE_WEBHOOK_SECRET = "STRIPE_WEBHOOK_SECRET" } }
    smtp       = { description = "Mail: the URL with user and password, URL-encoded", variables = { SMTP_URL = "" } }
    llm-keys = {
      description = "Keys of the models; Groq's is the one that must be there"
      variables   = { for key in ["GROQ_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "OPENAI_API_KEY"] : key => key }
    }
  }
}

module "rds" {
  source = "../../modules/rds"

  name                   = local.name
  vpc_id                 = module.vpc.id
  subnet_ids             = module.vpc.private_subnet_ids
  client_security_groups = module.ecs.security_group_ids
  engine_version         = "16"
  instance_class         = var.rds_instance_class
  allocated_storage      = var.rds_allocated_storage
  max_allocated_storage  = 2 * var.rds_allocated_storage
  multi_az               = var.rds_multi_az
  availability_zone      = var.rds_multi_az ? "" : var.availability_zones[0]
  database_name          = "postmagiq"
  username               = "postmagiq_owner"
  proxy                  = var.rds_proxy ? { secret_arns = { application = module.secrets.arns["db-credentials"] }, require_iam = var.rds_proxy_iam } : null
  deletion_protection    = var.deletion_protection
  final_snapshot         = var.deletion_protection
  tags                   = local.tags
}

module "elasticache" {
  source = "../../modules/elasticache"

  name                   = local.name
  vpc_id                 = module.vpc.id
  subnet_ids             = module.vpc.private_subnet_ids
  client_security_groups = module.ecs.security_group_ids
  engine                 = var.redis_engine
  node_type              = var.redis_node_type
  node_count             = var.redis_node_count
  tags                   = local.tags
}

module "ecr" {
  source = "../../modules/ecr"

  name = local.path
  tags = local.tags
}

# The load balancer is internal: CloudFront reaches it by a VPC origin, and nobody walks around the edge and its firewall.
module "alb" {
  source = "../../modules/alb"

  name          = local.name
  vpc_id        = module.vpc.id
  subnet_ids    = module.vpc.private_subnet_ids
  internal      = true
  ingress       = { CloudFront = { prefix_list_id = local.cloudfront_prefix_list_id } }
  targets       = { api = { security_group_id = module.ecs.security_group_ids["api"], port = 8000 } }
  certificate   = module.cloudfront.origin_certificate
  target_groups = { api = { port = 8000, health_path = "/api/health" } }
  rules         = { api = { priority = 10, target_group = "api", paths = ["/api/*"] } }
  # CloudFront asks by the host that the visitor named, and believes no other certificate.
  additional_certificate_arns = var.tenant_domains
  access_log_bucket           = var.access_logs ? module.s3.names["logs"] : ""
  idle_timeout                = 120 # twice what CloudFront waits
  deletion_protection         = var.deletion_protection
  tags                        = local.tags
}

module "s3" {
  source = "../../modules/s3"

  tags = local.tags

  buckets = merge(
    {
      gui       = { name = "${var.bucket_prefix}postmagiq-gui-${var.environment}" }
      artifacts = { name = "${var.bucket_prefix}postmagiq-artifacts-${var.environment}" }
      sessions  = { name = "${var.bucket_prefix}postmagiq-sessions-${var.environment}", versioning = false, expire_days = 35 }
    },
    !var.access_logs ? {} : {
      # URLs stand in them, so they are not kept for long.
      logs = {
        name                        = "${var.bucket_prefix}postmagiq-logs-${var.environment}", versioning = false, expire_days = 30
        receives_load_balancer_logs = true, receives_access_logs = true
      }
    },
  )

  account_id        = var.account_id
  access_log_bucket = var.access_logs ? "logs" : ""

  cloudfront_readers = { gui = { distribution_arns = module.cloudfront.readers["gui"] } }
}

# / is the GUI, /api/* the API; customers' own domains are distributions of their own, each with its certificate.
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
  waf                = var.waf ? { managed_rules = var.waf_managed_rules, retention_days = var.log_retention_days } : null
  tags               = local.tags

  buckets        = { gui = module.s3.domains["gui"] }
  load_balancers = { api = { domain_name = module.alb.dns_name, arn = module.alb.arn, https = var.domain != "" } }

  distributions = merge(
    {
      site = { hosts = ["@"], default = "gui", paths = [{ pattern = "/api/*", origin = "api" }], pages = "single" }
      api  = { hosts = ["api"], default = "api" }
    },
    { for host, certificate_arn in var.tenant_domains : host => {
      domain = host, certificate_arn = certificate_arn, default = "gui", paths = [{ pattern = "/api/*", origin = "api" }], pages = "single"
    } },
  )
}

module "monitoring" {
  source = "../../modules/monitoring"

  name               = local.name
  region             = var.region
  container_insights = var.container_insights != "disabled"
  emails             = var.alarm_emails
  tracing            = var.tracing ? {} : null
  budget_usd         = var.budget_usd
  budget_tags        = ["user:Application$postmagiq"]
  anomaly_usd        = var.anomaly_usd
  queried_log_groups = values(module.ecs.log_group_names)
  tags               = local.tags

  services = merge(
    { api = { cluster = local.name, service = "${local.name}-api" } },
    var.worker ? { worker = { cluster = local.name, service = "${local.name}-worker" } } : {},
  )
  load_balancers = { edge = { arn_suffix = module.alb.arn_suffix, target_group_arn_suffix = module.alb.target_group_arn_suffixes["api"] } }
  databases      = { database = { identifier = module.rds.identifier } }
  caches         = { for number in range(1, var.redis_node_count + 1) : "cache-${number}" => format("%s-%03d", local.name, number) }
}
