output "id" {
  description = "Id of the VPC."
  value       = null
}

output "cidr" {
  description = "Its address range."
  value       = null
}

output "availability_zones" {
  description = "All zones with subnets, the spare one included."
  value       = null
}

output "public_subnet_ids" {
  description = "Public subnets, one in each zone with subnets."
  value       = null
}

output "private_subnet_ids" {
  description = "Private subnets, one in each zone with subnets."
  value       = null
}

output "placement_public_subnet_ids" {
  description = "Public subnets in the zones of availability_zones."
  value       = null
}

output "placement_private_subnet_ids" {
  description = "Private subnets in the zones of availability_zones, where tasks run."
  value       = null
}

output "nat_public_ips" {
  description = "Addresses from which private subnets reach the internet."
  value       = null
}

output "private_route_table_ids" {
  description = "Route tables of the private subnets."
  value       = null
}

output "public_route_table_id" {
  description = "Route table of the public subnets."
  value       = null
}

output "s3_endpoint_id" {
  description = "Gateway endpoint of S3."
  value       = null
}

output "endpoint_security_group_id" {
  description = "Security group of the interface endpoints; empty without any."
  value       = null
}
