# A machine that translates addresses. Its network interface outlives it, and with it the address and the routes: when the machine
# is replaced, traffic goes on as soon as the new one has started.

resource "aws_security_group" "nat" {
  count = var.nat == "instance" ? 1 : 0

  name        = "${var.name}-nat"
  description = "NAT instance: takes what the private subnets send to the internet"
  vpc_id      = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-nat" })
}

resource "aws_vpc_security_group_ingress_rule" "nat" {
  count = var.nat == "instance" ? length(local.zones) : 0

  security_group_id = aws_security_group.nat[0].id
  description       = "From the private subnet in ${local.zones[count.index]}"
  cidr_ipv4         = local.private_cidrs[count.index]
  ip_protocol       = "-1"
}

# What it forwards goes anywhere: the tasks' own groups say where they may connect to.
resource "aws_vpc_security_group_egress_rule" "nat" {
  count = var.nat == "instance" ? 1 : 0

  security_group_id = aws_security_group.nat[0].id
  description       = "To the internet"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_network_interface" "nat" {
  count = var.nat == "instance" ? 1 : 0

  description       = "${var.name} NAT"
  subnet_id         = aws_subnet.public[0].id
  security_groups   = [aws_security_group.nat[0].id]
  source_dest_check = false

  tags = merge(var.tags, { Name = "${var.name}-nat" })
}

resource "aws_eip_association" "nat" {
  count = var.nat == "instance" ? 1 : 0

  allocation_id        = aws_eip.nat[0].id
  network_interface_id = aws_network_interface.nat[0].id
}

resource "aws_route" "nat_instance" {
  count = var.nat == "instance" ? length(local.zones) : 0

  route_table_id         = aws_route_table.private[count.index].id
  destination_cidr_block = "0.0.0.0/0"
  network_interface_id   = aws_network_interface.nat[0].id
}

resource "aws_launch_template" "nat" {
  count = var.nat == "instance" ? 1 : 0

  name                   = "${var.name}-nat"
  description            = "NAT instance of ${var.name}"
  image_id               = var.nat_instance_image
  instance_type          = var.nat_instance_type
  update_default_version = true
  user_data              = base64encode(file("${path.module}/nat_instance.sh"))

  network_interfaces {
    device_index         = 0
    network_interface_id = aws_network_interface.nat[0].id
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  credit_specification {
    cpu_credits = "standard"
  }

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      encrypted   = true
      volume_type = "gp3"
    }
  }

  maintenance_options {
    auto_recovery = "default"
  }

  tags = merge(var.tags, { Name = "${var.name}-nat" })
}

resource "aws_instance" "nat" {
  count = var.nat == "instance" ? 1 : 0

  instance_type           = var.nat_instance_type
  ebs_optimized           = true
  disable_api_termination = false

  launch_template {
    id      = aws_launch_template.nat[0].id
    version = aws_launch_template.nat[0].latest_version
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  tags        = merge(var.tags, { Name = "${var.name}-nat" })
  volume_tags = merge(var.tags, { Name = "${var.name}-nat" })

  depends_on = [aws_eip_association.nat, aws_route.internet]
}
