mock_provider "aws" {
  mock_resource "aws_rds_cluster" {
    defaults = { arn = "arn:aws:rds:us-west-2:123456789012:cluster:shop-dev", cluster_resource_id = "cluster-ABC" }
  }
}

variables {
  password               = "not-used-with-version-0"
  name                   = "shop-dev"
  vpc_id                 = "vpc-1"
  subnet_ids             = ["subnet-1", "subnet-2"]
  client_security_groups = { api = "sg-1", letta = "sg-2" }
  database_name          = "shop"
}

run "serverless_at_half_a_unit" {
  assert {
    condition     = aws_rds_cluster.this.serverlessv2_scaling_configuration[0].min_capacity == 0.5 && aws_rds_cluster_instance.this[0].instance_class == "db.serverless"
    error_message = "Serverless v2 from 0.5 ACU"
  }

  assert {
    condition     = aws_rds_cluster.this.storage_encrypted && aws_rds_cluster.this.deletion_protection && aws_rds_cluster.this.backup_retention_period == 7
    error_message = "encrypted, protected, a week of backups"
  }

  assert {
    condition     = aws_rds_cluster.this.manage_master_user_password && aws_rds_cluster.this.master_password == null
    error_message = "RDS makes the owner's password"
  }

  assert {
    condition = alltrue([
      for parameter in aws_rds_cluster_parameter_group.this.parameter : parameter.name != "shared_preload_libraries"
      ]) && contains([for parameter in aws_rds_cluster_parameter_group.this.parameter : "${parameter.name}=${parameter.value}"], "rds.force_ssl=1"
    )
    error_message = "TLS is forced, and pgvector is no preloaded library"
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.client) == 2 && alltrue([for rule in values(aws_vpc_security_group_ingress_rule.client) : rule.cidr_ipv4 == null])
    error_message = "both services, by their security groups"
  }
}

run "sleeps" {
  variables {
    min_capacity = 0
    max_capacity = 1
  }

  assert {
    condition     = aws_rds_cluster.this.serverlessv2_scaling_configuration[0].seconds_until_auto_pause == 300
    error_message = "it sleeps after five minutes without a connection"
  }
}

run "a_reader_takes_over" {
  variables {
    instance_count = 2
  }

  assert {
    condition     = aws_rds_cluster_instance.this[*].promotion_tier == [0, 1]
    error_message = "the reader scales with the writer and takes over"
  }
}

run "no_quarter_of_a_unit" {
  command = plan

  variables {
    min_capacity = 0.25
  }

  expect_failures = [var.min_capacity]
}

run "most_under_least" {
  command = plan

  variables {
    min_capacity = 4
    max_capacity = 2
  }

  expect_failures = [var.max_capacity]
}

run "pgvector_is_not_preloaded" {
  command = plan

  variables {
    parameters = { shared_preload_libraries = "pgvector" }
  }

  expect_failures = [var.parameters]
}

run "no_subnet_group_of_one" {
  command = plan

  variables {
    subnet_ids = ["subnet-1"]
  }

  expect_failures = [var.subnet_ids]
}

run "no_instance" {
  command = plan

  variables {
    instance_count = 0
  }

  expect_failures = [var.instance_count]
}

run "sleeps_at_once" {
  command = plan

  variables {
    seconds_until_auto_pause = 10
  }

  expect_failures = [var.seconds_until_auto_pause]
}
