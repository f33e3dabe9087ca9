# Over dev.tfvars: the same private network, with a small machine as its NAT, and one task on Spot.
availability_zones = ["us-west-2a"]
nat                = "instance"
rds_instance_class = "db.t4g.micro"
ecs_cpu            = 256
ecs_memory         = 512
ecs_spot           = true
