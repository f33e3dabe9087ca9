# W.W.H.D. on AWS: ARCHITECTURE.md has the picture that these files follow.
provider "aws" {
  region = var.region

  default_tags {
    tags = local.tags
  }
}

locals {
  # dev is the shape that the document writes down, and has its names: cluster wwhd-cluster, service and family wwhd-backend.
  suffix = var.environment == "dev" ? "" : "-${var.environment}"
  name   = "wwhd-${var.environment}"
  files  = var.database == "files"
  api    = var.domain == "" ? "" : "api.${var.domain}"
  zone   = var.domain == "" ? null : var.create_zone ? { id = aws_route53_zone.this[0].zone_id } : var.zone_id == "" ? null : { id = var.zone_id }
  tags   = { Application = "wwhd", Environment = var.environment, ManagedBy = "terraform" }
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

resource "aws_route53_zone" "this" {
  count = var.domain != "" && var.create_zone ? 1 : 0

  name    = var.domain
  comment = "W.W.H.D., ${var.environment}"

  tags = merge(local.tags, { Name = var.domain })
}

module "ecr" {
  source = "../../modules/ecr"

  name       = "wwhd-backend${local.suffix}"
  region     = var.region
  account_id = var.account_id
  tags       = local.tags
}

module "s3" {
  source = "../../modules/s3"

  buckets = merge(
    { documents = { name = "${var.bucket_prefix}wwhd-documents${local.suffix}", force_destroy = !var.deletion_protection } },
    !var.access_logs ? {} : {
      # A ticket of a WebSocket, good for a minute, stands in its URL: they are not kept for long.
      logs = {
        name                        = "${var.bucket_prefix}wwhd-logs${local.suffix}"
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

# Terraform owns the names, people the values: `terraform output secrets_by_hand` says which and how.
module "secrets" {
  source = "../../modules/secrets"

  prefix               = "wwhd${local.suffix}"
  region               = var.region
  account_id           = var.account_id
  recovery_window_days = var.deletion_protection ? 30 : 7
  tags                 = local.tags

  secrets = merge(
    {
      openai = { description = "Key of OpenAI: chat and embeddings", variables = { OPENAI_API_KEY = "" } }
      jwt    = { description = "Signs tokens, 32 bytes or more", variables = { JWT_SECRET = "" } }
    },
    local.files ? {} : {
      database = {
        description   = "URLs of the database, user and password URL-encoded: the application's role, and the owner's, which migrates"
        variables     = { DATABASE_URL = "DATABASE_URL", DATABASE_OWNER_URL = "DATABASE_OWNER_URL" }
        value_version = var.database_password_version
      }
    }
  )
  values = {
    database = jsonencode({
      DATABASE_URL       = "postgresql://wwhd:${urlencode(coalesce(var.database_password, "-"))}@${local.database}"
      DATABASE_OWNER_URL = "postgresql://wwhd_owner:${urlencode(coalesce(var.database_owner_password, "-"))}@${local.database}"
    })
  }
}
