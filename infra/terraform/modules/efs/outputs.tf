output "id" {
  description = "Id of the file system."
  value       = aws_efs_file_system.this.id
}

output "arn" {
  description = "Its ARN."
  value       = aws_efs_file_system.this.arn
}

output "access_point_ids" {
  description = "Ids of the access points, by name."
  value       = { for name, point in aws_efs_access_point.this : name => point.id }
}

output "access_point_arns" {
  description = "Their ARNs, by name."
  value       = { for name, point in aws_efs_access_point.this : name => point.arn }
}

output "volumes" {
  description = "By access point: what a volume of the ecs module takes."
  value = {
    for name, point in aws_efs_access_point.this : name => {
      efs = {
        file_system_id   = aws_efs_file_system.this.id
        file_system_arn  = aws_efs_file_system.this.arn
        access_point_id  = point.id
        access_point_arn = point.arn
      }
    }
  }
}

output "security_group_id" {
  description = "Security group of the mount targets."
  value       = aws_security_group.this.id
}
