# Over dev.tfvars: half the memory and a quarter of the processor, and files in one zone.
availability_zones = ["us-west-2a"]
efs_one_zone       = true
ecs_cpu            = 256
ecs_memory         = 1024
