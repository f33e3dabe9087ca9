locals {
  functions_of = {
    for key, one in var.distributions : key => merge(
      one.pages == "" ? {} : { (one.pages) = "viewer-request" },
      one.media ? { attachment = "viewer-response" } : {},
    )
  }
  functions      = toset(flatten([for one in local.functions_of : keys(one)]))
  headers_policy = { for key, one in aws_cloudfront_response_headers_policy.this : key => one.id }
}

# How a path finds its file, and what a browser may do with what people uploaded: functions/NAME.js.
resource "aws_cloudfront_function" "this" {
  for_each = local.functions

  name    = "${var.name}-${each.key}"
  comment = "functions/${each.key}.js of the module cloudfront"
  runtime = "cloudfront-js-2.0"
  code    = file("${path.module}/functions/${each.key}.js")
  publish = true
}

resource "aws_cloudfront_response_headers_policy" "this" {
  for_each = {
    # The application says what its answers may do; the edge adds only what holds for all of them.
    api   = { policy = "", frame = false, cors = false }
    pages = { policy = var.content_security_policy, frame = true, cors = false }
    media = { policy = "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'", frame = true, cors = true }
  }

  name    = "${var.name}-${each.key}"
  comment = "Headers of ${each.key}"

  security_headers_config {
    strict_transport_security {
      access_control_max_age_sec = 63072000
      include_subdomains         = true
      preload                    = false
      override                   = true
    }

    content_type_options {
      override = true
    }

    referrer_policy {
      referrer_policy = "strict-origin-when-cross-origin"
      override        = true
    }

    dynamic "frame_options" {
      for_each = each.value.frame ? [true] : []

      content {
        frame_option = "DENY"
        override     = true
      }
    }

    dynamic "content_security_policy" {
      for_each = each.value.policy == "" ? [] : [each.value.policy]

      content {
        content_security_policy = content_security_policy.value
        override                = true
      }
    }
  }

  # The pages of the apex read media of another host.
  dynamic "cors_config" {
    for_each = each.value.cors && var.domain != "" ? [true] : []

    content {
      access_control_allow_credentials = false
      access_control_max_age_sec       = 3600
      origin_override                  = true

      access_control_allow_headers {
        items = ["Range"]
      }

      access_control_allow_methods {
        items = ["GET", "HEAD"]
      }

      access_control_allow_origins {
        items = ["https://${var.domain}"]
      }
    }
  }
}
