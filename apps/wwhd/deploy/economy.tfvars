# Over dev.tfvars: the task has an address of its own in place of a NAT, and half the size; files lie in one zone.
availability_zones = ["us-west-2a"]
nat                = "none"
efs_one_zone       = true
ecs_cpu            = 512
ecs_memory         = 1024
