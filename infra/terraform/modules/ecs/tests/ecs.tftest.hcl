mock_provider "aws" {
  mock_resource "aws_ecs_cluster" {
    defaults = { arn = "arn:aws:ecs:us-west-2:123456789012:cluster/shop-dev" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/shop" }
  }
  mock_resource "aws_ecs_task_definition" {
    defaults = { arn = "arn:aws:ecs:us-west-2:123456789012:task-definition/shop:1" }
  }
}

variables {
  name            = "shop-dev"
  region          = "us-west-2"
  account_id      = "123456789012"
  vpc_id          = "vpc-1"
  repository_arns = ["arn:aws:ecr:us-west-2:123456789012:repository/shop"]
  namespace       = "shop-dev.local"
  peers           = { letta = { from = "api", to = "letta", port = 8283 } }
  services = {
    api = {
      cpu            = 512
      memory         = 1024
      subnet_ids     = ["subnet-1"]
      alarms         = ["shop-5xx"]
      load_balancers = { api = { target_group_arn = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/api/1", container = "api", port = 8000 } }
      ingress        = { balancer = { port = 8000, security_group_id = "sg-1" } }
      autoscaling    = { min = 1, max = 4, requests_per_task = 500, resource_label = "app/1/targetgroup/1" }
      statements     = [{ sid = "Read", actions = ["s3:GetObject"], resources = ["arn:aws:s3:::shop/*"] }]
      containers = {
        api = {
          image       = "shop@sha256:0000000000000000000000000000000000000000000000000000000000000000"
          port        = 8000
          environment = { APP_ENV = "production" }
          secrets = {
            JWT_SECRET = { value_from = "arn:aws:secretsmanager:us-west-2:123456789012:secret:shop/jwt", resource = "arn:aws:secretsmanager:us-west-2:123456789012:secret:shop/jwt-??????" }
            VOYAGE     = { value_from = "/shop/voyage", resource = "arn:aws:ssm:us-west-2:123456789012:parameter/shop/voyage" }
          }
        }
      }
    }
    letta = {
      cpu            = 256
      memory         = 512
      subnet_ids     = ["subnet-1"]
      discovery      = "letta"
      spot           = true
      on_demand_base = 1
      containers     = { letta = { image = "", port = 8283 } }
    }
    migrate = {
      run        = false
      cpu        = 256
      memory     = 512
      subnet_ids = ["subnet-1"]
      containers = { migrate = { image = "", command = ["migrate"] } }
    }
  }
}

run "a_service" {
  command = plan

  assert {
    condition     = aws_ecs_service.this["api"].deployment_circuit_breaker[0].rollback && aws_ecs_service.this["api"].alarms[0].rollback
    error_message = "a deployment that fails, or that an alarm tells of, rolls back"
  }

  assert {
    condition     = !aws_ecs_service.this["api"].network_configuration[0].assign_public_ip && aws_ecs_service.this["api"].platform_version == "LATEST"
    error_message = "no public address, the newest platform"
  }

  assert {
    condition     = aws_ecs_service.this["letta"].desired_count == 0 && aws_ecs_service.this["letta"].tags["DesiredCount"] == "1"
    error_message = "without an image nothing runs, and how many it will be is told"
  }

  assert {
    condition     = keys(aws_ecs_service.this) == ["api", "letta"] && length(aws_ecs_task_definition.this) == 3
    error_message = "what is run by hand has a task definition and no service"
  }

  assert {
    condition = {
      for strategy in aws_ecs_service.this["letta"].capacity_provider_strategy : strategy.capacity_provider => [strategy.base, strategy.weight]
    } == { FARGATE = [1, 0], FARGATE_SPOT = [0, 1] }
    error_message = "one task that is never taken away, the others on Spot"
  }

  assert {
    condition     = output.discovery_names["letta"] == "letta.shop-dev.local"
    error_message = "found by its private name"
  }
}

run "a_container" {
  command = plan

  assert {
    condition = alltrue([
      for container in jsondecode(aws_ecs_task_definition.this["api"].container_definitions) :
      container.readonlyRootFilesystem && container.user == "65532:65532" && container.stopTimeout == 120 && container.linuxParameters.capabilities.drop == ["ALL"]
    ])
    error_message = "no root, nothing to write to, two minutes to end"
  }

  assert {
    condition = jsondecode(aws_ecs_task_definition.this["api"].container_definitions)[0].secrets == [
      { name = "JWT_SECRET", valueFrom = "arn:aws:secretsmanager:us-west-2:123456789012:secret:shop/jwt" }, { name = "VOYAGE", valueFrom = "/shop/voyage" }
    ]
    error_message = "secrets by reference"
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this["api"].container_definitions)[0].logConfiguration.options.mode == "non-blocking"
    error_message = "logs never hold it up"
  }
}

run "rights" {
  command = plan

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.execution["api"].policy).Statement : statement.Sid => statement.Resource
      } == {
      SignInToRegistry = ["*"]
      WriteLogs        = ["arn:aws:logs:us-west-2:123456789012:log-group:/ecs/shop-dev/api:*"]
      PullImage        = ["arn:aws:ecr:us-west-2:123456789012:repository/shop"]
      ReadSecrets = [
        "arn:aws:secretsmanager:us-west-2:123456789012:secret:shop/jwt", "arn:aws:secretsmanager:us-west-2:123456789012:secret:shop/jwt-??????"
      ]
      ReadParameters = ["arn:aws:ssm:us-west-2:123456789012:parameter/shop/voyage"]
    }
    error_message = "what starts the task reads this image, these secrets, and no more"
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.task["api"].policy).Statement == [{ Sid = "Read", Effect = "Allow", Action = ["s3:GetObject"], Resource = ["arn:aws:s3:::shop/*"] }]
    error_message = "what the program acts as has what was named"
  }

  assert {
    condition     = keys(aws_iam_role_policy.task) == ["api"] && jsondecode(aws_iam_role.task["api"].assume_role_policy).Statement[0].Condition.StringEquals == { "aws:SourceAccount" = "123456789012" }
    error_message = "the others have none; only this account's tasks take it"
  }
}

