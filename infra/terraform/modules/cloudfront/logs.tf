locals {
  logged = { for key, one in var.distributions : key => one if var.log_bucket_arn != "" }
}

# Access logs of the second kind: they need no access control list on the bucket, and name their fields. The query is left out.
resource "aws_cloudwatch_log_delivery_source" "this" {
  for_each = local.logged
  provider = aws.us_east_1

  name         = "${var.name}-${each.key}"
  log_type     = "ACCESS_LOGS"
  resource_arn = aws_cloudfront_distribution.this[each.key].arn
  tags         = var.tags
}

resource "aws_cloudwatch_log_delivery_destination" "this" {
  count    = var.log_bucket_arn == "" ? 0 : 1
  provider = aws.us_east_1

  name          = "${var.name}-access"
  output_format = "json"
  tags          = var.tags

  delivery_destination_configuration {
    destination_resource_arn = var.log_bucket_arn
  }
}

resource "aws_cloudwatch_log_delivery" "this" {
  for_each = local.logged
  provider = aws.us_east_1

  delivery_source_name     = aws_cloudwatch_log_delivery_source.this[each.key].name
  delivery_destination_arn = aws_cloudwatch_log_delivery_destination.this[0].arn
  record_fields = [
    "date", "time", "x-edge-location", "sc-bytes", "c-ip", "cs-method", "cs(Host)", "cs-uri-stem", "sc-status", "x-edge-result-type",
    "x-edge-request-id", "cs-bytes", "time-taken", "ssl-protocol", "ssl-cipher", "x-edge-response-result-type", "time-to-first-byte",
  ]
  tags = var.tags
}
