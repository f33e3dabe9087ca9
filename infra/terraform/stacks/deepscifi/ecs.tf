# The load balancer is internal: CloudFront reaches it by a VPC origin, and nobody walks around the edge.
module "alb" {
  source = "../../modules/alb"

  name                = local.name
  vpc_id              = module.vpc.id
  subnet_ids          = module.vpc.private_subnet_ids
  internal            = true
  ingress             = { CloudFront = { prefix_list_id = local.cloudfront_prefix_list_id } }
  targets             = { letta = { security_group_id = module.ecs.security_group_ids["letta"], port = 8283 } }
  certificate         = module.cloudfront.origin_certificate
  target_groups       = { letta = { port = 8283, health_path = "/v1/health" } }
  rules               = { api = { priority = 10, target_group = "letta", paths = ["/api/*"] } }
  idle_timeout        = 120 # twice what CloudFront waits
  access_log_bucket   = var.access_logs ? module.s3.names["logs"] : ""
  deletion_protection = var.deletion_protection
  tags                = local.tags
}

module "ecs" {
  source = "../../modules/ecs"

  name               = local.name
  region             = var.region
  account_id         = var.account_id
  vpc_id             = module.vpc.id
  container_insights = var.container_insights
  log_retention_days = var.log_retention_days
  repository_arns    = [module.ecr.arn]
  tags               = local.tags

  services = {
    letta = merge(local.task, {
      desired_count  = var.ecs_desired_count
      spot           = var.ecs_spot
      alarms         = [module.monitoring.alarm_names["edge-5xx"]]
      grace_seconds  = 60
      load_balancers = { letta = { target_group_arn = module.alb.target_group_arns["letta"], container = "letta", port = 8283 } }
      ingress        = { balancer = { port = 8283, security_group_id = module.alb.security_group_id } }
      autoscaling    = { min = var.ecs_desired_count, max = max(var.ecs_max_count, var.ecs_desired_count), cpu_percent = 70, memory_percent = 80 }
      containers     = { letta = merge(local.container, { port = 8283 }) }
    })
    # Started by hand or by `slipway deploy --migrate`: it ends when the tables are there.
    migrate = merge(local.task, {
      run        = false
      statements = [] # it asks the database, and nothing else
      containers = { migrate = merge(local.container, { command = ["migrate"], secrets = module.secrets.variables }) }
    })
  }
}

locals {
  # The network of CloudFront's servers, as AWS publishes it per region. A data source would need an account to plan.
  cloudfront_prefix_list_id = var.cloudfront_prefix_list_id != "" ? var.cloudfront_prefix_list_id : lookup(
    { us-east-1 = "pl-3b927c52", us-west-2 = "pl-82a045eb" }, var.region, "pl-unknown"
  )

  task = {
    cpu        = var.ecs_cpu
    memory     = var.ecs_memory
    subnet_ids = module.vpc.placement_private_subnet_ids
    egress = {
      https    = { port = 443, cidr = "0.0.0.0/0" } # models, and AWS
      database = { port = 5432, security_group_id = module.rds.security_group_id }
    }
    volumes    = { data = {}, tmp = {} }
    statements = module.s3.statements["assets"]
  }

  container = {
    image = var.image
    environment = merge({
      APP_ENV           = var.environment == "prod" ? "production" : "staging"
      HOST              = "0.0.0.0"
      SLIPWAY_APP       = "/apps/deepscifi"
      LETTA_SERVER_PORT = "8283"
      AWS_S3_BUCKET     = module.s3.names["assets"]
      AWS_REGION        = var.region
    }, var.domain == "" ? {} : { NEXT_PUBLIC_ASSETS_URL = module.cloudfront.urls["assets"] })
    secrets = { for key, one in module.secrets.variables : key => one if key != "DATABASE_OWNER_URL" } # the migration's alone
    mounts  = { data = { path = "/data" }, tmp = { path = "/tmp" } }
  }
}
