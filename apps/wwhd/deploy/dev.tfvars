# One task with Qdrant beside the program, all files on EFS: the document's own decision. It lists no NAT: the task has an address of its own,
# and admits the load balancer alone.
environment         = "dev"
region              = "us-west-2"
domain              = "dev.wwhd.ai"
vpc_cidr            = "10.0.0.0/16"
availability_zones  = ["us-west-2a", "us-west-2b"]
nat                 = "none"
database            = "files"
ecs_cpu             = 1024
ecs_memory          = 2048
ecs_desired_count   = 1
log_retention_days  = 7
deletion_protection = false
budget_usd          = 100
