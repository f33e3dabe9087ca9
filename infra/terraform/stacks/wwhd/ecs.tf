module "alb" {
  source = "../../modules/alb"

  name                 = local.name
  vpc_id               = module.vpc.id
  subnet_ids           = module.vpc.public_subnet_ids
  ingress              = { internet = { cidr = "0.0.0.0/0" } }
  domain               = local.api
  zone                 = local.zone
  targets              = { backend = { security_group_id = module.ecs.security_group_ids["backend"], port = 8000 } }
  target_groups        = { backend = { port = 8000, health_path = "/health", stickiness = true } } # WebSocket
  default_target_group = "backend"
  idle_timeout         = 300
  access_log_bucket    = var.access_logs ? module.s3.names["logs"] : ""
  deletion_protection  = var.deletion_protection
  tags                 = local.tags
}

module "ecs" {
  source = "../../modules/ecs"

  name               = local.name
  cluster_name       = "wwhd-cluster${local.suffix}"
  region             = var.region
  account_id         = var.account_id
  vpc_id             = module.vpc.id
  container_insights = var.container_insights
  log_retention_days = var.log_retention_days
  repository_arns    = [module.ecr.arn]
  tags               = local.tags

  services = merge({ backend = local.backend }, local.files ? {} : { migrate = local.migrate })
}

locals {
  backend = merge(local.task, {
    family         = "wwhd-backend${local.suffix}"
    service_name   = "wwhd-backend${local.suffix}"
    desired_count  = var.ecs_desired_count
    alarms         = [module.monitoring.alarm_names["edge-5xx"]]
    load_balancers = { backend = { target_group_arn = module.alb.target_group_arns["backend"], container = "fastapi", port = 8000 } }
    ingress        = { balancer = { port = 8000, security_group_id = module.alb.security_group_id } }
    containers     = merge({ fastapi = local.fastapi }, local.files ? { qdrant = local.qdrant } : {})

    # Files have one writer: the old task stops before the new one starts.
    minimum_percent = local.files ? 0 : 100
    maximum_percent = local.files ? 100 : 200
    autoscaling = local.files || var.ecs_max_count <= var.ecs_desired_count ? null : {
      min = var.ecs_desired_count, max = var.ecs_max_count, cpu_percent = 70, memory_percent = 80
    }
  })

  # Started by `slipway deploy ecs --migrate` or by hand; it ends when the tables are there. It alone may read the owner's URL.
  migrate = merge(local.task, {
    run = false
    containers = {
      migrate = merge(local.container, {
        command     = ["migrate", "--owner-from", "DATABASE_OWNER_URL"]
        secrets     = { for name in ["DATABASE_URL", "DATABASE_OWNER_URL", "JWT_SECRET"] : name => module.secrets.variables[name] if !local.files }
        environment = local.environment
      })
    }
  })

  task = {
    cpu          = var.ecs_cpu
    memory       = var.ecs_memory
    architecture = var.ecs_architecture
    subnet_ids   = local.task_subnet_ids
    public_ip    = var.nat == "none"
    statements   = module.s3.statements["documents"]
    volumes      = merge({ data = { efs = null }, tmp = { efs = null } }, local.files ? module.efs[0].volumes : {})
    egress = merge(
      { https = { port = 443, cidr = "0.0.0.0/0" } }, # models, and AWS
      local.files ? { files = { port = 2049, security_group_id = module.efs[0].security_group_id } } : {},
      local.files ? {} : { database = { port = 5432, security_group_id = module.rds[0].security_group_id } }
    )
  }

  container = {
    image  = var.image
    mounts = { data = { path = "/data" }, tmp = { path = "/tmp" } }
  }

  # Three quarters of the task are the program's, one quarter Qdrant's: 768/1536 and 256/512 in the document. Qdrant never has less memory
  # than that: 50,000 vectors of 1,536 numbers are 300 MB.
  qdrant_memory = max(512, var.ecs_memory / 4)

  fastapi = merge(local.container, {
    command        = ["serve"]
    port           = 8000
    cpu            = local.files ? var.ecs_cpu * 3 / 4 : 0
    memory         = local.files ? var.ecs_memory - local.qdrant_memory : 0
    health_command = ["CMD", "/usr/bin/slipway", "health"]
    secrets        = { for name, secret in module.secrets.variables : name => secret if name != "DATABASE_OWNER_URL" }
    mounts         = merge(local.container.mounts, local.files ? { backup = { path = "/backup" } } : {})
    depends_on     = local.files ? { qdrant = "START" } : {}
    environment    = merge(local.environment, local.files ? { SQLITE_PATH = "/data/wwhd.db", QDRANT_URL = "http://localhost:6333" } : {})
  })

  # Qdrant refuses a network file system since 1.15: its index lies in its own container, and is filled again from the vectors in the
  # database. Its image runs as 1000 and writes beside its program, so its root is writable.
  qdrant = {
    image          = var.qdrant_image
    port           = 6333
    cpu            = var.ecs_cpu / 4
    memory         = local.qdrant_memory
    user           = "1000:1000"
    read_only      = false
    health_command = ["CMD-SHELL", "bash -c ': > /dev/tcp/127.0.0.1/6333'"]
  }

  environment = {
    APP_ENV       = "production"
    SLIPWAY_APP   = "/apps/wwhd"
    AWS_S3_BUCKET = module.s3.names["documents"]
    AWS_REGION    = var.region
    CORS_ORIGINS  = jsonencode(var.domain == "" ? [] : ["https://${var.domain}", "https://www.${var.domain}"])
  }
}
