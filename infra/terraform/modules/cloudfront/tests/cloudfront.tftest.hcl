mock_provider "aws" {
  mock_resource "aws_cloudfront_function" {
    defaults = { arn = "arn:aws:cloudfront::123456789012:function/shop" }
  }
}

mock_provider "aws" {
  alias = "us_east_1"

  mock_resource "aws_wafv2_web_acl" {
    defaults = { arn = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/shop/1" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:aws-waf-logs-shop" }
  }

  mock_resource "aws_acm_certificate" {
    defaults = {
      arn = "arn:aws:acm:us-east-1:123456789012:certificate/1"
      domain_validation_options = [{
        domain_name = "example.com", resource_record_name = "_a.example.com", resource_record_type = "CNAME", resource_record_value = "_b.acm.aws"
      }]
    }
  }

  mock_resource "aws_acm_certificate_validation" {
    defaults = { certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/1" }
  }
}

variables {
  name           = "shop"
  domain         = "example.com"
  buckets        = { site = "site.s3.us-west-2.amazonaws.com", media = "media.s3.us-west-2.amazonaws.com" }
  load_balancers = { api = { domain_name = "internal.elb.amazonaws.com", arn = "arn:aws:elasticloadbalancing:us-west-2:123456789012:loadbalancer/app/shop/1", https = true } }
  distributions = {
    site  = { hosts = ["@"], default = "site", paths = [{ pattern = "/api/*", origin = "api" }], pages = "export" }
    api   = { hosts = ["api"], default = "api" }
    media = { hosts = ["assets"], default = "media", media = true }
  }
}

run "streams_pass_uncached" {
  command = plan

  assert {
    condition = alltrue([
      for one in aws_cloudfront_distribution.this["site"].ordered_cache_behavior :
      one.path_pattern == "/api/*" && !one.compress && one.cache_policy_id == local.cache_disabled && contains(one.allowed_methods, "POST")
    ])
    error_message = "/api/* is neither cached nor compressed"
  }

  assert {
    condition     = one([for one in aws_cloudfront_distribution.this["api"].origin : one.vpc_origin_config[0].origin_read_timeout]) == 60
    error_message = "a stream may be silent for 60 seconds"
  }
}

run "hosts_and_certificate" {
  assert {
    condition     = toset(keys(aws_route53_record.alias)) == toset([for pair in setproduct(["example.com", "api.example.com", "assets.example.com"], ["A", "AAAA"]) : join(" ", pair)])
    error_message = "each host has both records"
  }

  assert {
    condition     = aws_cloudfront_distribution.this["site"].viewer_certificate[0].acm_certificate_arn == "arn:aws:acm:us-east-1:123456789012:certificate/1"
    error_message = "the certificate of us-east-1 serves"
  }

  assert {
    condition     = output.urls["media"] == "https://assets.example.com"
    error_message = "the URL is the host's"
  }
}

run "without_a_domain" {
  variables {
    domain = ""
  }

  assert {
    condition     = length(aws_route53_record.alias) == 0 && length(aws_acm_certificate.this) == 0 && aws_cloudfront_distribution.this["site"].viewer_certificate[0].cloudfront_default_certificate
    error_message = "CloudFront's own name serves"
  }
}

run "media_is_a_sandbox" {
  command = plan

  assert {
    condition     = strcontains(aws_cloudfront_response_headers_policy.this["media"].security_headers_config[0].content_security_policy[0].content_security_policy, "sandbox")
    error_message = "uploaded pages run nowhere"
  }

  assert {
    condition     = aws_cloudfront_distribution.this["media"].default_root_object == null
    error_message = "a bucket of media has no index"
  }
}

run "the_firewall_counts_large_bodies" {
  command = plan

  variables {
    waf = {}
  }

  assert {
    condition     = length(aws_wafv2_web_acl.this[0].rule) == 3
    error_message = "two managed groups and the rate"
  }
}

run "a_foreign_domain_needs_its_certificate" {
  command = plan

  variables {
    distributions = { tenant = { default = "site", domain = "posts.acme.com" } }
  }

  expect_failures = [var.distributions]
}

run "a_certificate_of_another_region" {
  command = plan

  variables {
    distributions = { tenant = { default = "site", domain = "posts.acme.com", certificate_arn = "arn:aws:acm:us-west-2:123456789012:certificate/1" } }
  }

  expect_failures = [var.distributions]
}

run "an_origin_that_is_not_there" {
  command = plan

  variables {
    distributions = { site = { default = "site", paths = [{ pattern = "/api/*", origin = "apo" }] } }
  }

  expect_failures = [aws_cloudfront_distribution.this["site"]]
}

run "a_public_load_balancer_wants_a_secret" {
  command = plan

  variables {
    load_balancers = { api = { domain_name = "public.elb.amazonaws.com", arn = "arn:aws:elasticloadbalancing:us-west-2:123456789012:loadbalancer/app/shop/1", vpc = false } }
  }

  expect_failures = [aws_cloudfront_distribution.this["site"], aws_cloudfront_distribution.this["api"], aws_cloudfront_distribution.this["media"]]
}

run "longer_silence_needs_a_quota" {
  command = plan

  variables {
    load_balancers = { api = { domain_name = "a", arn = "arn:aws:elasticloadbalancing:us-west-2:123456789012:loadbalancer/app/shop/1", read_timeout = 300 } }
  }

  expect_failures = [var.load_balancers]
}
