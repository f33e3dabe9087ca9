environment        = "prod"
vpc_cidr           = "10.1.0.0/16"
availability_zones = ["us-east-1a", "us-east-1b"]
rds_instance_class = "db.r6g.large"
rds_multi_az       = true
redis_node_type    = "cache.r6g.large"
ecs_cpu            = 2048
ecs_memory         = 4096
ecs_desired_count  = 2

region                = "us-east-1"
nat_per_zone          = true
rds_allocated_storage = 100
rds_proxy             = true
redis_node_count      = 2
ecs_max_count         = 8
container_insights    = "enabled"
log_retention_days    = 365
