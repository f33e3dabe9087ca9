output "configuration" {
  description = "What Cloudflare should be like, as JSON for scripts/cloudflare.py."
  value       = terraform_data.configuration.output
}

output "urls" {
  description = "Host to its URL."
  value       = { for host, name in local.hosts : host => "https://${name}" }
}
