# Over dev.tfvars: half the size, and files in one zone.
availability_zones = ["us-west-2a"]
efs_one_zone       = true
ecs_cpu            = 512
ecs_memory         = 1024
