# Over dev.tfvars: the database sleeps when nobody asks, a small machine is the NAT, the tasks are as small as Fargate has them.
availability_zones  = ["us-west-2a"]
nat                 = "instance"
aurora_min_capacity = 0
aurora_max_capacity = 1
ecs_cpu             = 256
ecs_memory          = 512
