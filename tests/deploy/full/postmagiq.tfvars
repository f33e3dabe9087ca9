# What is optional, switched on over prod.tfvars: so that its plan is tested, too.
account_id              = "123456789012"
domain                  = "yourdomain.com"
tenant_domains          = { "posts.acme.com" = "arn:aws:acm:us-east-1:123456789012:certificate/1" }
image                   = "123456789012.dkr.ecr.us-east-1.amazonaws.com/postmagiq@sha256:1111111111111111111111111111111111111111111111111111111111111111"
worker                  = true
rds_proxy_iam           = true
tracing                 = true
watermark_url           = "https://watermark.example.com"
ollama_url              = "https://ollama.example.com"
alarm_emails            = ["ops@example.com"]
budget_usd              = 1000
anomaly_usd             = 50
github_repository       = "acme/postmagiq"
codepipeline_repository = "acme/postmagiq"
