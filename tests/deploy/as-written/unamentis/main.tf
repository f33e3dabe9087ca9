# The document's own values, before any decision: what a literal reading of it builds.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 5.100, < 7" }
  }
}

provider "aws" {
  region = "us-west-2"
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
  availability_zone = "us-west-2${each.key}"
}

resource "aws_subnet" "private" {
  for_each          = { a = "10.0.3.0/24", b = "10.0.4.0/24" }
  vpc_id            = aws_vpc.main.id
  cidr_block        = each.value
  availability_zone = "us-west-2${each.key}"
}

resource "aws_eip" "nat" {
  domain = "vpc"
}

resource "aws_nat_gateway" "main" {
  allocation_id = aws_eip.nat.id
  subnet_id     = aws_subnet.public["a"].id
}

resource "aws_security_group" "main" {
  for_each = toset(["balancer", "tasks", "database", "functions"])
  name     = "unamentis-${each.key}"
  vpc_id   = aws_vpc.main.id
}

resource "aws_lb" "main" {
  name            = "unamentis"
  subnets         = [for subnet in aws_subnet.public : subnet.id]
  security_groups = [aws_security_group.main["balancer"].id]
  access_logs {
    bucket  = aws_s3_bucket.tts.bucket
    prefix  = "balancer"
    enabled = true
  }
}

resource "aws_lb_target_group" "core" {
  name        = "unamentis-core"
  port        = 8766
  protocol    = "HTTP"
  target_type = "ip"
  vpc_id      = aws_vpc.main.id
  health_check {
    path = "/health"
  }
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.main.arn
  port              = 443
  protocol          = "HTTPS"
  certificate_arn   = "arn:aws:acm:us-west-2:123456789012:certificate/0f6d1c4e-0000-4000-8000-000000000000"
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.core.arn
  }
}

resource "aws_db_subnet_group" "main" {
  name       = "unamentis"
  subnet_ids = [for subnet in aws_subnet.private : subnet.id]
}

resource "aws_db_instance" "main" {
  identifier                  = "unamentis"
  engine                      = "postgres"
  engine_version              = "16"
  instance_class              = "db.t4g.micro"
  allocated_storage           = 20
  storage_type                = "gp3"
  username                    = "unamentis"
  manage_master_user_password = true
  db_subnet_group_name        = aws_db_subnet_group.main.name
  vpc_security_group_ids      = [aws_security_group.main["database"].id]
  skip_final_snapshot         = true
}

resource "aws_s3_bucket" "tts" {
  bucket = "unamentis-tts-cache"
}

resource "aws_secretsmanager_secret" "main" {
  for_each = toset(["database-url", "jwt-secret", "beta-tokens", "openai", "deepgram"])
  name     = "unamentis/${each.key}"
}

resource "aws_sqs_queue" "jobs" {
  name = "unamentis-jobs"
}

resource "aws_iam_role" "main" {
  for_each = { task = "ecs-tasks", execution = "ecs-tasks", functions = "lambda" }
  name     = "unamentis-${each.key}"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "${each.value}.amazonaws.com" }
    }]
  })
}

resource "aws_lambda_function" "main" {
  for_each      = toset(["auth", "kb", "curriculum", "metrics"])
  function_name = "unamentis-${each.key}"
  role          = aws_iam_role.main["functions"].arn
  runtime       = "python3.11"
  handler       = "app.handler"
  architectures = ["arm64"]
  memory_size   = 256
  timeout       = 30
  s3_bucket     = "unamentis-deployments"
  s3_key        = "${each.key}.zip"
  tracing_config {
    mode = "Active"
  }
  vpc_config {
    subnet_ids         = [for subnet in aws_subnet.private : subnet.id]
    security_group_ids = [aws_security_group.main["functions"].id]
  }
  environment {
    variables = {
      DATABASE_URL = "postgresql://unamentis:password@database:5432/unamentis"
      JWT_SECRET   = "change-me"
    }
  }
}

resource "aws_apigatewayv2_api" "main" {
  name          = "unamentis"
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_stage" "main" {
  api_id      = aws_apigatewayv2_api.main.id
  name        = "$default"
  auto_deploy = true
}

resource "aws_ecs_cluster" "main" {
  name = "unamentis"
}

resource "aws_ecs_task_definition" "core" {
  family                   = "unamentis-core"
  cpu                      = 256
  memory                   = 512
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  execution_role_arn       = aws_iam_role.main["execution"].arn
  task_role_arn            = aws_iam_role.main["task"].arn
  container_definitions = jsonencode([{
    name         = "core"
    image        = "123456789012.dkr.ecr.us-west-2.amazonaws.com/unamentis-core:v1"
    portMappings = [{ containerPort = 8766 }]
    environment = [
      { name = "ENVIRONMENT", value = "prod" },
      { name = "SQS_QUEUE_PREFIX", value = "unamentis" },
    ]
    secrets = [
      { name = "DATABASE_URL", valueFrom = "arn:aws:secretsmanager:us-west-2:123456789012:secret:unamentis/database-url-AbCdEf" },
      { name = "JWT_SECRET", valueFrom = "arn:aws:secretsmanager:us-west-2:123456789012:secret:unamentis/jwt-secret-AbCdEf" },
    ]
  }])
}

resource "aws_ecs_service" "core" {
  name            = "core"
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.core.arn
  desired_count   = 1
  capacity_provider_strategy {
    capacity_provider = "FARGATE_SPOT"
    weight            = 1
  }
  network_configuration {
    subnets         = [for subnet in aws_subnet.private : subnet.id]
    security_groups = [aws_security_group.main["tasks"].id]
  }
  load_balancer {
    target_group_arn = aws_lb_target_group.core.arn
    container_name   = "core"
    container_port   = 8766
  }
}
