output "id" {
  description = "Id of the file system."
  value       = null
}

output "arn" {
  description = "Its ARN."
  value       = null
}

output "access_point_ids" {
  description = "Ids of the access points, by name."
  value       = null
}

output "access_point_arns" {
  description = "Their ARNs, by name."
  value       = null
}

output "volumes" {
  description = "By access point: what a volume of the ecs module takes."
  value       = null
}

output "security_group_id" {
  description = "Security group of the mount targets."
  value       = null
}
