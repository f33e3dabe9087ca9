locals {
  projects = merge({ build = local.build_commands }, var.verify == null ? {} : { verify = local.verify_commands })

  # The image goes on by its digest: what is built here is exactly what is released.
  build_commands = {
    version = 0.2
    phases = {
      pre_build = { commands = [
        "aws ecr get-login-password --region $AWS_DEFAULT_REGION | docker login --username AWS --password-stdin $${IMAGE_URL%%/*}",
      ] }
      build = { commands = [
        "docker build --pull -t $IMAGE_URL:$CODEBUILD_RESOLVED_SOURCE_VERSION .",
        "docker push $IMAGE_URL:$CODEBUILD_RESOLVED_SOURCE_VERSION",
      ] }
      post_build = { commands = [
        "test $CODEBUILD_BUILD_SUCCEEDING = 1",
        "IMAGE=$(docker inspect --format '{{index .RepoDigests 0}}' $IMAGE_URL:$CODEBUILD_RESOLVED_SOURCE_VERSION)",
        "for service in $SERVICES; do printf '[{\"name\":\"%s\",\"imageUri\":\"%s\"}]' $${service#*=} $IMAGE > images-$${service%%=*}.json; done",
        "printf '%s' $IMAGE > image.txt",
      ] }
    }
    artifacts = { files = ["images-*.json", "image.txt"] }
  }

  verify_commands = {
    version = 0.2
    phases = {
      build = { commands = [
        "IMAGE=$(cat image.txt)",
        "aws ecr get-login-password --region $AWS_DEFAULT_REGION | docker login --username AWS --password-stdin $${IMAGE_URL%%/*}",
        "docker run --rm $IMAGE verify $VERIFY_URL --app $VERIFY_APP",
      ] }
    }
  }
}

resource "aws_codestarconnections_connection" "github" {
  name          = substr(var.name, 0, 32)
  provider_type = "GitHub"
  tags          = var.tags
}

resource "aws_cloudwatch_log_group" "project" {
  for_each = local.projects

  name              = "/aws/codebuild/${var.name}-${each.key}"
  retention_in_days = var.retention_days
  tags              = var.tags
}

resource "aws_codebuild_project" "this" {
  for_each = local.projects

  name          = "${var.name}-${each.key}"
  description   = "${each.key} of ${var.name}"
  service_role  = aws_iam_role.build.arn
  build_timeout = 60
  tags          = var.tags

  artifacts {
    type = "CODEPIPELINE"
  }

  cache {
    type  = "LOCAL"
    modes = ["LOCAL_DOCKER_LAYER_CACHE"]
  }

  environment {
    type            = "LINUX_CONTAINER"
    image           = "aws/codebuild/amazonlinux-x86_64-standard:5.0"
    compute_type    = each.key == "build" ? var.compute_type : "BUILD_GENERAL1_SMALL"
    privileged_mode = each.key == "build" # Docker within the build

    dynamic "environment_variable" {
      for_each = merge(
        { IMAGE_URL = var.image_repository.url, SERVICES = join(" ", [for label, one in var.services : "${label}=${one.container}"]) },
        var.verify == null ? {} : { VERIFY_URL = var.verify.url, VERIFY_APP = var.verify.app },
      )

      content {
        name  = environment_variable.key
        value = environment_variable.value
      }
    }
  }

  logs_config {
    cloudwatch_logs {
      group_name = aws_cloudwatch_log_group.project[each.key].name
    }
  }

  source {
    type      = "CODEPIPELINE"
    buildspec = yamlencode(each.value)
  }
}

resource "aws_codepipeline" "this" {
  name           = var.name
  role_arn       = aws_iam_role.pipeline.arn
  pipeline_type  = "V2"
  execution_mode = "QUEUED"
  tags           = var.tags

  artifact_store {
    type     = "S3"
    location = var.artifact_bucket.name
  }

  stage {
    name = "Source"

    action {
      name             = "GitHub"
      category         = "Source"
      owner            = "AWS"
      provider         = "CodeStarSourceConnection"
      version          = "1"
      output_artifacts = ["source"]

      configuration = {
        ConnectionArn        = aws_codestarconnections_connection.github.arn
        FullRepositoryId     = var.repository
        BranchName           = var.branch
        OutputArtifactFormat = "CODEBUILD_CLONE_REF"
      }
    }
  }

  stage {
    name = "Build"

    action {
      name             = "Image"
      category         = "Build"
      owner            = "AWS"
      provider         = "CodeBuild"
      version          = "1"
      input_artifacts  = ["source"]
      output_artifacts = ["images"]
      configuration    = { ProjectName = aws_codebuild_project.this["build"].name }
    }
  }

  dynamic "stage" {
    for_each = var.approve_by_hand ? [true] : []

    content {
      name = "Approve"

      action {
        name     = "Person"
        category = "Approval"
        owner    = "AWS"
        provider = "Manual"
        version  = "1"
      }
    }
  }

  stage {
    name = "Deploy"

    dynamic "action" {
      for_each = var.services

      content {
        name            = action.key
        category        = "Deploy"
        owner           = "AWS"
        provider        = "ECS"
        version         = "1"
        run_order       = action.value.order
        input_artifacts = ["images"]

        configuration = {
          ClusterName       = action.value.cluster
          ServiceName       = action.value.service
          FileName          = "images-${action.key}.json"
          DeploymentTimeout = "30"
        }
      }
    }

    on_failure {
      result = "ROLLBACK"
    }
  }

  dynamic "stage" {
    for_each = var.verify == null ? [] : [true]

    content {
      name = "Verify"

      action {
        name            = "Slipway"
        category        = "Test"
        owner           = "AWS"
        provider        = "CodeBuild"
        version         = "1"
        input_artifacts = ["images"]
        configuration   = { ProjectName = aws_codebuild_project.this["verify"].name }
      }
    }
  }
}
