# Two services of one image: `api` behind the load balancer, `letta` for the api and the command line inside the network only.
module "ecs" {
  source = "../../modules/ecs"

  name               = local.name
  region             = var.region
  account_id         = var.account_id
  vpc_id             = module.vpc.id
  namespace          = "${local.name}.local"
  container_insights = var.container_insights
  log_retention_days = var.log_retention_days
  repository_arns    = [module.ecr.arn]
  peers              = { letta = { from = "api", to = "letta", port = 8283 } }
  tags               = local.tags

  services = {
    api = merge(local.task, {
      alarms         = [module.monitoring.alarm_names["edge-5xx"]]
      load_balancers = { api = { target_group_arn = module.alb.target_group_arns["api"], container = "api", port = 8000 } }
      ingress        = { balancer = { port = 8000, security_group_id = module.alb.security_group_id } }
      containers = {
        api = merge(local.container, {
          port        = 8000
          environment = merge(local.environment, { PORT = "8000", LETTA_BASE_URL = "http://letta.${local.name}.local:8283" })
        })
      }
    })
    letta = merge(local.task, {
      discovery = "letta"
      alarms    = var.container_insights == "disabled" ? [] : [module.monitoring.alarm_names["letta-running"]]
      containers = {
        letta = merge(local.container, { port = 8283, environment = merge(local.environment, { PORT = "8283" }) })
      }
    })
    # Started by `slipway deploy ecs --migrate` or by hand; it ends when the tables are there. It alone may read the owner's URL.
    migrate = merge(local.task, {
      run         = false
      autoscaling = null
      containers = {
        migrate = merge(local.container, {
          command        = ["migrate", "--owner-from", "RIKAI_POSTGRES_OWNER_URL"]
          environment    = local.environment
          secrets        = { for name in ["RIKAI_POSTGRES_URL", "RIKAI_POSTGRES_OWNER_URL", "JWT_SECRET"] : name => module.secrets.variables[name] }
          health_command = []
        })
      }
    })
  }
}

locals {
  task = {
    cpu           = var.ecs_cpu
    memory        = var.ecs_memory
    architecture  = var.ecs_architecture
    desired_count = var.ecs_desired_count
    subnet_ids    = module.vpc.placement_private_subnet_ids
    volumes       = { data = {}, tmp = {} }
    statements    = module.s3.statements["documents"]
    autoscaling = var.ecs_max_count <= var.ecs_desired_count ? null : {
      min = var.ecs_desired_count, max = var.ecs_max_count, cpu_percent = 70, memory_percent = 80
    }
    egress = {
      https    = { port = 443, cidr = "0.0.0.0/0" } # models, and AWS
      database = { port = 5432, security_group_id = module.aurora.security_group_id }
    }
  }

  container = {
    image          = var.image
    command        = ["serve"]
    health_command = ["CMD", "/usr/bin/slipway", "health"]
    secrets        = { for name, secret in module.secrets.variables : name => secret if name != "RIKAI_POSTGRES_OWNER_URL" }
    mounts         = { data = { path = "/data" }, tmp = { path = "/tmp" } }
  }

  environment = {
    APP_ENV               = var.environment == "prod" ? "production" : "staging"
    SLIPWAY_APP           = "/apps/rikai"
    RIKAI_VECTOR_BACKEND  = "pgvector"
    RIKAI_S3_BUCKET       = module.s3.names["documents"]
    RIKAI_S3_REGION       = var.region
    RIKAI_S3_USE_IAM_ROLE = "true"
  }
}
