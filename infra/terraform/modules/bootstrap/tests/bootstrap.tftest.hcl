mock_provider "aws" {}

variables {
  bucket = "acme-terraform-states"
}

# Only planned: what may not be destroyed could not be torn down after a test.
run "versions_are_kept" {
  command = plan

  assert {
    condition     = aws_s3_bucket_versioning.state.versioning_configuration[0].status == "Enabled"
    error_message = "older states can be brought back"
  }

  assert {
    condition     = aws_s3_bucket_public_access_block.state.restrict_public_buckets && aws_s3_bucket_public_access_block.state.block_public_policy
    error_message = "nobody else reads states"
  }
}

run "a_name_that_no_bucket_has" {
  command = plan

  variables {
    bucket = "Acme_States"
  }

  expect_failures = [var.bucket]
}

run "older_states_are_the_way_back" {
  command = plan

  variables {
    keep_days = 1
  }

  expect_failures = [var.keep_days]
}
