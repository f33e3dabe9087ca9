mock_provider "aws" {
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-west-2:123456789012:log-group:shop" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/shop" }
  }

  mock_resource "aws_lambda_alias" {
    defaults = { arn = "arn:aws:lambda:us-west-2:123456789012:function:shop-things:live", invoke_arn = "arn:aws:apigateway:us-west-2:lambda:path/shop" }
  }

  mock_resource "aws_apigatewayv2_api" {
    defaults = { execution_arn = "arn:aws:execute-api:us-west-2:123456789012:api1" }
  }
}

variables {
  name    = "shop"
  package = { bucket = "packages", key = "shop.zip" }
  functions = {
    things = {
      routes  = ["GET /api/things", "GET /api/things/{id}"]
      secrets = ["arn:aws:secretsmanager:us-west-2:123456789012:secret:shop/database-AbCdEf"]
    }
  }
}

run "a_route_each_and_no_catch_all" {
  assert {
    condition     = toset(keys(aws_apigatewayv2_route.this)) == toset(["GET /api/things", "GET /api/things/{id}"])
    error_message = "exactly the routes that were named"
  }

  assert {
    condition     = aws_lambda_function.this["things"].runtime == "provided.al2023" && aws_lambda_function.this["things"].tracing_config[0].mode == "Active"
    error_message = "the custom runtime, traced"
  }
}

run "secrets_go_by_reference" {
  assert {
    condition     = aws_lambda_function.this["things"].environment[0].variables == tomap({ SECRETS = "secretsmanager://arn:aws:secretsmanager:us-west-2:123456789012:secret:shop/database-AbCdEf" })
    error_message = "the environment holds the ARN"
  }

  assert {
    condition     = contains(flatten([for one in jsondecode(aws_iam_role_policy.secrets["things"].policy).Statement : one.Resource if one.Sid == "Secrets"]), "arn:aws:secretsmanager:us-west-2:123456789012:secret:shop/database-AbCdEf")
    error_message = "the role reads that secret and no other"
  }
}

run "the_own_host_is_closed_behind_a_domain" {
  variables {
    domain          = "api.example.com"
    certificate_arn = "arn:aws:acm:us-west-2:123456789012:certificate/1"
  }

  assert {
    condition     = aws_apigatewayv2_api.this.disable_execute_api_endpoint
    error_message = "execute-api is off"
  }
}

run "a_catch_all" {
  command = plan

  variables {
    functions = { things = { routes = ["ANY /{proxy+}"] } }
  }

  expect_failures = [var.functions]
}

run "a_route_twice" {
  command = plan

  variables {
    functions = { one = { routes = ["GET /a"] }, two = { routes = ["GET /a"] } }
  }

  expect_failures = [var.functions]
}

run "a_secret_in_the_environment" {
  command = plan

  variables {
    functions = { one = { routes = ["GET /a"], environment = { JWT_SECRET = "x" } } }
  }

  expect_failures = [var.functions]
}

run "every_page_of_the_world" {
  command = plan

  variables {
    cors_origins = ["*"]
  }

  expect_failures = [var.cors_origins]
}
