# The document's own values, before any decision: what a literal reading of it builds.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 5.100, < 7" }
  }
}

provider "aws" {
  region = "us-west-2"
}

variable "rds_instance_class" {
  type    = string
  default = "db.t3.medium"
}

variable "rds_multi_az" {
  type    = bool
  default = false
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
  for_each = toset(["balancer", "tasks", "database"])
  name     = "deepscifi-${each.key}"
  vpc_id   = aws_vpc.main.id
}

resource "aws_lb" "main" {
  name            = "deepscifi"
  subnets         = [for subnet in aws_subnet.public : subnet.id]
  security_groups = [aws_security_group.main["balancer"].id]
}

resource "aws_lb_target_group" "letta" {
  name        = "deepscifi-letta"
  port        = 8283
  protocol    = "HTTP"
  target_type = "ip"
  vpc_id      = aws_vpc.main.id
  health_check {
    path = "/v1/health"
  }
}

resource "aws_acm_certificate" "main" {
  domain_name       = "deepscifi.app"
  validation_method = "DNS"
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.main.arn
  port              = 443
  protocol          = "HTTPS"
  certificate_arn   = aws_acm_certificate.main.arn
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.letta.arn
  }
}

resource "aws_ecr_repository" "main" {
  name                 = "deepscifi"
  image_tag_mutability = "IMMUTABLE"
}

resource "aws_ecs_cluster" "main" {
  name = "deepscifi"
}

resource "aws_iam_role" "task" {
  for_each = toset(["task", "execution"])
  name     = "deepscifi-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "secrets" {
  name = "secrets"
  role = aws_iam_role.task["execution"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = "arn:aws:secretsmanager:us-west-2:123456789012:secret:deepscifi/*"
    }]
  })
}

resource "aws_ecs_task_definition" "letta" {
  family                   = "deepscifi-letta"
  cpu                      = 512
  memory                   = 1024
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  execution_role_arn       = aws_iam_role.task["execution"].arn
  task_role_arn            = aws_iam_role.task["task"].arn
  container_definitions = jsonencode([{
    name         = "letta"
    image        = "123456789012.dkr.ecr.us-west-2.amazonaws.com/deepscifi:2026-01-15"
    portMappings = [{ containerPort = 8283 }]
    environment = [
      { name = "LETTA_PG_URI", value = "postgresql://user:pass@rds-endpoint:5432/letta" },
      { name = "LETTA_SERVER_PORT", value = "8283" },
      { name = "AWS_S3_BUCKET", value = "deepscifi-assets" },
      { name = "AWS_REGION", value = "us-west-2" },
      { name = "NEXT_PUBLIC_API_URL", value = "https://api.deepscifi.app" },
      { name = "NEXT_PUBLIC_ASSETS_URL", value = "https://assets.deepscifi.app" },
    ]
    secrets = [for name in ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "DATABASE_URL", "JWT_SECRET"] :
    { name = name, valueFrom = "arn:aws:secretsmanager:us-west-2:123456789012:secret:deepscifi/${lower(name)}-AbCdEf" }]
    logConfiguration = {
      logDriver = "awslogs"
      options   = { awslogs-group = "/ecs/deepscifi", awslogs-region = "us-west-2", awslogs-stream-prefix = "letta" }
    }
  }])
}

resource "aws_ecs_service" "letta" {
  name            = "letta"
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.letta.arn
  desired_count   = 1
  launch_type     = "FARGATE"
  network_configuration {
    subnets         = [for subnet in aws_subnet.private : subnet.id]
    security_groups = [aws_security_group.main["tasks"].id]
  }
  load_balancer {
    target_group_arn = aws_lb_target_group.letta.arn
    container_name   = "letta"
    container_port   = 8283
  }
}

resource "aws_appautoscaling_target" "letta" {
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/deepscifi/letta"
  min_capacity       = 1
  max_capacity       = 4
}

resource "aws_cloudwatch_log_group" "main" {
  name              = "/ecs/deepscifi"
  retention_in_days = 30
}

resource "aws_db_subnet_group" "main" {
  name       = "deepscifi"
  subnet_ids = [for subnet in aws_subnet.private : subnet.id]
}

resource "aws_db_instance" "main" {
  identifier                  = "deepscifi"
  engine                      = "postgres"
  engine_version              = "16"
  instance_class              = var.rds_instance_class
  multi_az                    = var.rds_multi_az
  allocated_storage           = 20
  storage_type                = "gp3"
  username                    = "letta"
  manage_master_user_password = true
  db_subnet_group_name        = aws_db_subnet_group.main.name
  vpc_security_group_ids      = [aws_security_group.main["database"].id]
  backup_retention_period     = 7
  skip_final_snapshot         = true
}

resource "aws_secretsmanager_secret" "main" {
  for_each = toset(["anthropic_api_key", "openai_api_key", "database_url", "jwt_secret"])
  name     = "deepscifi/${each.key}"
}

resource "aws_s3_bucket" "main" {
  for_each = toset(["frontend", "assets"])
  bucket   = "deepscifi-${each.key}"
}

resource "aws_s3_bucket_public_access_block" "main" {
  for_each                = aws_s3_bucket.main
  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "assets" {
  bucket = aws_s3_bucket.main["assets"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = "*"
      Action    = "s3:GetObject"
      Resource  = "arn:aws:s3:::deepscifi-assets/*"
    }]
  })
}

resource "aws_route53_zone" "main" {
  name = "deepscifi.app"
}

resource "aws_cloudfront_origin_access_control" "main" {
  name                              = "deepscifi"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_distribution" "main" {
  enabled             = true
  aliases             = ["deepscifi.app"]
  default_root_object = "index.html"
  origin {
    origin_id                = "frontend"
    domain_name              = "deepscifi-frontend.s3.us-west-2.amazonaws.com"
    origin_access_control_id = aws_cloudfront_origin_access_control.main.id
  }
  origin {
    origin_id   = "api"
    domain_name = aws_lb.main.dns_name
    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = "https-only"
      origin_ssl_protocols   = ["TLSv1.2"]
    }
  }
  default_cache_behavior {
    target_origin_id       = "frontend"
    viewer_protocol_policy = "redirect-to-https"
    allowed_methods        = ["GET", "HEAD"]
    cached_methods         = ["GET", "HEAD"]
    compress               = true
    forwarded_values {
      query_string = false
      cookies {
        forward = "none"
      }
    }
  }
  ordered_cache_behavior {
    path_pattern           = "/api/*"
    target_origin_id       = "api"
    viewer_protocol_policy = "redirect-to-https"
    allowed_methods        = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
    cached_methods         = ["GET", "HEAD"]
    compress               = true
    forwarded_values {
      query_string = true
      cookies {
        forward = "all"
      }
    }
  }
  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }
  viewer_certificate {
    acm_certificate_arn      = aws_acm_certificate.main.arn
    ssl_support_method       = "sni-only"
    minimum_protocol_version = "TLSv1.2_2021"
  }
}

resource "aws_route53_record" "apex" {
  zone_id = aws_route53_zone.main.zone_id
  name    = "deepscifi.app"
  type    = "A"
  alias {
    name                   = aws_cloudfront_distribution.main.domain_name
    zone_id                = aws_cloudfront_distribution.main.hosted_zone_id
    evaluate_target_health = false
  }
}
