# One database with pgvector (CREATE EXTENSION by `slipway migrate`); RDS makes the owner's password and keeps it.
module "rds" {
  source = "../../modules/rds"

  name                   = local.name
  vpc_id                 = module.vpc.id
  subnet_ids             = module.vpc.private_subnet_ids
  client_security_groups = { letta = module.ecs.security_group_ids["letta"], migrate = module.ecs.security_group_ids["migrate"] }
  instance_class         = var.rds_instance_class
  allocated_storage      = var.rds_allocated_storage
  multi_az               = var.rds_multi_az
  availability_zone      = var.rds_multi_az ? "" : var.availability_zones[0]
  database_name          = "letta"
  username               = "deepscifi_owner"
  deletion_protection    = var.deletion_protection
  final_snapshot         = var.deletion_protection
  tags                   = local.tags
}
