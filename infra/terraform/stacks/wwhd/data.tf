# Two homes of the data. `files`: SQLite on EFS, with Qdrant beside the program, as the document decides; one task writes, so one task
# runs. `postgresql`: all of it in one database with pgvector, as the document recommends; any number of tasks. `slipway copy` moves it.

module "efs" {
  source = "../../modules/efs"
  count  = local.files ? 1 : 0

  name                   = local.name
  vpc_id                 = module.vpc.id
  subnet_ids             = local.task_subnet_ids
  one_zone               = var.efs_one_zone ? var.availability_zones[0] : ""
  client_security_groups = { backend = module.ecs.security_group_ids["backend"] }
  tags                   = local.tags

  # Two folders, each with a root of its own: what one container writes is not seen by the other.
  access_points = {
    data   = { path = "/data" }
    backup = { path = "/backup" }
  }
}

module "rds" {
  source = "../../modules/rds"
  count  = local.files ? 0 : 1

  name                   = local.name
  vpc_id                 = module.vpc.id
  subnet_ids             = module.vpc.private_subnet_ids
  client_security_groups = { for service in ["backend", "migrate"] : service => module.ecs.security_group_ids[service] }
  instance_class         = var.rds_instance_class
  allocated_storage      = var.rds_allocated_storage
  multi_az               = var.rds_multi_az
  availability_zone      = var.rds_multi_az ? "" : var.availability_zones[0]
  database_name          = "wwhd"
  username               = "wwhd_owner"
  password               = var.database_owner_password
  password_version       = var.database_password_version
  deletion_protection    = var.deletion_protection
  final_snapshot         = var.deletion_protection
  tags                   = local.tags
}

locals {
  database        = "${try(module.rds[0].host, "")}:5432/wwhd?sslmode=verify-full&sslrootcert=/etc/ssl/certs/rds-global-bundle.pem"
  task_subnet_ids = var.nat == "none" ? module.vpc.placement_public_subnet_ids : module.vpc.placement_private_subnet_ids
}
