environment        = "dev"
vpc_cidr           = "10.0.0.0/16"
availability_zones = ["us-east-1a"] # where tasks and database lie; the network adds an empty subnet for the load balancer
rds_instance_class = "db.t3.micro"
redis_node_type    = "cache.t3.micro"
ecs_cpu            = 512
ecs_memory         = 1024
ecs_desired_count  = 1

region                = "us-east-1"
rds_allocated_storage = 100
log_retention_days    = 7
deletion_protection   = false
budget_usd            = 140
