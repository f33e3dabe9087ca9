# The document's own values, before any decision: what a literal reading of it builds.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 5.100, < 7" }
  }
}

provider "aws" {
  region = "us-east-1"
}

variable "environment" {
  type = string
}

variable "vpc_cidr" {
  type = string
}

variable "availability_zones" {
  type = list(string)
}

variable "rds_instance_class" {
  type = string
}

variable "rds_multi_az" {
  type    = bool
  default = false
}

variable "redis_node_type" {
  type = string
}

variable "ecs_cpu" {
  type = number
}

variable "ecs_memory" {
  type = number
}

variable "ecs_desired_count" {
  type = number
}

module "vpc" {
  source             = "./modules/vpc"
  cidr               = var.vpc_cidr
  availability_zones = var.availability_zones
}

resource "aws_security_group" "main" {
  for_each = { balancer = null, tasks = 8000, database = 5432, cache = 6379 }
  name     = "postmagiq-${each.key}-${var.environment}"
  vpc_id   = module.vpc.id
}

resource "aws_lb" "main" {
  name            = "postmagiq-${var.environment}"
  subnets         = module.vpc.public_subnet_ids
  security_groups = [aws_security_group.main["balancer"].id]
}

resource "aws_lb_target_group" "api" {
  name        = "postmagiq-api-${var.environment}"
  port        = 8000
  protocol    = "HTTP"
  target_type = "ip"
  vpc_id      = module.vpc.id
  health_check {
    path = "/api/health"
  }
}

resource "aws_acm_certificate" "main" {
  domain_name       = "api.yourdomain.com"
  validation_method = "DNS"
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.main.arn
  port              = 443
  protocol          = "HTTPS"
  certificate_arn   = aws_acm_certificate.main.arn
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.api.arn
  }
}

resource "aws_db_subnet_group" "main" {
  name       = "postmagiq-${var.environment}"
  subnet_ids = module.vpc.private_subnet_ids
}

resource "aws_db_instance" "main" {
  identifier                  = "postmagiq-${var.environment}"
  engine                      = "postgres"
  engine_version              = "16"
  instance_class              = var.rds_instance_class
  multi_az                    = var.rds_multi_az
  allocated_storage           = 100
  max_allocated_storage       = 500
  storage_type                = "gp3"
  username                    = "postmagiq"
  manage_master_user_password = true
  db_subnet_group_name        = aws_db_subnet_group.main.name
  vpc_security_group_ids      = [aws_security_group.main["database"].id]
  backup_retention_period     = 7
  skip_final_snapshot         = true
}

resource "aws_iam_role" "main" {
  for_each = { task = "ecs-tasks", execution = "ecs-tasks", proxy = "rds" }
  name     = "postmagiq-${each.key}-${var.environment}"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "${each.value}.amazonaws.com" }
    }]
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
      Resource = "arn:aws:secretsmanager:us-east-1:123456789012:secret:postmagiq/*"
    }]
  })
}

resource "aws_db_proxy" "main" {
  name           = "postmagiq-${var.environment}"
  engine_family  = "POSTGRESQL"
  role_arn       = aws_iam_role.main["proxy"].arn
  vpc_subnet_ids = module.vpc.private_subnet_ids
  auth {
    auth_scheme = "SECRETS"
    iam_auth    = "REQUIRED"
    secret_arn  = aws_secretsmanager_secret.main["db-credentials"].arn
  }
}

resource "aws_elasticache_subnet_group" "main" {
  name       = "postmagiq-${var.environment}"
  subnet_ids = module.vpc.private_subnet_ids
}

resource "aws_elasticache_replication_group" "main" {
  replication_group_id       = "postmagiq-${var.environment}"
  description                = "Sessions and queues"
  engine                     = "redis"
  engine_version             = "7.1"
  node_type                  = var.redis_node_type
  num_cache_clusters         = var.environment == "prod" ? 2 : 1
  automatic_failover_enabled = var.environment == "prod"
  multi_az_enabled           = var.environment == "prod"
  subnet_group_name          = aws_elasticache_subnet_group.main.name
  security_group_ids         = [aws_security_group.main["cache"].id]
}

resource "aws_ecr_repository" "main" {
  name = "postmagiq-${var.environment}"
}

