# The core: WebSockets, audio, jobs. On Fargate Spot, which gives two minutes to hand work back.
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
    core = merge(local.task, {
      desired_count  = var.ecs_desired_count
      spot           = var.ecs_spot
      on_demand_base = var.environment == "prod" ? 1 : 0
      alarms         = [for key in ["edge-5xx"] : module.monitoring.alarm_names[key] if local.alb]
      autoscaling    = { min = var.ecs_desired_count, max = max(var.ecs_max_count, var.ecs_desired_count), cpu_percent = 70, memory_percent = 80 }
      ingress        = { for key in local.edge : key => { port = 8766, security_group_id = module.alb["edge"].security_group_id } }
      load_balancers = { for key in local.edge : key => { target_group_arn = module.alb["edge"].target_group_arns["core"], container = "core", port = 8766 } }
      containers     = merge({ core = merge(local.container, { port = 8766 }) }, local.connector)
    })
    # Started by hand or by `slipway deploy --migrate`: it ends when the tables are there.
    migrate = merge(local.task, {
      run        = false
      statements = [] # it asks the database, and nothing else
      egress     = { for key, one in local.task.egress : key => one if contains(["https", "database"], key) }
      containers = { migrate = merge(local.container, { command = ["migrate"], secrets = local.secrets }) }
    })
  }
}

locals {
  task = {
    cpu        = var.ecs_cpu
    memory     = var.ecs_memory
    subnet_ids = module.vpc.placement_private_subnet_ids
    egress = merge(
      {
        https    = { port = 443, cidr = "0.0.0.0/0" } # models, speech, and AWS
        mail     = { port = 587, cidr = "0.0.0.0/0" }
        database = { port = 5432, security_group_id = module.rds.security_group_id }
      },
      !local.tunnel ? {} : {
        tunnel      = { port = 7844, cidr = "0.0.0.0/0" }
        tunnel-quic = { port = 7844, protocol = "udp", cidr = "0.0.0.0/0" }
      },
    )
    volumes    = { data = {}, tmp = {} }
    statements = module.sqs.statements # those of the bucket `tts` come with the code that writes there
  }

  secrets = { for key, one in module.secrets.variables : key => one if key != "TUNNEL_TOKEN" }

  container = {
    image = var.image
    environment = {
      ENVIRONMENT      = var.environment
      HOST             = "0.0.0.0" # dev of the application binds to loopback only
      SLIPWAY_APP      = "/apps/unamentis"
      PORT             = "8766"
      LOG_LEVEL        = "INFO"
      AWS_REGION       = var.region
      SQS_QUEUE_PREFIX = local.name
    }
    secrets = { for key, one in local.secrets : key => one if key != "DATABASE_OWNER_URL" } # the migration's alone
    mounts  = { data = { path = "/data" }, tmp = { path = "/tmp" } }
  }

  # Cloudflare's connector opens the tunnel from within: nothing listens to the internet.
  connector = { for key in ["cloudflared"] : key => {
    image       = var.image == "" ? "" : var.cloudflared_image
    command     = ["tunnel", "--no-autoupdate", "--metrics", "127.0.0.1:2000", "run"]
    environment = {}
    secrets     = { TUNNEL_TOKEN = module.secrets.variables["TUNNEL_TOKEN"] }
    depends_on  = { core = "START" }
  } if local.tunnel }
}
