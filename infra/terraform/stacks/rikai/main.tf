# RikaiOS on AWS: ARCHITECTURE.md has the picture that these files follow.
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
  name = "rikaios-${var.environment}"
  tags = { Application = "rikai", Environment = var.environment, ManagedBy = "terraform" }
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

# One database for records, vectors and agents; `slipway migrate` enables pgvector (CREATE EXTENSION).
module "aurora" {
  source = "../../modules/aurora"

  name                   = local.name
  vpc_id                 = module.vpc.id
  subnet_ids             = module.vpc.private_subnet_ids
  client_security_groups = { for service in ["api", "letta", "migrate"] : service => module.ecs.security_group_ids[service] }
  min_capacity           = var.aurora_min_capacity
  max_capacity           = var.aurora_max_capacity
  instance_count         = var.aurora_instance_count
  database_name          = "rikai"
  username               = "rikai_owner"
  password               = var.database_owner_password
  password_version       = var.database_password_version
  deletion_protection    = var.deletion_protection
  final_snapshot         = var.deletion_protection
  tags                   = local.tags
}

module "s3" {
  source = "../../modules/s3"

  account_id = var.account_id
  buckets = merge(
    { documents = { name = "${var.bucket_prefix}rikaios-documents-${var.environment}", force_destroy = !var.deletion_protection } },
    !var.access_logs ? {} : {
      # URLs stand in them, so they are not kept for long.
      logs = {
        name                        = "${var.bucket_prefix}rikaios-logs-${var.environment}"
        versioning                  = false
        expire_days                 = 30
        receives_load_balancer_logs = true
        receives_access_logs        = true
        force_destroy               = true
      }
    }
  )
  access_log_bucket = var.access_logs ? "logs" : ""
  tags              = local.tags
}

module "ecr" {
  source = "../../modules/ecr"

  name       = var.environment == "prod" ? "rikaios" : "rikaios-${var.environment}"
  region     = var.region
  account_id = var.account_id
  tags       = local.tags
}

# Terraform owns the names, people the values: `terraform output secrets_by_hand` says which and how. Parameters have no price.
module "secrets" {
  source = "../../modules/secrets"

  prefix     = "/rikaios/${var.environment}"
  region     = var.region
  account_id = var.account_id
  tags       = local.tags

  secrets = merge(
    { for name, variable in var.model_keys : name => { store = "ssm", description = "Key of a model", variables = { (variable) = "" } } },
    {
      jwt-secret            = { store = "ssm", description = "Signs tokens, 32 bytes or more", variables = { JWT_SECRET = "" } }
      letta-server-password = { store = "ssm", description = "Password of /v1, 32 bytes or more", variables = { LETTA_SERVER_PASSWORD = "" } }
      postgres-url = {
        store         = "ssm"
        description   = "URL of the role that the application runs as, user and password URL-encoded"
        variables     = { RIKAI_POSTGRES_URL = "" }
        value_version = var.database_password_version
      }
      postgres-owner-url = {
        store         = "ssm"
        description   = "URL of the owner's role, which migrates"
        variables     = { RIKAI_POSTGRES_OWNER_URL = "" }
        value_version = var.database_password_version
      }
    }
  )
  values = {
    postgres-url       = "postgresql://rikai:${urlencode(coalesce(var.database_password, "-"))}@${local.database}${local.sleep}"
    postgres-owner-url = "postgresql://rikai_owner:${urlencode(coalesce(var.database_owner_password, "-"))}@${local.database}"
  }
}

locals {
  database = "${module.aurora.host}:${module.aurora.port}/rikai?sslmode=verify-full&sslrootcert=/etc/ssl/certs/rds-global-bundle.pem"
  sleep    = var.aurora_min_capacity == 0 ? "&idle=drain" : "" # no connection is held that would keep the cluster awake
}
