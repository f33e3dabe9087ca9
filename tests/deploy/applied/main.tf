# The core modules together, as the stacks join them: what moto knows of them is applied.
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }
}

variable "endpoint" {
  type = string
}

variable "canary" {
  type      = string
  ephemeral = true
}

provider "aws" {
  region                      = "us-west-2"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  s3_use_path_style           = true

  endpoints {
    applicationautoscaling = var.endpoint
    cloudwatchlogs         = var.endpoint
    ec2                    = var.endpoint
    ecr                    = var.endpoint
    ecs                    = var.endpoint
    efs                    = var.endpoint
    elasticache            = var.endpoint
    elbv2                  = var.endpoint
    iam                    = var.endpoint
    rds                    = var.endpoint
    s3                     = var.endpoint
    secretsmanager         = var.endpoint
    servicediscovery       = var.endpoint
    sqs                    = var.endpoint
    ssm                    = var.endpoint
    sts                    = var.endpoint
    route53                = var.endpoint
  }
}

locals {
  name       = "applied-dev"
  region     = "us-west-2"
  account_id = "123456789012"
  tags       = { Application = "applied" }
}

module "vpc" {
  source = "../../modules/vpc"

  name               = local.name
  region             = local.region
  cidr               = "10.0.0.0/16"
  availability_zones = ["us-west-2a"]
  tags               = local.tags
}

module "s3" {
  source = "../../modules/s3"

  buckets = { documents = { name = "applied-documents", cors_origins = ["https://applied.example"], force_destroy = true } }
  tags    = local.tags
}

module "ecr" {
  source = "../../modules/ecr"

  name         = "applied"
  region       = local.region
  account_id   = local.account_id
  force_delete = true
  tags         = local.tags
}

module "sqs" {
  source = "../../modules/sqs"

  name       = "applied-jobs"
  region     = local.region
  account_id = local.account_id
  tags       = local.tags
}

module "secrets" {
  source = "../../modules/secrets"

  prefix               = "applied"
  region               = local.region
  account_id           = local.account_id
  recovery_window_days = 0
  tags                 = local.tags

  secrets = {
    jwt = { description = "Signs tokens", variables = { JWT_SECRET = "" }, value_version = 1 }
    url = { description = "URL of the database", store = "ssm", variables = { DATABASE_URL = "" }, value_version = 1 }
  }
  values = { jwt = var.canary, url = "postgresql://app:${urlencode(var.canary)}@${module.rds.host}:5432/app" }
}

module "rds" {
  source = "../../modules/rds"

  name                   = local.name
  vpc_id                 = module.vpc.id
  subnet_ids             = module.vpc.private_subnet_ids
  client_security_groups = { api = module.ecs.security_group_ids["api"] }
  instance_class         = "db.t4g.micro"
  database_name          = "app"
  password               = var.canary
  password_version       = 1
  deletion_protection    = false
  final_snapshot         = false
  tags                   = local.tags
}

module "alb" {
  source = "../../modules/alb"

  name                 = local.name
  vpc_id               = module.vpc.id
  subnet_ids           = module.vpc.private_subnet_ids
  internal             = true
  ingress              = { network = { cidr = "10.0.0.0/16" } }
  targets              = { api = { security_group_id = module.ecs.security_group_ids["api"], port = 8000 } }
  target_groups        = { api = { port = 8000, health_path = "/health" } }
  default_target_group = "api"
  deletion_protection  = false
  tags                 = local.tags
}

module "ecs" {
  source = "../../modules/ecs"

  name            = local.name
  region          = local.region
  account_id      = local.account_id
  vpc_id          = module.vpc.id
  namespace       = "applied.local"
  repository_arns = [module.ecr.arn]
  tags            = local.tags

  services = {
    api = {
      cpu            = 256
      memory         = 512
      subnet_ids     = module.vpc.placement_private_subnet_ids
      discovery      = "api"
      load_balancers = { api = { target_group_arn = module.alb.target_group_arns["api"], container = "api", port = 8000 } }
      ingress        = { balancer = { port = 8000, security_group_id = module.alb.security_group_id } }
      egress         = { https = { port = 443, cidr = "0.0.0.0/0" }, database = { port = 5432, security_group_id = module.rds.security_group_id } }

      statements     = concat(module.s3.statements["documents"], module.sqs.statements)
      volumes        = { data = {} }
      containers = {
        api = {
          image       = "applied@sha256:0000000000000000000000000000000000000000000000000000000000000000"
          port        = 8000
          environment = { AWS_S3_BUCKET = module.s3.names["documents"] }
          secrets     = module.secrets.variables
          mounts      = { data = { path = "/data" } }
        }
      }
    }
  }
}

output "database_host" {
  value = module.rds.host
}

output "queue_url" {
  value = module.sqs.url
}
