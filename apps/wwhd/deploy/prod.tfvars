# PostgreSQL with pgvector holds everything, so that two tasks and more can serve.
environment        = "prod"
region             = "us-west-2"
domain             = "wwhd.ai"
vpc_cidr           = "10.1.0.0/16"
availability_zones = ["us-west-2a", "us-west-2b"]
nat_per_zone       = true
database           = "postgresql"
rds_instance_class = "db.t4g.small"
rds_multi_az       = true
ecs_cpu            = 1024
ecs_memory         = 2048
ecs_desired_count  = 2
ecs_max_count      = 10
container_insights = "enabled"
log_retention_days = 365
budget_usd         = 300
access_logs        = true
