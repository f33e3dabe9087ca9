locals {
  # Policies that AWS keeps in every account, by their documented ids: a data source would need an account to plan.
  cache_optimized = "658327ea-f89d-4fab-a63d-7e88639e58f6" # Managed-CachingOptimized
  cache_disabled  = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad" # Managed-CachingDisabled
  forward_all     = "216adef6-5c7f-47e4-b989-5492eafa07d3" # Managed-AllViewer

  # Streams pass as they come: nothing is cached, and nothing is compressed, which would hold events back.
  behaviors = merge(
    { for key in keys(var.buckets) : key => {
      methods = ["GET", "HEAD", "OPTIONS"], cache = local.cache_optimized, request = null, compress = true, headers = "pages"
    } },
    { for key in keys(var.load_balancers) : key => {
      methods = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
      cache   = local.cache_disabled, request = local.forward_all, compress = false, headers = "api"
    } },
  )

  aliases = {
    for key, one in var.distributions : key => one.domain != "" ? [one.domain] : var.domain == "" ? [] : [
      for host in one.hosts : host == "@" ? var.domain : "${host}.${var.domain}"
    ]
  }
  origins_of = { for key, one in var.distributions : key => distinct(concat([one.default], one.paths[*].origin)) }
}

resource "aws_cloudfront_origin_access_control" "this" {
  for_each = var.buckets

  name                              = "${var.name}-${each.key}"
  description                       = "Only CloudFront reads ${each.key}"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_vpc_origin" "this" {
  for_each = { for key, one in var.load_balancers : key => one if one.vpc }

  vpc_origin_endpoint_config {
    name                   = "${var.name}-${each.key}"
    arn                    = each.value.arn
    http_port              = 80
    https_port             = 443
    origin_protocol_policy = each.value.https ? "https-only" : "http-only"

    origin_ssl_protocols {
      items    = ["TLSv1.2"]
      quantity = 1
    }
  }

  tags = var.tags
}

resource "aws_cloudfront_distribution" "this" {
  for_each = var.distributions

  comment             = "${var.name}-${each.key}"
  enabled             = true
  is_ipv6_enabled     = true
  http_version        = "http2and3"
  price_class         = var.price_class
  default_root_object = contains(keys(var.buckets), each.value.default) && !each.value.media ? "index.html" : null
  aliases             = local.aliases[each.key]
  web_acl_id          = one(aws_wafv2_web_acl.this[*].arn)

  dynamic "origin" {
    for_each = {
      for key, domain_name in var.buckets : key => domain_name
      if contains(local.origins_of[each.key], key)
    }

    content {
      origin_id                = origin.key
      domain_name              = origin.value
      origin_access_control_id = aws_cloudfront_origin_access_control.this[origin.key].id
    }
  }

  dynamic "origin" {
    for_each = {
      for key, one in var.load_balancers : key => one
      if contains(local.origins_of[each.key], key)
    }

    content {
      origin_id   = origin.key
      domain_name = origin.value.domain_name

      dynamic "vpc_origin_config" {
        for_each = origin.value.vpc ? [true] : []

        content {
          vpc_origin_id            = aws_cloudfront_vpc_origin.this[origin.key].id
          origin_read_timeout      = origin.value.read_timeout
          origin_keepalive_timeout = 60
        }
      }

      dynamic "custom_origin_config" {
        for_each = origin.value.vpc ? [] : [true]

        content {
          http_port                = 80
          https_port               = 443
          origin_protocol_policy   = origin.value.https ? "https-only" : "http-only"
          origin_ssl_protocols     = ["TLSv1.2"]
          origin_read_timeout      = origin.value.read_timeout
          origin_keepalive_timeout = 60
        }
      }

      dynamic "custom_header" {
        for_each = origin.value.vpc || nonsensitive(var.secret_header == null) ? [] : [true]

        content {
          name  = var.secret_header.name
          value = var.secret_header.value
        }
      }
    }
  }

  default_cache_behavior {
    target_origin_id           = each.value.default
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = local.behaviors[each.value.default].methods
    cached_methods             = ["GET", "HEAD"]
    compress                   = local.behaviors[each.value.default].compress
    cache_policy_id            = local.behaviors[each.value.default].cache
    origin_request_policy_id   = local.behaviors[each.value.default].request
    response_headers_policy_id = local.headers_policy[each.value.media ? "media" : local.behaviors[each.value.default].headers]

    dynamic "function_association" {
      for_each = local.functions_of[each.key]

      content {
        event_type   = function_association.value
        function_arn = aws_cloudfront_function.this[function_association.key].arn
      }
    }
  }

  dynamic "ordered_cache_behavior" {
    for_each = each.value.paths

    content {
      path_pattern               = ordered_cache_behavior.value.pattern
      target_origin_id           = ordered_cache_behavior.value.origin
      viewer_protocol_policy     = "redirect-to-https"
      allowed_methods            = local.behaviors[ordered_cache_behavior.value.origin].methods
      cached_methods             = ["GET", "HEAD"]
      compress                   = local.behaviors[ordered_cache_behavior.value.origin].compress
      cache_policy_id            = local.behaviors[ordered_cache_behavior.value.origin].cache
      origin_request_policy_id   = local.behaviors[ordered_cache_behavior.value.origin].request
      response_headers_policy_id = local.headers_policy[local.behaviors[ordered_cache_behavior.value.origin].headers]
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = length(local.aliases[each.key]) == 0
    acm_certificate_arn = (
      each.value.certificate_arn != "" ? each.value.certificate_arn :
      length(local.aliases[each.key]) > 0 ? one(aws_acm_certificate_validation.this[*].certificate_arn) : null
    )
    minimum_protocol_version = length(local.aliases[each.key]) == 0 ? "TLSv1" : "TLSv1.2_2021"
    ssl_support_method       = length(local.aliases[each.key]) == 0 ? null : "sni-only"
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  tags = var.tags

  lifecycle {
    precondition {
      condition     = alltrue([for origin in local.origins_of[each.key] : contains(keys(local.behaviors), origin)])
      error_message = "The distribution ${each.key} names an origin that is in neither buckets nor load_balancers."
    }

    precondition {
      condition     = nonsensitive(var.secret_header != null) || alltrue([for one in var.load_balancers : one.vpc])
      error_message = "A public load balancer needs secret_header, or everybody walks around the distribution."
    }
  }
}
