locals {
  # Each statement with its resources; one without any is left out.
  deploy_parts = var.deploy == null ? {} : {
    Push = {
      actions = [
        "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImages", "ecr:DescribeImageScanFindings",
        "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
      ]
      resources = var.deploy.repository_arns
      condition = {}
    }
    # These four know no resources.
    SignInAndRegister = {
      actions   = ["ecr:GetAuthorizationToken", "ecs:RegisterTaskDefinition", "ecs:DescribeTaskDefinition", "elasticloadbalancing:DescribeTargetHealth"]
      resources = ["*"]
      condition = {}
    }
    Services = {
      actions   = ["ecs:DescribeServices", "ecs:ListServiceDeployments", "ecs:UpdateService"]
      resources = var.deploy.service_arns
      condition = {}
    }
    Deployments = {
      actions = ["ecs:DescribeServiceDeployments", "ecs:DescribeServiceRevisions", "ecs:StopServiceDeployment"]
      resources = flatten([for arn in var.deploy.service_arns : [
        "${replace(arn, ":service/", ":service-deployment/")}/*", "${replace(arn, ":service/", ":service-revision/")}/*",
      ]])
      condition = {}
    }
    Migrate = {
      actions   = ["ecs:RunTask"]
      resources = [for family in var.deploy.task_families : "${replace(regex("^(.*):cluster/", var.deploy.cluster_arn)[0], "/:$/", "")}:task-definition/${family}:*"]
      condition = { ArnEquals = { "ecs:cluster" = [var.deploy.cluster_arn] } }
    }
    Tasks = {
      actions   = ["ecs:DescribeTasks", "ecs:ListTasks", "ecs:StopTask"]
      resources = ["*"]
      condition = { ArnEquals = { "ecs:cluster" = [var.deploy.cluster_arn] } }
    }
    HandRolesToTasks = {
      actions   = ["iam:PassRole"]
      resources = var.deploy.pass_role_arns
      condition = { StringEquals = { "iam:PassedToService" = ["ecs-tasks.amazonaws.com"] } }
    }
    LastLines = {
      actions   = ["logs:FilterLogEvents", "logs:GetLogEvents"]
      resources = [for name in var.deploy.log_group_names : "arn:aws:logs:*:*:log-group:${name}:*"]
      condition = {}
    }
    Pages = {
      actions   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
      resources = [for arn in var.deploy.bucket_arns : "${arn}/*"]
      condition = {}
    }
    ListPages = {
      actions   = ["s3:ListBucket"]
      resources = var.deploy.bucket_arns
      condition = {}
    }
    Refresh = {
      actions   = ["cloudfront:CreateInvalidation", "cloudfront:GetInvalidation"]
      resources = var.deploy.distribution_arns
      condition = {}
    }
    Functions = {
      actions   = ["lambda:GetFunction", "lambda:PublishVersion", "lambda:UpdateAlias", "lambda:UpdateFunctionCode"]
      resources = var.deploy.function_arns
      condition = {}
    }
  }

  deploy_statements = [for sid, part in local.deploy_parts : merge(
    { Sid = sid, Effect = "Allow", Action = part.actions, Resource = part.resources },
    { for key, one in { Condition = part.condition } : key => one if length(part.condition) > 0 },
  ) if length(part.resources) > 0]
}
