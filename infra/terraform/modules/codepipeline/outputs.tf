output "name" {
  description = "Name of the pipeline."
  value       = aws_codepipeline.this.name
}

output "arn" {
  description = "ARN of the pipeline."
  value       = aws_codepipeline.this.arn
}

output "connection_arn" {
  description = "Connection to GitHub, which a person confirms once in the console."
  value       = aws_codestarconnections_connection.github.arn
}
