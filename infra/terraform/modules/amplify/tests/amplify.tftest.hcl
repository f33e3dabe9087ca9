mock_provider "aws" {}

variables {
  name        = "shop"
  folder      = "web"
  environment = { NEXT_PUBLIC_API_URL = "https://api.example.com" }
}

run "builds_every_branch" {
  assert {
    condition     = aws_amplify_app.this.platform == "WEB_COMPUTE" && aws_amplify_app.this.enable_auto_branch_creation
    error_message = "rendered on the server, a deployment per branch"
  }

  assert {
    condition     = yamldecode(aws_amplify_app.this.build_spec).applications[0].appRoot == "web"
    error_message = "the front end's folder is built"
  }

  assert {
    condition     = strcontains(aws_amplify_app.this.build_spec, "npm ci") && strcontains(aws_amplify_app.this.build_spec, "npm run build")
    error_message = "the document's commands build"
  }
}

run "with_a_domain" {
  variables {
    domain = "example.com"
  }

  assert {
    condition     = output.urls["main"] == "https://example.com" && length(aws_amplify_domain_association.this[0].sub_domain) == 2
    error_message = "the apex shows main"
  }
}

run "a_secret_in_the_front_end" {
  command = plan

  variables {
    environment = { OPENAI_API_KEY = "x" }
  }

  expect_failures = [var.environment]
}

run "an_unknown_stage" {
  command = plan

  variables {
    branches = { main = "LIVE" }
  }

  expect_failures = [var.branches]
}
