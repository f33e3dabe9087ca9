mock_provider "aws" {
  mock_resource "aws_secretsmanager_secret" {
    defaults = { arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/keys-AbCdEf" }
  }
}

variables {
  values = {}
  prefix = "shop"
  region = "us-east-1"
  secrets = {
    keys = { description = "Keys of models", variables = { GROQ_API_KEY = "GROQ_API_KEY", OPENAI_API_KEY = "openai" } }
    jwt  = { description = "Signs tokens", store = "ssm", name = "/shop/dev/jwt", variables = { JWT_SECRET = "" } }
  }
}

run "known_with_the_account" {
  command = plan

  variables {
    account_id = "123456789012"
  }

  assert {
    condition     = output.variables["OPENAI_API_KEY"].value_from == "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/keys:openai::"
    error_message = "a key of the JSON object, named in the plan already"
  }

  assert {
    condition     = output.variables["OPENAI_API_KEY"].resource == "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/keys-??????"
    error_message = "a policy names this secret alone"
  }

  assert {
    condition     = output.variables["JWT_SECRET"] == { value_from = "/shop/dev/jwt", resource = "arn:aws:ssm:us-east-1:123456789012:parameter/shop/dev/jwt" }
    error_message = "a parameter by its name"
  }
}

run "without_the_account" {
  assert {
    condition     = output.variables["GROQ_API_KEY"].value_from == "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/keys-AbCdEf:GROQ_API_KEY::"
    error_message = "the secret's own ARN"
  }

  assert {
    condition     = aws_ssm_parameter.this["jwt"].type == "SecureString" && length(aws_secretsmanager_secret_version.this) == 0
    error_message = "people set the values"
  }

  assert {
    condition     = join(" ", keys(output.by_hand)) == "/shop/dev/jwt shop/keys"
    error_message = "what waits for a value is told"
  }
}

run "a_name_that_looks_like_an_arn_s_end" {
  variables {
    account_id = "123456789012"
    secrets    = { jwt-secret = { description = "Signs tokens", variables = { JWT_SECRET = "" } } }
  }

  assert {
    condition     = output.variables["JWT_SECRET"].value_from == "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/keys-AbCdEf"
    error_message = "AWS would take -secret for its own addition: the whole ARN is named"
  }
}

run "written_and_never_read_back" {
  variables {
    secrets = {
      keys = { description = "Keys of models", variables = { GROQ_API_KEY = "GROQ_API_KEY" }, value_version = 2 }
    }
    values = { keys = "canary-of-the-test" }
  }

  assert {
    condition     = aws_secretsmanager_secret_version.this["keys"].secret_string_wo_version == 2 && aws_secretsmanager_secret_version.this["keys"].secret_string_wo == null
    error_message = "the version is in the state, the value is not"
  }

  assert {
    condition     = length(output.by_hand) == 0
    error_message = "nothing waits"
  }
}

run "a_parameter_has_no_keys" {
  command = plan

  variables {
    secrets = { jwt = { description = "Signs tokens", store = "ssm", variables = { JWT_SECRET = "KEY" } } }
  }

  expect_failures = [var.secrets]
}

run "one_source_of_a_variable" {
  command = plan

  variables {
    secrets = {
      one = { description = "One", variables = { JWT_SECRET = "" } }
      two = { description = "Two", variables = { JWT_SECRET = "" } }
    }
  }

  expect_failures = [var.secrets]
}

run "unknown_store" {
  command = plan

  variables {
    secrets = { jwt = { description = "Signs tokens", store = "vault", variables = { JWT_SECRET = "" } } }
  }

  expect_failures = [var.secrets]
}

run "no_account" {
  command = plan

  variables {
    account_id = "12"
  }

  expect_failures = [var.account_id]
}

run "recovery_of_three_days" {
  command = plan

  variables {
    recovery_window_days = 3
  }

  expect_failures = [var.recovery_window_days]
}
