environment        = "dev"
vpc_cidr           = "10.0.0.0/16"
availability_zones = ["us-east-1a"]
rds_instance_class = "db.t3.micro"
redis_node_type    = "cache.t3.micro"
ecs_cpu            = 512
ecs_memory         = 1024
ecs_desired_count  = 1
