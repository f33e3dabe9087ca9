# The execution role starts a task: it pulls the image, reads the secrets that the task names, writes the logs. The task role is what
# the program acts as. Each service has its own pair, with what that service names and nothing else.

locals {
  secret_resources = {
    for name, service in var.services : name => distinct(flatten([
      # IAM may be asked with the name as the task says it, or with the six characters that Secrets Manager adds to it.
      for container in values(service.containers) : [
        for secret in values(container.secrets) :
        endswith(secret.resource, "-??????") ? [trimsuffix(secret.resource, "-??????"), secret.resource] : [secret.resource]
      ]
    ]))
  }
  trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Condition = merge(
        { ArnLike = { "aws:SourceArn" = "arn:aws:ecs:${var.region}:${local.account}:*" } },
        var.account_id == "" ? {} : { StringEquals = { "aws:SourceAccount" = var.account_id } }
      )
    }]
  })
  file_volumes = {
    for name, service in var.services : name => [for volume in values(service.volumes) : volume.efs if volume.efs != null]
  }
}

resource "aws_iam_role" "execution" {
  for_each = var.services

  name               = "${var.name}-${each.key}-execution"
  description        = "Starts tasks of ${each.key}: image, secrets, logs"
  assume_role_policy = local.trust

  tags = var.tags
}

resource "aws_iam_role_policy" "execution" {
  for_each = var.services

  name = "start"
  role = aws_iam_role.execution[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        { Sid = "SignInToRegistry", Effect = "Allow", Action = ["ecr:GetAuthorizationToken"], Resource = ["*"] },
        {
          Sid      = "WriteLogs"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = ["arn:aws:logs:${var.region}:${local.account}:log-group:${local.log_groups[each.key]}:*"]
        }
      ],
      length(var.repository_arns) == 0 ? [] : [{
        Sid      = "PullImage"
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = var.repository_arns
      }],
      [
        for service, action in { secretsmanager = "secretsmanager:GetSecretValue", ssm = "ssm:GetParameters" } : {
          Sid                                   = service == "ssm" ? "ReadParameters" : "ReadSecrets"
          Effect                                = "Allow"
          Action                                = [action]
          Resource                              = [for arn in local.secret_resources[each.key] : arn if split(":", arn)[2] == service]
        } if anytrue([for arn in local.secret_resources[each.key] : split(":", arn)[2] == service])
      ]
    )
  })
}

resource "aws_iam_role" "task" {
  for_each = var.services

  name               = "${var.name}-${each.key}-task"
  description        = "What the tasks of ${each.key} act as"
  assume_role_policy = local.trust

  tags = var.tags
}

resource "aws_iam_role_policy" "task" {
  for_each = { for name, service in var.services : name => service if length(service.statements) > 0 }

  name = "task"
  role = aws_iam_role.task[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      for statement in each.value.statements : merge(
        { Sid = statement.sid, Effect = "Allow", Action = statement.actions, Resource = statement.resources },
        length(statement.condition) == 0 ? {} : { Condition = statement.condition }
      )
    ]
  })
}

# Apart from the rest, because ids of file systems are known after apply only, and all of a policy would be unknown with them.
resource "aws_iam_role_policy" "files" {
  for_each = { for name, service in var.services : name => service if length(local.file_volumes[name]) > 0 }

  name = "files"
  role = aws_iam_role.task[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "MountFiles"
      Effect   = "Allow"
      Action   = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
      Resource = distinct([for volume in local.file_volumes[each.key] : volume.file_system_arn])
      Condition = {
        StringEquals = { "elasticfilesystem:AccessPointArn" = [for volume in local.file_volumes[each.key] : volume.access_point_arn] }
      }
    }]
  })
}
