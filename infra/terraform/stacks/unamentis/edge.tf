# With a load balancer only Cloudflare's servers reach it; with the tunnel there is none.
module "alb" {
  source   = "../../modules/alb"
  for_each = toset(local.edge)

  name                 = local.name
  vpc_id               = module.vpc.id
  subnet_ids           = module.vpc.public_subnet_ids
  internal             = false
  ingress              = { for cidr in var.cloudflare_cidrs : "Cloudflare ${cidr}" => { cidr = cidr } }
  targets              = { core = { security_group_id = module.ecs.security_group_ids["core"], port = 8766 } }
  domain               = var.domain == "" ? "" : "app.${var.domain}"
  certificate          = var.alb_certificate_arn == "" ? null : { arn = var.alb_certificate_arn }
  target_groups        = { core = { port = 8766, health_path = "/api/health", stickiness = true } }
  default_target_group = "core"
  idle_timeout         = 300 # the application pings WebSockets every 30 seconds
  deletion_protection  = var.deletion_protection
  tags                 = local.tags
}

# What Cloudflare should be like. scripts/cloudflare.py makes it so.
module "cloudflare" {
  source = "../../modules/cloudflare"
  count  = var.domain == "" ? 0 : 1

  domain = var.domain

  records = merge(
    {
      app = { content = local.alb ? module.alb["edge"].dns_name : "tunnel" }
      api = { content = local.api_target }
    },
    { for host in ["admin"] : host => { content = "tunnel" } if local.admin },
  )

  tunnel = {
    name     = local.name
    services = { for host, by_tunnel in { admin = local.admin, app = !local.alb, api = local.api_target == "tunnel" } : host => "http://localhost:8766" if by_tunnel }
  }

  managed_rules = { sets = var.cloudflare_rule_sets }

  custom_rules = {
    "Probes of other software" = {
      expression = "(http.request.uri.path contains \"/.\" and not starts_with(http.request.uri.path, \"/.well-known/\")) or ends_with(http.request.uri.path, \".php\")"
    }
    "Methods that no route has" = {
      expression = "not http.request.method in {\"GET\" \"HEAD\" \"OPTIONS\" \"POST\" \"PUT\" \"PATCH\" \"DELETE\"}"
    }
  }

  rate_limits = {
    "Sign-in, registration and mails" = { expression = "starts_with(http.request.uri.path, \"/api/auth/\")", requests = 20 }
  }

  access = { for host in ["admin"] : host => { emails = var.admin_emails } if local.admin }
}

locals {
  admin = length(var.admin_emails) > 0
  # SAM's API when its target is given, the functions of functions.tf when these have a host, else the core itself.
  api_target = var.api_target != "" ? var.api_target : local.functions_here && var.api_certificate_arn != "" ? module.lambda["functions"].domain_target : "tunnel"
}
