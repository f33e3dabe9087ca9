locals {
  issuer       = "token.actions.githubusercontent.com"
  provider_arn = var.provider_arn != "" ? var.provider_arn : one(aws_iam_openid_connect_provider.this[*].arn)

  # Who may take a role: exactly one subject, never a pattern. A pull request reads, an environment writes.
  subjects = merge(
    { for key in ["plan"] : key => "repo:${var.repository}:pull_request" if var.plan != null },
    { for key in ["deploy"] : key => "repo:${var.repository}:environment:${var.deploy.environment}" if var.deploy != null },
    { for key in ["infrastructure"] : key => "repo:${var.repository}:environment:${var.infrastructure.environment}" if var.infrastructure != null },
  )
}

resource "aws_iam_openid_connect_provider" "this" {
  count = var.provider_arn == "" ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
  tags           = var.tags
}

resource "aws_iam_role" "this" {
  for_each = local.subjects

  name                 = "${var.name}-github-${each.key}"
  description          = "GitHub Actions of ${var.repository}: ${each.key}"
  max_session_duration = 3600
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = local.provider_arn }
      Condition = {
        StringEquals = {
          "${local.issuer}:aud" = "sts.amazonaws.com"
          "${local.issuer}:sub" = each.value
        }
      }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "plan" {
  count = var.plan == null ? 0 : 1

  role       = aws_iam_role.this["plan"].name
  policy_arn = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"
}

resource "aws_iam_role_policy" "plan" {
  count = var.plan == null ? 0 : 1

  name = "plan"
  role = aws_iam_role.this["plan"].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # What a refresh reads beside ViewOnlyAccess. No value of a secret is among it.
        Sid    = "Describe"
        Effect = "Allow"
        Action = [
          "apigateway:GET", "budgets:ViewBudget", "ce:Get*", "cloudfront:Get*", "cloudfront:List*", "cloudwatch:Get*", "cloudwatch:List*",
          "codebuild:BatchGet*", "codepipeline:GetPipeline", "ecr:Describe*", "ecr:GetLifecyclePolicy", "ecr:GetRepositoryPolicy",
          "ecr:ListTagsForResource", "ecs:Describe*", "ecs:List*", "elasticache:ListTagsForResource", "elasticfilesystem:Describe*",
          "elasticloadbalancing:Describe*", "iam:Get*", "iam:List*", "lambda:Get*", "lambda:List*", "logs:Describe*", "logs:ListTagsForResource",
          "rds:ListTagsForResource", "route53:Get*", "route53:List*", "s3:GetBucket*", "s3:GetEncryptionConfiguration",
          "s3:GetLifecycleConfiguration", "secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy", "sns:Get*", "sns:List*",
          "sqs:GetQueueAttributes", "sqs:ListQueueTags", "ssm:DescribeParameters", "ssm:ListTagsForResource", "wafv2:Get*", "wafv2:List*",
          "xray:GetGroup", "xray:GetSamplingRules", "xray:ListTagsForResource",
        ]
        Resource = "*"
      },
      {
        Sid      = "States"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = "${var.plan.state_bucket_arn}/${var.plan.state_keys}"
      },
      {
        Sid      = "ListStates"
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = var.plan.state_bucket_arn
      },
      {
        Sid      = "Lock"
        Effect   = "Allow"
        Action   = ["s3:PutObject", "s3:DeleteObject"]
        Resource = "${var.plan.state_bucket_arn}/${var.plan.state_keys}.tflock"
      },
    ]
  })
}

resource "aws_iam_role_policy" "deploy" {
  count = var.deploy == null ? 0 : 1

  name   = "deploy"
  role   = aws_iam_role.this["deploy"].id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.deploy_statements })
}

# Everything but rights; roles only below the prefixes.
resource "aws_iam_role_policy_attachment" "infrastructure" {
  count = var.infrastructure == null ? 0 : 1

  role       = aws_iam_role.this["infrastructure"].name
  policy_arn = "arn:aws:iam::aws:policy/PowerUserAccess"
}

resource "aws_iam_role_policy" "infrastructure" {
  count = var.infrastructure == null ? 0 : 1

  name = "infrastructure"
  role = aws_iam_role.this["infrastructure"].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "Roles"
        Effect = "Allow"
        Action = [
          "iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:GetRole", "iam:GetRolePolicy",
          "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole", "iam:ListRolePolicies", "iam:PassRole", "iam:PutRolePolicy",
          "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRoleDescription",
        ]
        Resource = [for prefix in var.infrastructure.role_prefixes : "arn:aws:iam::*:role/${prefix}-*"]
      },
      {
        # Of AWS's own policies only those that the modules attach.
        Sid       = "Attach"
        Effect    = "Allow"
        Action    = ["iam:AttachRolePolicy"]
        Resource  = [for prefix in var.infrastructure.role_prefixes : "arn:aws:iam::*:role/${prefix}-*"]
        Condition = { ArnLike = { "iam:PolicyARN" = "arn:aws:iam::aws:policy/service-role/*" } }
      },
      {
        Sid      = "ServiceLinkedRoles"
        Effect   = "Allow"
        Action   = ["iam:CreateServiceLinkedRole"]
        Resource = "arn:aws:iam::*:role/aws-service-role/*"
      },
      {
        # Neither itself nor its siblings: they are made by hand with the bootstrap stack.
        Sid      = "NotItself"
        Effect   = "Deny"
        Action   = ["iam:*"]
        Resource = "arn:aws:iam::*:role/*-github-*"
      },
    ]
  })
}
