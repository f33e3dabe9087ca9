mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/shop" }
  }

  mock_resource "aws_codestarconnections_connection" {
    defaults = { arn = "arn:aws:codestar-connections:us-east-1:123456789012:connection/1" }
  }
}

variables {
  name             = "shop"
  repository       = "acme/shop"
  artifact_bucket  = { name = "shop-artifacts", arn = "arn:aws:s3:::shop-artifacts" }
  image_repository = { url = "123456789012.dkr.ecr.us-east-1.amazonaws.com/shop", arn = "arn:aws:ecr:us-east-1:123456789012:repository/shop" }
  services         = { api = { cluster = "shop", service = "api", container = "api" }, worker = { cluster = "shop", service = "worker", container = "worker", order = 2 } }
  service_arns     = ["arn:aws:ecs:us-east-1:123456789012:service/shop/api"]
  pass_role_arns   = ["arn:aws:iam::123456789012:role/shop-api"]
}

run "source_build_deploy" {
  assert {
    condition     = aws_codepipeline.this.stage[*].name == tolist(["Source", "Build", "Deploy"])
    error_message = "the document's three stages"
  }

  assert {
    condition     = strcontains(aws_codebuild_project.this["build"].source[0].buildspec, "RepoDigests")
    error_message = "the image goes on by its digest"
  }

  assert {
    condition     = aws_codepipeline.this.stage[2].on_failure[0].result == "ROLLBACK"
    error_message = "a failed roll-out is taken back"
  }
}

run "approved_and_verified" {
  variables {
    approve_by_hand = true
    verify          = { url = "https://api.example.com", app = "apps/shop" }
  }

  assert {
    condition     = aws_codepipeline.this.stage[*].name == tolist(["Source", "Build", "Approve", "Deploy", "Verify"])
    error_message = "a person, and the checks"
  }
}

run "no_services" {
  command = plan

  variables {
    services = {}
  }

  expect_failures = [var.services]
}

run "no_repository" {
  command = plan

  variables {
    repository = "shop"
  }

  expect_failures = [var.repository]
}
