terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }

  # The bucket is that of stacks/bootstrap: terraform init -backend-config=bucket=… -backend-config=key=unamentis/ENVIRONMENT …
  backend "s3" {
    use_lockfile = true
    encrypt      = true
  }
}
