# The document's own values, before any decision: what a literal reading of it builds.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 5.100, < 7" }
  }
}

provider "aws" {
  region = "us-east-1"
}

variable "desired_count" {
  type    = number
  default = 2
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_subnet" "public" {
  for_each          = { a = "10.0.1.0/24", b = "10.0.2.0/24" }
  vpc_id            = aws_vpc.main.id
  cidr_block        = each.value
  availability_zone = "us-east-1${each.key}"
}

resource "aws_subnet" "private" {
  for_each          = { a = "10.0.3.0/24", b = "10.0.4.0/24" }
  vpc_id            = aws_vpc.main.id
  cidr_block        = each.value
  availability_zone = "us-east-1${each.key}"
}

resource "aws_security_group" "main" {
  for_each = toset(["balancer", "tasks"])
  name     = "wwhd-${each.key}"
  vpc_id   = aws_vpc.main.id
}

resource "aws_lb" "main" {
  name            = "wwhd"
  subnets         = [for subnet in aws_subnet.public : subnet.id]
  security_groups = [aws_security_group.main["balancer"].id]
}

resource "aws_lb_target_group" "main" {
  name        = "wwhd-backend"
  port        = 8000
  protocol    = "HTTP"
  target_type = "ip"
  vpc_id      = aws_vpc.main.id
  health_check {
    path = "/health"
  }
  stickiness {
    type = "lb_cookie"
  }
}

resource "aws_acm_certificate" "main" {
  domain_name       = "api.wwhd.ai"
  validation_method = "DNS"
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.main.arn
  port              = 443
  protocol          = "HTTPS"
  certificate_arn   = aws_acm_certificate.main.arn
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.main.arn
  }
}

resource "aws_ecs_cluster" "main" {
  name = "wwhd-cluster"
}

resource "aws_efs_file_system" "data" {
  creation_token = "wwhd-data"
}

resource "aws_efs_mount_target" "data" {
  for_each       = aws_subnet.private
  file_system_id = aws_efs_file_system.data.id
  subnet_id      = each.value.id
}

resource "aws_iam_role" "main" {
  for_each = toset(["task", "execution"])
  name     = "wwhd-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "secrets" {
  name = "secrets"
  role = aws_iam_role.main["execution"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = "arn:aws:secretsmanager:us-east-1:123456789012:secret:wwhd/*"
    }]
  })
}

resource "aws_ecs_task_definition" "main" {
  family                   = "wwhd-backend"
  cpu                      = 1024
  memory                   = 2048
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  execution_role_arn       = aws_iam_role.main["execution"].arn
  task_role_arn            = aws_iam_role.main["task"].arn
  container_definitions = jsonencode([
    {
      name         = "fastapi"
      image        = "123456789012.dkr.ecr.us-east-1.amazonaws.com/wwhd-backend:latest"
      cpu          = 768
      memory       = 1536
      portMappings = [{ containerPort = 8000 }]
      environment = [
        { name = "APP_ENV", value = "production" },
        { name = "QDRANT_URL", value = "http://localhost:6333" },
        { name = "SQLITE_PATH", value = "/data/wwhd.db" },
      ]
      secrets = [
        { name = "OPENAI_API_KEY", valueFrom = "arn:aws:secretsmanager:us-east-1:123456789012:secret:wwhd/openai-AbCdEf" },
        { name = "JWT_SECRET", valueFrom = "arn:aws:secretsmanager:us-east-1:123456789012:secret:wwhd/jwt-AbCdEf" },
      ]
      mountPoints = [{ sourceVolume = "data", containerPath = "/data" }]
    },
    {
      name         = "qdrant"
      image        = "qdrant/qdrant:latest"
      cpu          = 256
      memory       = 512
      portMappings = [{ containerPort = 6333 }]
      mountPoints  = [{ sourceVolume = "data", containerPath = "/qdrant/storage" }]
    },
  ])
  volume {
    name = "data"
    efs_volume_configuration {
      file_system_id = aws_efs_file_system.data.id
    }
  }
}

resource "aws_ecs_service" "main" {
  name            = "wwhd-backend"
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.main.arn
  desired_count   = var.desired_count
  launch_type     = "FARGATE"
  network_configuration {
    subnets         = [for subnet in aws_subnet.private : subnet.id]
    security_groups = [aws_security_group.main["tasks"].id]
  }
  load_balancer {
    target_group_arn = aws_lb_target_group.main.arn
    container_name   = "fastapi"
    container_port   = 8000
  }
}

resource "aws_s3_bucket" "documents" {
  bucket = "wwhd-documents"
}

# The document's cost table has five; two of them it names.
resource "aws_secretsmanager_secret" "main" {
  for_each = toset(["openai", "jwt", "third", "fourth", "fifth"])
  name     = "wwhd/${each.key}"
}

resource "aws_amplify_app" "main" {
  name     = "wwhd"
  platform = "WEB_COMPUTE"
  environment_variables = {
    NEXT_PUBLIC_API_URL = "https://api.wwhd.ai"
    NEXT_PUBLIC_WS_URL  = "wss://api.wwhd.ai"
  }
}
