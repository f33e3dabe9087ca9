# Cloudflare's own provider is not used: the stack would not even validate where it is missing, and its token would be one more secret of
# Terraform. What is wanted is written down here as requests of Cloudflare's API; scripts/cloudflare.py makes it so, and shows what it would do.
locals {
  hosts = { for host, record in var.records : host => host == "@" ? var.domain : "${host}.${var.domain}" }

  rule_sets = {
    free    = "77454fe2d30c4220b5701f6fdfb893ba" # Cloudflare Managed Free Ruleset
    managed = "efb7b8c949ac4650a09736fc376e9aee" # Cloudflare Managed Ruleset
    owasp   = "4814384a9e5d4991b9815dcfc25d2f1f" # Cloudflare OWASP Core Ruleset
  }

  skip_rules = var.managed_rules.except == "" ? [] : [{
    description       = "Without managed rules"
    expression        = var.managed_rules.except
    action            = "skip"
    action_parameters = jsonencode({ ruleset = "current" })
  }]

  managed = [for set in var.managed_rules.sets : {
    description = "${set} rules"
    expression  = "true"
    action      = "execute"
    action_parameters = jsonencode(merge(
      { id = local.rule_sets[set] },
      { for key, one in { overrides = { action = "log" } } : key => one if var.managed_rules.log },
    ))
  }]

  # Sorted by order, then by name: the first that matches decides.
  custom_order = sort([for description, one in var.custom_rules : format("%05d %s", one.order, description)])
  custom = [for key in local.custom_order : {
    description = substr(key, 6, -1)
    expression  = var.custom_rules[substr(key, 6, -1)].expression
    action      = var.custom_rules[substr(key, 6, -1)].action
    action_parameters = jsonencode({
      for name, value in { ruleset = "current" } : name => value if var.custom_rules[substr(key, 6, -1)].action == "skip"
    })
  }]

  configuration = {
    domain = var.domain

    settings = {
      ssl                      = "strict"
      always_use_https         = "on"
      min_tls_version          = "1.2"
      websockets               = "on"
      automatic_https_rewrites = "on"
      opportunistic_encryption = "on"
    }

    bot_fight = var.bot_fight

    records = [for host, one in var.records : {
      name = local.hosts[host], type = one.type, content = one.content, proxied = one.proxied, ttl = 1, comment = "Terraform"
    }]

    tunnel = var.tunnel == null ? null : {
      name = var.tunnel.name
      ingress = concat(
        [for host, service in var.tunnel.services : { hostname = host == "@" ? var.domain : "${host}.${var.domain}", service = service }],
        [{ service = "http_status:404" }],
      )
    }

    rule_sets = {
      http_request_firewall_managed = [for one in concat(local.skip_rules, local.managed) : merge(one, { action_parameters = jsondecode(one.action_parameters) })]
      http_request_firewall_custom  = [for one in local.custom : merge(one, { action_parameters = jsondecode(one.action_parameters) })]
      http_ratelimit = [for description, one in var.rate_limits : {
        description = description
        expression  = one.expression
        action      = "block"
        ratelimit = {
          characteristics     = ["ip.src", "cf.colo.id"]
          period              = one.seconds
          requests_per_period = one.requests
          mitigation_timeout  = one.block_seconds
        }
      }]
    }

    access = [for host, one in var.access : {
      name             = "${host}.${var.domain}"
      type             = "self_hosted"
      domain           = "${host}.${var.domain}"
      session_duration = one.session
      policies = [{
        name     = "${host}.${var.domain}"
        decision = "allow"
        include = concat(
          [for address in one.emails : { email = { email = address } }],
          [for domain in one.email_domains : { email_domain = { domain = domain } }],
        )
        require = [for method in ["mfa"] : { auth_method = { auth_method = method } } if one.second_factor]
      }]
    }]
  }
}

resource "terraform_data" "configuration" {
  input = jsonencode(local.configuration)

  lifecycle {
    precondition {
      condition     = var.tunnel != null || alltrue([for one in var.records : one.content != "tunnel"])
      error_message = "A record leads into the tunnel, and there is none."
    }

    precondition {
      condition     = length(setsubtract(keys(var.access), keys(var.records))) == 0
      error_message = "Access guards a host that has no record."
    }
  }
}
