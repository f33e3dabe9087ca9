# Over dev.tfvars: ARM machines for database and cache, a small machine as NAT, the task on Spot.
nat                   = "instance"
rds_instance_class    = "db.t4g.micro"
rds_allocated_storage = 20
redis_engine          = "valkey"
redis_node_type       = "cache.t4g.micro"
ecs_spot              = true
