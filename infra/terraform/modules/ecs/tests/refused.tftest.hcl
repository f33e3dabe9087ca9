# What a service may not be.
mock_provider "aws" {}

variables {
  name     = "shop-dev"
  region   = "us-west-2"
  vpc_id   = "vpc-1"
  services = { api = { cpu = 256, memory = 512, subnet_ids = ["subnet-1"], containers = { api = { image = "" } } } }
}

run "no_size_of_fargate" {
  command = plan

  variables {
    services = { api = { cpu = 256, memory = 4096, subnet_ids = ["subnet-1"], containers = { api = { image = "" } } } }
  }

  expect_failures = [var.services]
}

run "unknown_machine" {
  command = plan

  variables {
    services = { api = { cpu = 256, memory = 512, architecture = "arm", subnet_ids = ["subnet-1"], containers = { api = { image = "" } } } }
  }

  expect_failures = [var.services]
}

run "never_replaced" {
  command = plan

  variables {
    services = { api = { cpu = 256, memory = 512, minimum_percent = 100, maximum_percent = 100, subnet_ids = ["subnet-1"], containers = { api = { image = "" } } } }
  }

  expect_failures = [var.services]
}

run "more_than_two_minutes_to_end" {
  command = plan

  variables {
    services = { api = { cpu = 256, memory = 512, subnet_ids = ["subnet-1"], containers = { api = { image = "", stop_timeout = 300 } } } }
  }

  expect_failures = [var.services]
}

run "latest" {
  command = plan

  variables {
    services = { api = { cpu = 256, memory = 512, subnet_ids = ["subnet-1"], containers = { api = { image = "shop:latest" } } } }
  }

  expect_failures = [var.services]
}

run "root" {
  command = plan

  variables {
    services = { api = { cpu = 256, memory = 512, subnet_ids = ["subnet-1"], containers = { api = { image = "", user = "0" } } } }
  }

  expect_failures = [var.services]
}

run "a_secret_in_the_open" {
  command = plan

  variables {
    services = { api = { cpu = 256, memory = 512, subnet_ids = ["subnet-1"], containers = { api = { image = "", environment = { JWT_SECRET = "canary-of-the-test" } } } } }
  }

  expect_failures = [var.services]
}

run "a_password_in_a_url" {
  command = plan

  variables {
    services = {
      api = {
        cpu = 256, memory = 512, subnet_ids = ["subnet-1"], containers = { api = { image = "", environment = { URL = "redis://:canary-of-the-test@cache:6379" } } }
      }
    }
  }

  expect_failures = [var.services]
}

run "a_rule_without_a_peer" {
  command = plan

  variables {
    services = { api = { cpu = 256, memory = 512, subnet_ids = ["subnet-1"], ingress = { all = { port = 8000 } }, containers = { api = { image = "" } } } }
  }

  expect_failures = [var.services]
}

run "scales_to_nothing" {
  command = plan

  variables {
    services = { api = { cpu = 256, memory = 512, subnet_ids = ["subnet-1"], autoscaling = { min = 0, max = 2 }, containers = { api = { image = "" } } } }
  }

  expect_failures = [var.services]
}

run "a_peer_that_is_not_there" {
  command = plan

  variables {
    peers = { letta = { from = "api", to = "letta", port = 8283 } }
  }

  expect_failures = [var.peers]
}

run "unknown_insights" {
  command = plan

  variables {
    container_insights = "on"
  }

  expect_failures = [var.container_insights]
}
