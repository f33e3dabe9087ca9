# Once per account, before the other stacks: where their states lie, and how GitHub's workflows sign in.
# Its own state is local at first; then `terraform init -migrate-state` with the bucket that it made (README.md).
provider "aws" {
  region = var.region

  default_tags {
    tags = local.tags
  }
}

locals {
  tags = { Application = "bootstrap", ManagedBy = "terraform" }
}

module "states" {
  source = "../../modules/bootstrap"

  bucket = var.bucket
  tags   = local.tags
}

module "github" {
  source = "../../modules/github-oidc"
  count  = var.github_repository == "" ? 0 : 1

  name           = var.name
  repository     = var.github_repository
  plan           = { state_bucket_arn = module.states.bucket_arn }
  infrastructure = { environment = "infrastructure", role_prefixes = var.role_prefixes }
  tags           = local.tags
}
