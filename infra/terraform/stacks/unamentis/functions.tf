# What functions need of this stack. infra/sam reads it from the Parameter Store.
resource "aws_security_group" "functions" {
  name        = "${local.name}-functions"
  description = "Functions of ${local.name}: nobody connects to them"
  vpc_id      = module.vpc.id
  tags        = merge(local.tags, { Name = "${local.name}-functions" })
}

resource "aws_vpc_security_group_egress_rule" "functions" {
  for_each = {
    database = { port = 5432, group = module.rds.security_group_id, cidr = null }
    https    = { port = 443, group = null, cidr = "0.0.0.0/0" }
  }

  security_group_id            = aws_security_group.functions.id
  description                  = "To ${each.key}"
  referenced_security_group_id = each.value.group
  cidr_ipv4                    = each.value.cidr
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_ssm_parameter" "functions" {
  for_each = {
    subnet-ids          = join(",", module.vpc.placement_private_subnet_ids)
    security-group-id   = aws_security_group.functions.id
    database-secret-arn = module.secrets.arns["database"]
    auth-secret-arn     = module.secrets.arns["auth"]
    package-bucket      = module.s3.names["packages"]
    alarm-topic-arn     = module.monitoring.topic_arn
  }

  name        = "/unamentis/${var.environment}/functions/${each.key}"
  description = "For infra/sam: ${each.key}"
  type        = each.key == "subnet-ids" ? "StringList" : "String"
  value       = each.value
  tags        = local.tags
}

# The same four functions by Terraform, for who does not want SAM beside it: give the zip's place.
module "lambda" {
  source   = "../../modules/lambda"
  for_each = local.functions_here ? toset(["functions"]) : toset([])

  name            = local.name
  package         = { bucket = module.s3.names["packages"], key = var.functions_package }
  domain          = var.domain == "" || var.api_certificate_arn == "" ? "" : "api.${var.domain}"
  certificate_arn = var.api_certificate_arn
  cors_origins    = var.domain == "" ? [] : ["https://app.${var.domain}"]
  network         = { subnet_ids = module.vpc.placement_private_subnet_ids, security_group_ids = [aws_security_group.functions.id] }
  retention_days  = var.log_retention_days
  tags            = local.tags

  functions = { for key, routes in local.functions : key => {
    routes      = routes
    concurrency = 5 # each holds one connection
    environment = { ENVIRONMENT = var.environment, CORS_ORIGINS = var.domain == "" ? "" : "https://app.${var.domain}" }
    secrets     = [module.secrets.arns["database"], module.secrets.arns["auth"]]
  } }
}

locals {
  functions_here = var.functions_package != ""
  functions      = { for key, routes in jsondecode(file("${path.module}/functions.json")) : key => routes }
  function_names = local.functions_here ? keys(local.functions) : []
}
