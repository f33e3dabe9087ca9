mock_provider "aws" {
  mock_resource "aws_db_instance" {
    defaults = { arn = "arn:aws:rds:us-east-1:123456789012:db:shop-dev", resource_id = "db-ABC", address = "shop.rds.internal" }
  }
  mock_resource "aws_db_proxy" {
    defaults = { endpoint = "proxy.rds.internal" }
  }
  mock_resource "aws_db_proxy_default_target_group" {
    defaults = { name = "default" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/shop-dev-proxy" }
  }
}

variables {
  password               = "not-used-with-version-0"
  name                   = "shop-dev"
  vpc_id                 = "vpc-1"
  subnet_ids             = ["subnet-1", "subnet-2"]
  client_security_groups = { api = "sg-1" }
  instance_class         = "db.t4g.micro"
  database_name          = "shop"
}

run "safe_by_default" {
  assert {
    condition     = aws_db_instance.this.storage_encrypted && !aws_db_instance.this.publicly_accessible && aws_db_instance.this.deletion_protection
    error_message = "encrypted, private, protected"
  }

  assert {
    condition     = aws_db_instance.this.backup_retention_period == 7 && !aws_db_instance.this.skip_final_snapshot && aws_db_instance.this.copy_tags_to_snapshot
    error_message = "a week of backups, a last snapshot"
  }

  assert {
    condition     = aws_db_instance.this.manage_master_user_password && aws_db_instance.this.password_wo == null && aws_db_instance.this.password == null
    error_message = "RDS makes the owner's password"
  }

  assert {
    condition     = contains([for parameter in aws_db_parameter_group.this.parameter : "${parameter.name}=${parameter.value}"], "rds.force_ssl=1")
    error_message = "TLS is forced"
  }

  assert {
    condition     = aws_db_instance.this.engine_version == "16" && aws_db_instance.this.storage_type == "gp3" && aws_db_instance.this.max_allocated_storage == 100
    error_message = "PostgreSQL 16 on storage that grows"
  }

  assert {
    condition = alltrue([
      for rule in values(aws_vpc_security_group_ingress_rule.client) : rule.referenced_security_group_id == "sg-1" && rule.from_port == 5432 && rule.cidr_ipv4 == null
    ]) && length(aws_vpc_security_group_ingress_rule.client) == 1
    error_message = "its clients alone, by their security groups"
  }

  assert {
    condition     = output.host == "shop.rds.internal" && output.connect_arn_prefix == "arn:aws:rds-db:us-east-1:123456789012:dbuser:db-ABC/"
    error_message = "the instance itself, and what IAM names"
  }
}

run "password_that_was_given" {
  variables {
    password         = "canary-of-the-test-1234"
    password_version = 1
  }

  assert {
    condition     = aws_db_instance.this.manage_master_user_password == null && aws_db_instance.this.password_wo == null && aws_db_instance.this.password_wo_version == 1
    error_message = "written, and not kept"
  }
}

run "multi_az_with_proxy" {
  variables {
    multi_az          = true
    availability_zone = "us-east-1a"
    instance_class    = "db.r6g.large"
    proxy             = { secret_arns = { app = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app" }, require_iam = true }
  }

  assert {
    condition     = aws_db_instance.this.multi_az
    error_message = "a standby in another zone"
  }

  assert {
    condition     = aws_db_proxy.this[0].require_tls && [for auth in aws_db_proxy.this[0].auth : auth.iam_auth] == ["REQUIRED"]
    error_message = "TLS, and tokens of IAM"
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.proxy[0].policy).Statement[0].Resource == ["arn:aws:secretsmanager:us-east-1:123456789012:secret:app"]
    error_message = "it reads this secret alone"
  }

  assert {
    condition     = output.host == "proxy.rds.internal" && output.instance_host == "shop.rds.internal"
    error_message = "clients go to the proxy, migrations past it"
  }
}

run "no_subnet_group_of_one" {
  command = plan

  variables {
    subnet_ids = ["subnet-1"]
  }

  expect_failures = [var.subnet_ids]
}

run "backups_of_a_day" {
  command = plan

  variables {
    backup_retention_days = 1
  }

  expect_failures = [var.backup_retention_days]
}

run "pgvector_is_not_preloaded" {
  command = plan

  variables {
    parameters = { shared_preload_libraries = "pg_stat_statements,vector" }
  }

  expect_failures = [var.parameters]
}

run "an_engine_without_pgvector" {
  command = plan

  variables {
    engine_version = "11.4"
  }

  expect_failures = [var.engine_version]
}

run "unknown_class" {
  command = plan

  variables {
    instance_class = "t3.micro"
  }

  expect_failures = [var.instance_class]
}

run "storage_under_the_least" {
  command = plan

  variables {
    allocated_storage = 5
  }

  expect_failures = [var.allocated_storage]
}

run "storage_that_shrinks" {
  command = plan

  variables {
    allocated_storage     = 200
    max_allocated_storage = 100
  }

  expect_failures = [aws_db_instance.this]
}

run "a_proxy_without_a_secret" {
  command = plan

  variables {
    proxy = { secret_arns = {} }
  }

  expect_failures = [var.proxy]
}

run "a_guessed_user" {
  command = plan

  variables {
    username = "postgres"
  }

  expect_failures = [var.username]
}
