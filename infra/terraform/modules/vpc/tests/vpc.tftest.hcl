mock_provider "aws" {}

variables {
  name               = "shop-dev"
  region             = "us-west-2"
  cidr               = "10.0.0.0/16"
  availability_zones = ["us-west-2a", "us-west-2b"]
}

run "two_zones_and_one_gateway" {
  command = plan

  assert {
    condition     = length(aws_subnet.public) == 2 && length(aws_subnet.private) == 2 && length(aws_nat_gateway.this) == 1
    error_message = "two public and two private subnets, one NAT gateway"
  }

  assert {
    condition     = length(distinct(concat(aws_subnet.public[*].cidr_block, aws_subnet.private[*].cidr_block))) == 4
    error_message = "no range is given twice"
  }

  assert {
    condition     = alltrue([for subnet in concat(aws_subnet.public, aws_subnet.private) : !subnet.map_public_ip_on_launch])
    error_message = "no subnet gives out public addresses by itself"
  }

  assert {
    condition     = length(aws_route.nat_gateway) == 2 && length(aws_instance.nat) == 0
    error_message = "both private subnets have a way out, by the gateway"
  }

  assert {
    condition     = aws_flow_log.this[0].traffic_type == "ALL" && aws_cloudwatch_log_group.flow[0].retention_in_days == 30
    error_message = "flow logs are on, and kept for a time"
  }
}

run "one_zone_has_an_empty_second_one" {
  command = plan

  variables {
    availability_zones = ["us-east-1a"]
    region             = "us-east-1"
  }

  assert {
    condition     = output.availability_zones == tolist(["us-east-1a", "us-east-1b"])
    error_message = "load balancers and subnet groups need two zones"
  }

  assert {
    condition     = length(output.placement_private_subnet_ids) == 1 && length(output.private_subnet_ids) == 2
    error_message = "tasks lie in the one zone that was asked for"
  }
}

run "the_spare_zone_is_never_the_first" {
  command = plan

  variables {
    availability_zones = ["us-east-1b"]
  }

  assert {
    condition     = output.availability_zones == tolist(["us-east-1b", "us-east-1a"])
    error_message = "another zone than the first"
  }
}

run "nat_in_each_zone" {
  command = plan

  variables {
    availability_zones = ["us-west-2a", "us-west-2b", "us-west-2c"]
    nat_per_zone       = true
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 3 && length(aws_eip.nat) == 3
    error_message = "a gateway in each zone"
  }
}

run "nat_instance" {
  command = plan

  variables {
    nat = "instance"
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 0 && aws_instance.nat[0].instance_type == "t4g.nano"
    error_message = "a machine in place of the gateway"
  }

  assert {
    condition     = aws_network_interface.nat[0].source_dest_check == false && length(aws_route.nat_instance) == 2
    error_message = "it forwards what is not for itself, for both private subnets"
  }

  assert {
    condition     = aws_launch_template.nat[0].metadata_options[0].http_tokens == "required" && aws_instance.nat[0].metadata_options[0].http_tokens == "required"
    error_message = "its metadata need a token"
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_ingress_rule.nat : contains(aws_subnet.private[*].cidr_block, rule.cidr_ipv4)])
    error_message = "only private subnets may use it"
  }
}

run "no_nat" {
  command = plan

  variables {
    nat                     = "none"
    flow_log_retention_days = 0
    interface_endpoints     = ["ecr.api", "ecr.dkr", "logs"]
  }

  assert {
    condition     = length(aws_eip.nat) == 0 && length(aws_flow_log.this) == 0 && length(aws_vpc_endpoint.interface) == 3
    error_message = "no address is paid for, endpoints by name"
  }

  assert {
    condition     = aws_vpc_endpoint.interface["ecr.dkr"].service_name == "com.amazonaws.us-west-2.ecr.dkr"
    error_message = "the region's own service"
  }
}

run "ranges_of_the_document" {
  command = plan

  variables {
    public_subnet_cidrs  = ["10.0.1.0/24", "10.0.2.0/24"]
    private_subnet_cidrs = ["10.0.3.0/24", "10.0.4.0/24"]
  }

  assert {
    condition     = aws_subnet.public[1].cidr_block == "10.0.2.0/24" && aws_subnet.private[0].cidr_block == "10.0.3.0/24"
    error_message = "given ranges are taken"
  }
}

run "too_few_ranges" {
  command = plan

  variables {
    public_subnet_cidrs = ["10.0.1.0/24"]
  }

  expect_failures = [aws_vpc.this]
}

run "no_zone" {
  command = plan

  variables {
    availability_zones = []
  }

  expect_failures = [var.availability_zones]
}

run "no_range" {
  command = plan

  variables {
    cidr = "10.0.0.0/28"
  }

  expect_failures = [var.cidr]
}

run "unknown_nat" {
  command = plan

  variables {
    nat = "bridge"
  }

  expect_failures = [var.nat]
}
