variable "name" {
  description = "Name of the environment, as `rikaios-dev`; every name and tag begins with it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name: 3 to 32 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
}

variable "region" {
  description = "Region, as `us-west-2`; names the endpoint services."
  type        = string
}

variable "cidr" {
  description = "Address range of the VPC, /16 to /22."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.cidr)) && try(tonumber(split("/", var.cidr)[1]), 0) >= 16 && try(tonumber(split("/", var.cidr)[1]), 32) <= 22
    error_message = "cidr: an IPv4 range of /16 to /22, as 10.0.0.0/16."
  }
}

variable "availability_zones" {
  description = <<-TEXT
    Zones in which tasks and databases are placed, one to three. With one, empty subnets in a second zone are added,
    because load balancers and subnet groups need two.
  TEXT
  type        = list(string)

  validation {
    condition = (
      length(var.availability_zones) >= 1 && length(var.availability_zones) <= 3
      && length(distinct(var.availability_zones)) == length(var.availability_zones)
    )
    error_message = "availability_zones: one to three different zones."
  }
}

variable "spare_availability_zone" {
  description = "The second zone where `availability_zones` has one; empty: zone b of the region, or a where b is taken."
  type        = string
  default     = ""
}

variable "public_subnet_cidrs" {
  description = "Ranges of the public subnets, one for each zone; empty: cut from the lower half of `cidr`."
  type        = list(string)
  default     = []
}

variable "private_subnet_cidrs" {
  description = "Ranges of the private subnets, one for each zone; empty: cut from the upper half of `cidr`."
  type        = list(string)
  default     = []
}

variable "nat" {
  description = <<-TEXT
    How private subnets reach the internet: `gateway`, `instance` (a small machine that translates addresses, about a
    fifth of the price, down for minutes when it fails) or `none`.
  TEXT
  type        = string
  default     = "gateway"

  validation {
    condition     = contains(["gateway", "instance", "none"], var.nat)
    error_message = "nat: gateway, instance or none."
  }
}

variable "nat_per_zone" {
  description = "A NAT gateway in each zone of `availability_zones`, so that the loss of a zone takes no other with it."
  type        = bool
  default     = false
}

variable "nat_instance_type" {
  description = "Machine of the NAT instance; ARM."
  type        = string
  default     = "t4g.nano"
}

variable "nat_instance_image" {
  description = "Image of the NAT instance: an AMI id, or `resolve:ssm:` and a public parameter, which EC2 reads at launch."
  type        = string
  default     = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
}

variable "interface_endpoints" {
  description = <<-TEXT
    AWS services reached by private addresses, as `ecr.api`, `ecr.dkr`, `logs`, `secretsmanager`, `ssm`; each costs by
    zone and hour.
  TEXT
  type        = set(string)
  default     = []
}

variable "flow_log_retention_days" {
  description = "Days that flow logs are kept; 0: no flow logs."
  type        = number
  default     = 30
}
