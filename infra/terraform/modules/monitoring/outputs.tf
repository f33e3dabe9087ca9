output "topic_arn" {
  description = "Topic that alarms and budget write to."
  value       = aws_sns_topic.alarms.arn
}

output "alarm_names" {
  description = "Alarm (such as \"api-cpu\") to its full name."
  value       = { for key, one in aws_cloudwatch_metric_alarm.this : key => one.alarm_name }
}

output "dashboard_names" {
  description = "Names of the dashboards."
  value       = [for one in aws_cloudwatch_dashboard.this : one.dashboard_name]
}

output "log_group_names" {
  description = "Names of the log groups that were made here."
  value       = [for one in aws_cloudwatch_log_group.this : one.name]
}
