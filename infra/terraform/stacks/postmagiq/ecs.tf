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

  services = merge(
    {
      api = merge(local.task, {
        desired_count  = var.ecs_desired_count
        alarms         = [module.monitoring.alarm_names["edge-5xx"]]
        load_balancers = { api = { target_group_arn = module.alb.target_group_arns["api"], container = "api", port = 8000 } }
        ingress        = { balancer = { port = 8000, security_group_id = module.alb.security_group_id } }
        containers     = { api = merge(local.container, { port = 8000, command = var.worker ? ["serve", "--role", "api"] : ["serve"] }) }
        autoscaling = {
          min               = var.ecs_desired_count, max = max(var.ecs_max_count, var.ecs_desired_count), cpu_percent = 70, memory_percent = 80
          requests_per_task = 1000, resource_label = module.alb.resource_labels["api"]
        }
      })
      # Started by hand or by `slipway deploy --migrate`: it ends when the tables are there.
      migrate = merge(local.task, {
        run        = false
        statements = [] # it asks the database, and nothing else
        egress     = { for key, one in local.task.egress : key => one if contains(["https", "database"], key) }
        containers = { migrate = merge(local.container, { command = ["migrate"], secrets = local.secrets }) }
      })
    },
    # The same image with another command. Off, the API's own tasks run the jobs.
    { for key in ["worker"] : key => merge(local.task, {
      desired_count = var.ecs_desired_count
      alarms        = [module.monitoring.alarm_names["edge-5xx"]]
      autoscaling   = { min = var.ecs_desired_count, max = max(var.ecs_max_count, var.ecs_desired_count), cpu_percent = 70, memory_percent = 80 }
      containers    = { worker = merge(local.container, { command = ["serve", "--role", "worker"] }) }
    }) if var.worker },
  )
}

# What is no secret and may change without a release lies in the Parameter Store.
resource "aws_ssm_parameter" "setting" {
  for_each = local.settings

  name        = "/${local.path}/${each.key}"
  description = "${each.key} of ${local.name}"
  type        = "String"
  value       = each.value
  tags        = local.tags
}

locals {
  # The network of CloudFront's servers, as AWS publishes it per region. A data source would need an account to plan.
  cloudfront_prefix_list_id = var.cloudfront_prefix_list_id != "" ? var.cloudfront_prefix_list_id : lookup(
    { us-east-1 = "pl-3b927c52", us-west-2 = "pl-82a045eb" }, var.region, "pl-unknown"
  )

  settings = merge(
    { LOG_LEVEL = var.log_level },
    var.watermark_url == "" ? {} : { WATERMARK_URL = var.watermark_url }, # it wants a GPU, which Fargate has not
    var.ollama_url == "" ? {} : { OLLAMA_URL = var.ollama_url },
  )

  task = {
    cpu        = var.ecs_cpu
    memory     = var.ecs_memory
    subnet_ids = module.vpc.placement_private_subnet_ids
    spot       = var.ecs_spot
    egress = merge({
      https    = { port = 443, cidr = "0.0.0.0/0" } # models, payments, and AWS
      mail     = { port = 587, cidr = "0.0.0.0/0" }
      database = { port = 5432, security_group_id = module.rds.security_group_id }
      cache    = { port = 6379, security_group_id = module.elasticache.security_group_id }
    }, var.rds_proxy ? { proxy = { port = 5432, security_group_id = module.rds.proxy_security_group_id } } : {})
    volumes    = { data = {}, tmp = {} }
    statements = concat(module.s3.statements["artifacts"], module.s3.statements["sessions"])
  }

  secrets = merge(module.secrets.variables, {
    for key, parameter in aws_ssm_parameter.setting : key => {
      value_from = parameter.name
      resource   = "arn:aws:ssm:${var.region}:${var.account_id == "" ? "*" : var.account_id}:parameter${parameter.name}"
    }
  })

  container = {
    image = var.image
    environment = {
      APP_ENV     = var.environment
      SLIPWAY_APP = "/apps/postmagiq"
      HOST        = "0.0.0.0" # dev of the application binds to loopback
      PORT        = "8000"
      AWS_REGION  = var.region
    }
    secrets = { for key, one in local.secrets : key => one if key != "DATABASE_OWNER_URL" } # the migration's alone
    mounts  = { data = { path = "/data" }, tmp = { path = "/tmp" } }
  }
}
