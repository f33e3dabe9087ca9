module "vpc" {
  source = "../../modules/vpc"

  name                    = local.name
  region                  = var.region
  cidr                    = var.vpc_cidr
  availability_zones      = var.availability_zones
  public_subnet_cidrs     = var.public_subnet_cidrs
  private_subnet_cidrs    = var.private_subnet_cidrs
  nat                     = var.nat
  nat_per_zone            = var.nat_per_zone
  flow_log_retention_days = var.log_retention_days
  tags                    = local.tags
}