run "network" {
  command = plan

  assert {
    condition     = aws_vpc_security_group_ingress_rule.task["api/balancer"].referenced_security_group_id == "sg-1" && length(aws_vpc_security_group_ingress_rule.task) == 1
    error_message = "the load balancer alone connects to the api"
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.peer["letta"].from_port == 8283 && length(aws_vpc_security_group_egress_rule.peer) == 1
    error_message = "and the api to letta"
  }
}

run "scaling" {
  command = plan

  assert {
    condition     = aws_appautoscaling_target.this["api"].max_capacity == 4 && length(aws_appautoscaling_policy.this) == 3
    error_message = "by CPU, memory and requests"
  }

  assert {
    condition = alltrue([
      for policy in values(aws_appautoscaling_policy.this) :
      policy.target_tracking_scaling_policy_configuration[0].scale_in_cooldown > policy.target_tracking_scaling_policy_configuration[0].scale_out_cooldown
    ])
    error_message = "slower in than out"
  }
}

run "files_have_one_writer" {
  command = plan

  variables {
    peers = {}
    services = {
      api = {
        cpu        = 256
        memory     = 512
        subnet_ids = ["subnet-1"]
        volumes    = { data = { efs = { file_system_id = "fs-1", file_system_arn = "arn:fs", access_point_id = "fsap-1", access_point_arn = "arn:fsap" } } }
        containers = { api = { image = "", mounts = { data = { path = "/data" } } } }
      }
    }
  }

  expect_failures = [aws_ecs_service.this]
}

run "the_old_task_stops_first" {
  command = plan

  variables {
    peers = {}
    services = {
      api = {
        cpu             = 256
        memory          = 512
        subnet_ids      = ["subnet-1"]
        minimum_percent = 0
        maximum_percent = 100
        volumes         = { data = { efs = { file_system_id = "fs-1", file_system_arn = "arn:fs", access_point_id = "fsap-1", access_point_arn = "arn:fsap" } } }
        containers      = { api = { image = "", mounts = { data = { path = "/data" } } } }
      }
    }
  }

  assert {
    condition     = one(aws_ecs_task_definition.this["api"].volume).efs_volume_configuration[0].transit_encryption == "ENABLED"
    error_message = "mounted with TLS"
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.files["api"].policy).Statement[0].Condition.StringEquals == { "elasticfilesystem:AccessPointArn" = ["arn:fsap"] }
    error_message = "through this access point"
  }
}
