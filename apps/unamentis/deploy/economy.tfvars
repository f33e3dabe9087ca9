# Over dev.tfvars: one zone, the smallest task on Spot, traffic by Cloudflare's tunnel in place of a load balancer.
availability_zones = ["us-east-1a"]
ingress            = "tunnel"
