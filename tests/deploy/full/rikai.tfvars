# What is optional, switched on over prod.tfvars: so that its plan is tested, too.
account_id        = "123456789012"
image             = "123456789012.dkr.ecr.us-west-2.amazonaws.com/rikaios@sha256:1111111111111111111111111111111111111111111111111111111111111111"
waf               = true
alarm_emails      = ["ops@example.com"]
budget_usd        = 125
github_repository = "acme/rikaios"
