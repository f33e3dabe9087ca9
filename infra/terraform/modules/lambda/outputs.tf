output "url" {
  description = "Where the API answers."
  value       = var.domain != "" ? "https://${var.domain}" : aws_apigatewayv2_api.this.api_endpoint
}

output "api_id" {
  description = "Id of the HTTP API, the dimension of its metrics."
  value       = aws_apigatewayv2_api.this.id
}

output "domain_target" {
  description = "Where the DNS record of the domain points, empty without one."
  value       = try(aws_apigatewayv2_domain_name.this[0].domain_name_configuration[0].target_domain_name, "")
}

output "function_names" {
  description = "Function to its full name."
  value       = { for key, one in aws_lambda_function.this : key => one.function_name }
}

output "function_arns" {
  description = "Function to the ARN of its alias `live`."
  value       = { for key, one in aws_lambda_alias.live : key => one.arn }
}

output "role_arns" {
  description = "Function to the ARN of its role."
  value       = { for key, one in aws_iam_role.this : key => one.arn }
}

output "log_group_names" {
  description = "Function to its log group, and `api` to that of the API's accesses."
  value       = merge({ for key, one in aws_cloudwatch_log_group.function : key => one.name }, { api = aws_cloudwatch_log_group.api.name })
}
