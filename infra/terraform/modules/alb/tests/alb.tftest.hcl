mock_provider "aws" {
  mock_resource "aws_acm_certificate" {
    defaults = {
      arn = "arn:aws:acm:us-west-2:123456789012:certificate/1"
      domain_validation_options = [{
        domain_name           = "api.shop.example", resource_record_name = "_1.api.shop.example"
        resource_record_type  = "CNAME"
        resource_record_value = "_2.acm-validations.aws"
      }]
    }
  }
  mock_resource "aws_acm_certificate_validation" {
    defaults = { certificate_arn = "arn:aws:acm:us-west-2:123456789012:certificate/1" }
  }
  mock_resource "aws_lb" {
    defaults = { arn = "arn:aws:elasticloadbalancing:us-west-2:123456789012:loadbalancer/app/shop/1", dns_name = "shop.elb.internal" }
  }
  mock_resource "aws_lb_listener" {
    defaults = { arn = "arn:aws:elasticloadbalancing:us-west-2:123456789012:listener/app/shop/1/2" }
  }
  mock_resource "aws_lb_target_group" {
    defaults = { arn = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/shop-api/3" }
  }
}

variables {
  name                 = "shop-dev"
  vpc_id               = "vpc-1"
  subnet_ids           = ["subnet-1", "subnet-2"]
  ingress              = { internet = { cidr = "0.0.0.0/0" } }
  targets              = { api = { security_group_id = "sg-1", port = 8000 } }
  target_groups        = { api = { port = 8000, health_path = "/health", stickiness = true } }
  default_target_group = "api"
}

run "https_and_a_redirect" {
  variables {
    domain = "api.shop.example"
    zone   = { id = "Z1" }
  }

  assert {
    condition     = aws_lb_listener.http.default_action[0].type == "redirect" && aws_lb_listener.http.default_action[0].redirect[0].status_code == "HTTP_301"
    error_message = "port 80 redirects"
  }

  assert {
    condition     = aws_lb_listener.https[0].port == 443 && startswith(aws_lb_listener.https[0].ssl_policy, "ELBSecurityPolicy-TLS13-1-2")
    error_message = "TLS 1.2 at least"
  }

  assert {
    condition     = aws_route53_record.validation["api.shop.example"].name == "_1.api.shop.example" && aws_route53_record.host["api.shop.example"].type == "A"
    error_message = "the certificate is proven, the host points here"
  }

  assert {
    condition     = aws_lb_target_group.this["api"].health_check[0].path == "/health" && aws_lb_target_group.this["api"].stickiness[0].enabled
    error_message = "the application's health path, and stickiness for WebSocket"
  }

  assert {
    condition     = aws_lb.this.drop_invalid_header_fields && aws_lb.this.enable_deletion_protection && aws_lb.this.desync_mitigation_mode == "strictest"
    error_message = "odd requests are dropped, deletion is protected"
  }

  assert {
    condition     = aws_vpc_security_group_egress_rule.target["api"].referenced_security_group_id == "sg-1" && length(aws_vpc_security_group_ingress_rule.https) == 1
    error_message = "it connects to the tasks alone"
  }

  assert {
    condition     = output.url == "https://api.shop.example"
    error_message = "where clients go"
  }
}

run "without_a_certificate_nothing_is_served_to_the_internet" {
  assert {
    condition     = length(aws_lb_listener.https) == 0 && aws_lb_listener.http.default_action[0].fixed_response[0].status_code == "503"
    error_message = "503 on port 80, and no other listener"
  }

  assert {
    condition     = length(aws_lb_listener_rule.this) == 0
    error_message = "no rule forwards"
  }
}

run "internal_behind_cloudfront" {
  variables {
    internal             = true
    ingress              = { CloudFront = { prefix_list_id = "pl-1" } }
    default_target_group = ""
    rules                = { api = { priority = 10, target_group = "api", paths = ["/api/*"] } }
    idle_timeout         = 120
  }

  assert {
    condition     = aws_lb.this.internal && aws_lb_listener.http.default_action[0].fixed_response[0].status_code == "404"
    error_message = "what no rule takes is not found"
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.http["CloudFront"].prefix_list_id == "pl-1" && aws_vpc_security_group_ingress_rule.http["CloudFront"].cidr_ipv4 == null
    error_message = "CloudFront alone"
  }

  assert {
    condition     = one([for condition in aws_lb_listener_rule.this["api"].condition : condition.path_pattern[0].values]) == toset(["/api/*"])
    error_message = "the rule forwards its path"
  }
}

run "only_with_the_header_of_the_distribution" {
  variables {
    certificate   = { arn = "arn:aws:acm:us-west-2:123456789012:certificate/9" }
    origin_header = { name = "X-Origin", values = ["0123456789012345678901234567890123"] }
  }

  assert {
    condition     = aws_lb_listener.https[0].default_action[0].fixed_response[0].status_code == "403"
    error_message = "without the header it is refused"
  }

  assert {
    condition     = length(aws_lb_listener_rule.this["default"].condition) == 2
    error_message = "path and header must match"
  }
}

run "one_subnet" {
  command = plan

  variables {
    subnet_ids = ["subnet-1"]
  }

  expect_failures = [var.subnet_ids]
}

run "old_tls" {
  command = plan

  variables {
    ssl_policy = "ELBSecurityPolicy-2016-08"
  }

  expect_failures = [var.ssl_policy]
}

run "a_short_header" {
  command = plan

  variables {
    origin_header = { name = "X-Origin", values = ["secret"] }
  }

  expect_failures = [var.origin_header]
}

run "nobody_by_two_ways" {
  command = plan

  variables {
    ingress = { both = { cidr = "0.0.0.0/0", prefix_list_id = "pl-1" } }
  }

  expect_failures = [var.ingress]
}

run "a_rule_of_six" {
  command = plan

  variables {
    rules = { api = { priority = 1, target_group = "api", paths = ["/1", "/2", "/3", "/4", "/5", "/6"] } }
  }

  expect_failures = [var.rules]
}

run "a_health_path_without_a_slash" {
  command = plan

  variables {
    target_groups = { api = { port = 8000, health_path = "health" } }
  }

  expect_failures = [var.target_groups]
}

run "silent_for_two_hours" {
  command = plan

  variables {
    idle_timeout = 7200
  }

  expect_failures = [var.idle_timeout]
}
