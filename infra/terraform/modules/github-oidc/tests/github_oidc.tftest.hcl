mock_provider "aws" {
  mock_resource "aws_iam_openid_connect_provider" {
    defaults = { arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
  }
}

variables {
  name       = "shop"
  repository = "acme/shop"
  deploy = {
    environment     = "prod"
    repository_arns = ["arn:aws:ecr:us-west-2:123456789012:repository/shop"]
    cluster_arn     = "arn:aws:ecs:us-west-2:123456789012:cluster/shop"
    service_arns    = ["arn:aws:ecs:us-west-2:123456789012:service/shop/api"]
    task_families   = ["shop-migrate"]
    pass_role_arns  = ["arn:aws:iam::123456789012:role/shop-api", "arn:aws:iam::123456789012:role/shop-api-execution"]
  }
}

run "one_subject_each" {
  variables {
    plan           = { state_bucket_arn = "arn:aws:s3:::states" }
    infrastructure = { environment = "infrastructure", role_prefixes = ["shop"] }
  }

  assert {
    condition = { for key, one in aws_iam_role.this : key => jsondecode(one.assume_role_policy).Statement[0].Condition.StringEquals } == {
      plan           = { "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com", "token.actions.githubusercontent.com:sub" = "repo:acme/shop:pull_request" }
      deploy         = { "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com", "token.actions.githubusercontent.com:sub" = "repo:acme/shop:environment:prod" }
      infrastructure = { "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com", "token.actions.githubusercontent.com:sub" = "repo:acme/shop:environment:infrastructure" }
    }
    error_message = "audience and subject are pinned, word for word"
  }

  assert {
    condition     = one([for one in jsondecode(aws_iam_role_policy.infrastructure[0].policy).Statement : one.Resource if one.Effect == "Deny"]) == "arn:aws:iam::*:role/*-github-*"
    error_message = "the strongest role cannot change itself"
  }
}

run "the_deploy_role_changes_no_rights" {
  assert {
    condition = [for one in jsondecode(aws_iam_role_policy.deploy[0].policy).Statement : one.Resource
    if anytrue([for action in one.Action : startswith(action, "iam:")])] == [["arn:aws:iam::123456789012:role/shop-api", "arn:aws:iam::123456789012:role/shop-api-execution"]]
    error_message = "it hands two roles to tasks, and nothing else of IAM"
  }

  assert {
    condition     = contains([for one in jsondecode(aws_iam_role_policy.deploy[0].policy).Statement : try(one.Condition.StringEquals["iam:PassedToService"][0], "")], "ecs-tasks.amazonaws.com")
    error_message = "to tasks only"
  }

  assert {
    condition     = contains(flatten([for one in jsondecode(aws_iam_role_policy.deploy[0].policy).Statement : one.Resource if one.Sid == "Migrate"]), "arn:aws:ecs:us-west-2:123456789012:task-definition/shop-migrate:*")
    error_message = "it runs the migration's task"
  }
}

run "every_repository_of_an_owner" {
  command = plan

  variables {
    repository = "acme/*"
  }

  expect_failures = [var.repository]
}

run "every_role" {
  command = plan

  variables {
    infrastructure = { environment = "infrastructure", role_prefixes = ["*"] }
  }

  expect_failures = [var.infrastructure]
}
