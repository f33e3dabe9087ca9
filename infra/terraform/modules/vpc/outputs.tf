output "id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}

output "cidr" {
  description = "Its address range."
  value       = aws_vpc.this.cidr_block
}

output "availability_zones" {
  description = "All zones with subnets, the spare one included."
  value       = local.zones
}

output "public_subnet_ids" {
  description = "Public subnets, one in each zone with subnets."
  value       = aws_subnet.public[*].id
}

output "private_subnet_ids" {
  description = "Private subnets, one in each zone with subnets."
  value       = aws_subnet.private[*].id
}

output "placement_public_subnet_ids" {
  description = "Public subnets in the zones of availability_zones."
  value       = slice(aws_subnet.public[*].id, 0, length(local.placed))
}

output "placement_private_subnet_ids" {
  description = "Private subnets in the zones of availability_zones, where tasks run."
  value       = slice(aws_subnet.private[*].id, 0, length(local.placed))
}

output "nat_public_ips" {
  description = "Addresses from which private subnets reach the internet."
  value       = aws_eip.nat[*].public_ip
}

output "private_route_table_ids" {
  description = "Route tables of the private subnets."
  value       = aws_route_table.private[*].id
}

output "public_route_table_id" {
  description = "Route table of the public subnets."
  value       = aws_route_table.public.id
}

output "s3_endpoint_id" {
  description = "Gateway endpoint of S3."
  value       = aws_vpc_endpoint.s3.id
}

output "endpoint_security_group_id" {
  description = "Security group of the interface endpoints; empty without any."
  value       = try(aws_security_group.endpoints[0].id, "")
}