resource "aws_ecs_cluster" "main" {
  name = "postmagiq-${var.environment}"
  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_cluster_capacity_providers" "main" {
  cluster_name       = aws_ecs_cluster.main.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]
}

resource "aws_ecs_task_definition" "api" {
  family                   = "postmagiq-api-${var.environment}"
  cpu                      = var.ecs_cpu
  memory                   = var.ecs_memory
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  execution_role_arn       = aws_iam_role.main["execution"].arn
  task_role_arn            = aws_iam_role.main["task"].arn
  container_definitions = jsonencode([{
    name         = "api"
    image        = "123456789012.dkr.ecr.us-east-1.amazonaws.com/postmagiq:2026-01-15"
    portMappings = [{ containerPort = 8000 }]
    environment  = [{ name = "APP_ENV", value = var.environment }, { name = "AWS_REGION", value = "us-east-1" }]
    secrets = [for name, secret in {
      DATABASE_URL          = "db-credentials"
      POSTGRES_PASSWORD     = "db-credentials"
      JWT_SECRET            = "jwt-secret"
      STRIPE_SECRET_KEY     = "stripe"
      STRIPE_WEBHOOK_SECRET = "stripe"
      GROQ_API_KEY          = "llm-keys"
      ANTHROPIC_API_KEY     = "llm-keys"
      GOOGLE_API_KEY        = "llm-keys"
      OPENAI_API_KEY        = "llm-keys"
    } : { name = name, valueFrom = "arn:aws:secretsmanager:us-east-1:123456789012:secret:postmagiq/${secret}-AbCdEf:${name}::" }]
  }])
}

resource "aws_ecs_service" "api" {
  name            = "api"
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.api.arn
  desired_count   = var.ecs_desired_count
  launch_type     = "FARGATE"
  network_configuration {
    subnets         = module.vpc.private_subnet_ids
    security_groups = [aws_security_group.main["tasks"].id]
  }
  load_balancer {
    target_group_arn = aws_lb_target_group.api.arn
    container_name   = "api"
    container_port   = 8000
  }
}

resource "aws_s3_bucket" "main" {
  for_each = toset(["gui", "artifacts", "sessions"])
  bucket   = "postmagiq-${each.key}-${var.environment}"
}

resource "aws_secretsmanager_secret" "main" {
  for_each = toset(["db-credentials", "jwt-secret", "stripe", "llm-keys", "smtp"])
  name     = "postmagiq/${each.key}"
}

resource "aws_route53_zone" "main" {
  name = "yourdomain.com"
}

resource "aws_wafv2_web_acl" "main" {
  name  = "postmagiq-${var.environment}"
  scope = "CLOUDFRONT"
  default_action {
    allow {}
  }
  dynamic "rule" {
    for_each = ["AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet", "AWSManagedRulesAmazonIpReputationList"]
    content {
      name     = rule.value
      priority = rule.key
      override_action {
        none {}
      }
      statement {
        managed_rule_group_statement {
          name        = rule.value
          vendor_name = "AWS"
        }
      }
      visibility_config {
        cloudwatch_metrics_enabled = true
        metric_name                = rule.value
        sampled_requests_enabled   = true
      }
    }
  }
  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "postmagiq"
    sampled_requests_enabled   = true
  }
}

resource "aws_cloudfront_distribution" "main" {
  enabled    = true
  web_acl_id = aws_wafv2_web_acl.main.arn
  origin {
    origin_id   = "gui"
    domain_name = "postmagiq-gui-${var.environment}.s3.us-east-1.amazonaws.com"
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
    target_origin_id       = "gui"
    viewer_protocol_policy = "redirect-to-https"
    allowed_methods        = ["GET", "HEAD"]
    cached_methods         = ["GET", "HEAD"]
    cache_policy_id        = "658327ea-f89d-4fab-a63d-7e88639e58f6"
  }
  ordered_cache_behavior {
    path_pattern             = "/api/*"
    target_origin_id         = "api"
    viewer_protocol_policy   = "redirect-to-https"
    allowed_methods          = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
    cached_methods           = ["GET", "HEAD"]
    cache_policy_id          = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    origin_request_policy_id = "216adef6-5c7f-47e4-b989-5492eafa07d3"
  }
  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }
  viewer_certificate {
    cloudfront_default_certificate = true
  }
}
