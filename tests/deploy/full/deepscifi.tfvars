# What is optional, switched on over prod.tfvars: so that its plan is tested, too.
account_id          = "123456789012"
image               = "123456789012.dkr.ecr.us-west-2.amazonaws.com/deepscifi@sha256:1111111111111111111111111111111111111111111111111111111111111111"
waf                 = true
ecs_spot            = true
alarm_emails        = ["ops@example.com"]
budget_usd          = 200
anomaly_usd         = 20
github_repository   = "acme/deepscifi"
github_provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
