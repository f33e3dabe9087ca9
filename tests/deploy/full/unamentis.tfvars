# What is optional, switched on over prod.tfvars: so that its plan is tested, too.
account_id           = "123456789012"
image                = "123456789012.dkr.ecr.us-east-1.amazonaws.com/unamentis-core@sha256:1111111111111111111111111111111111111111111111111111111111111111"
admin_emails         = ["ops@example.com"]
alb_certificate_arn  = "arn:aws:acm:us-east-1:123456789012:certificate/1"
api_certificate_arn  = "arn:aws:acm:us-east-1:123456789012:certificate/2"
functions_package    = "unamentis.zip"
cloudflare_rule_sets = ["managed", "owasp"]
alarm_emails         = ["ops@example.com"]
budget_usd           = 50
anomaly_usd          = 10
github_repository    = "acme/unamentis"
