# Two tasks on Fargate, Aurora at half an ACU, one NAT gateway: the plan's own shape.
environment         = "dev"
region              = "us-west-2"
vpc_cidr            = "10.0.0.0/16"
availability_zones  = ["us-west-2a", "us-west-2b"]
aurora_min_capacity = 0.5
aurora_max_capacity = 2
ecs_cpu             = 512
ecs_memory          = 1024
ecs_desired_count   = 1
log_retention_days  = 7
deletion_protection = false
budget_usd          = 125
