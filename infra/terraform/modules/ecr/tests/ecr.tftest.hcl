mock_provider "aws" {}

variables {
  name = "shop"
}

run "tags_never_move" {
  command = plan

  assert {
    condition     = aws_ecr_repository.this.image_tag_mutability == "IMMUTABLE" && aws_ecr_repository.this.image_scanning_configuration[0].scan_on_push
    error_message = "immutable tags, scanned at the push"
  }

  assert {
    condition     = jsondecode(aws_ecr_lifecycle_policy.this.policy).rules[1].selection.countNumber == 20
    error_message = "the newest images are kept"
  }
}

run "own_key" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:us-west-2:123456789012:key/1"
    region      = "us-west-2"
    account_id  = "123456789012"
  }

  assert {
    condition     = aws_ecr_repository.this.encryption_configuration[0].encryption_type == "KMS"
    error_message = "encrypted by the key that was given"
  }

  assert {
    condition     = output.arn == "arn:aws:ecr:us-west-2:123456789012:repository/shop"
    error_message = "with the account the ARN is known in the plan"
  }
}

run "nothing_to_roll_back_to" {
  command = plan

  variables {
    keep_images = 1
  }

  expect_failures = [var.keep_images]
}

run "no_name_of_a_repository" {
  command = plan

  variables {
    name = "Shop"
  }

  expect_failures = [var.name]
}
