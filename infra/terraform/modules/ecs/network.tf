locals {
  ingress = merge([
    for name, service in var.services : { for from, rule in service.ingress : "${name}/${from}" => merge(rule, { service = name, peer = from }) }
  ]...)
  egress = merge([
    for name, service in var.services : { for to, rule in service.egress : "${name}/${to}" => merge(rule, { service = name, peer = to }) }
  ]...)
}

resource "aws_security_group" "task" {
  for_each = var.services

  name        = "${var.name}-${each.key}"
  description = "Tasks of ${each.key}"
  vpc_id      = var.vpc_id

  tags = merge(var.tags, { Name = "${var.name}-${each.key}" })
}

resource "aws_vpc_security_group_ingress_rule" "task" {
  for_each = local.ingress

  security_group_id            = aws_security_group.task[each.value.service].id
  description                  = "From ${each.value.peer}"
  referenced_security_group_id = each.value.security_group_id
  prefix_list_id               = each.value.prefix_list_id
  cidr_ipv4                    = each.value.cidr
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "task" {
  for_each = local.egress

  security_group_id            = aws_security_group.task[each.value.service].id
  description                  = "To ${each.value.peer}"
  referenced_security_group_id = each.value.security_group_id
  prefix_list_id               = each.value.prefix_list_id
  cidr_ipv4                    = each.value.cidr
  ip_protocol                  = each.value.protocol
  from_port                    = each.value.port
  to_port                      = each.value.port
}

# Services of this cluster that reach each other: a rule of its own on each side, since a group cannot be named before it exists.
resource "aws_vpc_security_group_ingress_rule" "peer" {
  for_each = var.peers

  security_group_id            = aws_security_group.task[each.value.to].id
  description                  = "From ${each.value.from}"
  referenced_security_group_id = aws_security_group.task[each.value.from].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "peer" {
  for_each = var.peers

  security_group_id            = aws_security_group.task[each.value.from].id
  description                  = "To ${each.value.to}"
  referenced_security_group_id = aws_security_group.task[each.value.to].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}
