mock_provider "aws" {
  mock_resource "aws_efs_file_system" {
    defaults = { arn = "arn:aws:elasticfilesystem:us-west-2:123456789012:file-system/fs-1" }
  }
  mock_resource "aws_efs_access_point" {
    defaults = { arn = "arn:aws:elasticfilesystem:us-west-2:123456789012:access-point/fsap-1" }
  }
}

variables {
  name                   = "shop-dev"
  vpc_id                 = "vpc-1"
  subnet_ids             = ["subnet-1", "subnet-2"]
  client_security_groups = { api = "sg-1" }
  access_points          = { data = { path = "/data" }, backup = { path = "/backup" } }
}

run "each_access_point_has_a_folder_of_its_own" {
  assert {
    condition     = aws_efs_file_system.this.encrypted && aws_efs_backup_policy.this.backup_policy[0].status == "ENABLED" && length(aws_efs_mount_target.this) == 2
    error_message = "encrypted, saved, reached from both zones"
  }

  assert {
    condition     = aws_efs_access_point.this["data"].root_directory[0].path == "/data" && aws_efs_access_point.this["backup"].posix_user[0].uid == 65532
    error_message = "a folder and a user"
  }

  assert {
    condition     = jsondecode(aws_efs_file_system_policy.this.policy).Statement[1].Condition == { Bool = { "aws:SecureTransport" = "false" } }
    error_message = "nobody mounts without TLS"
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.client["api"].from_port == 2049 && aws_vpc_security_group_ingress_rule.client["api"].cidr_ipv4 == null
    error_message = "NFS from its clients alone"
  }
}

run "in_one_zone" {
  variables {
    subnet_ids = ["subnet-1"]
    one_zone   = "us-west-2a"
  }

  assert {
    condition     = aws_efs_file_system.this.availability_zone_name == "us-west-2a" && length(aws_efs_mount_target.this) == 1
    error_message = "one zone, one mount target"
  }
}

run "one_zone_with_two_subnets" {
  command = plan

  variables {
    one_zone = "us-west-2a"
  }

  expect_failures = [var.subnet_ids]
}

run "one_tree_for_two" {
  command = plan

  variables {
    access_points = { data = { path = "/data" }, backup = { path = "/data" } }
  }

  expect_failures = [var.access_points]
}

run "the_root_itself" {
  command = plan

  variables {
    access_points = { data = { path = "/" } }
  }

  expect_failures = [var.access_points]
}

run "moved_after_ten_days" {
  command = plan

  variables {
    infrequent_access_days = 10
  }

  expect_failures = [var.infrequent_access_days]
}
