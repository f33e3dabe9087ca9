variables {
  domain      = "example.com"
  records     = { app = { content = "tunnel" }, admin = { content = "tunnel" }, api = { content = "d-1.execute-api.us-east-1.amazonaws.com" } }
  tunnel      = { name = "shop", services = { app = "http://localhost:8000", admin = "http://localhost:8000" } }
  access      = { admin = { emails = ["ops@example.com"] } }
  rate_limits = { "sign-in" = { expression = "starts_with(http.request.uri.path, \"/api/auth/\")", requests = 20 } }
  custom_rules = {
    "no probes"    = { expression = "http.request.uri.path contains \"/.git\"", order = 20 }
    "health first" = { expression = "http.request.uri.path eq \"/health\"", action = "skip", order = 10 }
  }
}

run "hosts_lead_into_the_tunnel" {
  assert {
    condition     = { for one in jsondecode(output.configuration).tunnel.ingress : try(one.hostname, "") => one.service } == { "app.example.com" = "http://localhost:8000", "admin.example.com" = "http://localhost:8000", "" = "http_status:404" }
    error_message = "two hosts, and nothing else"
  }

  assert {
    condition     = jsondecode(output.configuration).access[0].policies[0].require[0].auth_method.auth_method == "mfa" && jsondecode(output.configuration).access[0].session_duration == "8h"
    error_message = "admin wants a second factor, for eight hours"
  }
}

run "rules_in_their_order" {
  assert {
    condition     = jsondecode(output.configuration).rule_sets.http_request_firewall_custom[*].description == ["health first", "no probes"]
    error_message = "the smaller order decides first"
  }

  assert {
    condition     = jsondecode(output.configuration).rule_sets.http_request_firewall_managed[0].action_parameters.id == "77454fe2d30c4220b5701f6fdfb893ba"
    error_message = "the free rule set is the default"
  }
}

run "owasp_that_only_logs" {
  variables {
    managed_rules = { sets = ["owasp"], log = true, except = "http.host eq \"app.example.com\"" }
  }

  assert {
    condition     = [for one in jsondecode(output.configuration).rule_sets.http_request_firewall_managed : one.action] == ["skip", "execute"]
    error_message = "the exception comes before the rules"
  }
}

run "a_tunnel_that_is_not_there" {
  command = plan

  variables {
    tunnel = null
  }

  expect_failures = [terraform_data.configuration]
}

run "an_open_admin" {
  command = plan

  variables {
    access = { admin = {} }
  }

  expect_failures = [var.access]
}

run "a_period_that_is_not_sold" {
  command = plan

  variables {
    rate_limits = { all = { expression = "true", requests = 20, seconds = 7 } }
  }

  expect_failures = [var.rate_limits]
}

run "an_unknown_rule_set" {
  command = plan

  variables {
    managed_rules = { sets = ["everything"] }
  }

  expect_failures = [var.managed_rules]
}
