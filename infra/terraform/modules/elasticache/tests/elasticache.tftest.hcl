mock_provider "aws" {}

variables {
  name                   = "shop-dev"
  vpc_id                 = "vpc-1"
  subnet_ids             = ["subnet-1", "subnet-2"]
  client_security_groups = { api = "sg-1" }
  node_type              = "cache.t4g.micro"
}

run "encrypted_both_ways" {
  command = plan

  assert {
    condition = (
      aws_elasticache_replication_group.this.at_rest_encryption_enabled == "true" && aws_elasticache_replication_group.this.transit_encryption_enabled
      && aws_elasticache_replication_group.this.transit_encryption_mode == "required"
    )
    error_message = "at rest and on the way"
  }

  assert {
    condition     = aws_elasticache_replication_group.this.engine == "valkey" && aws_elasticache_replication_group.this.num_cache_clusters == 1
    error_message = "one node of Valkey"
  }

  assert {
    condition     = contains([for parameter in aws_elasticache_parameter_group.this.parameter : parameter.value], "noeviction")
    error_message = "what waits is not thrown out"
  }

  assert {
    condition     = aws_elasticache_replication_group.this.auth_token == null
    error_message = "no token stands in the state"
  }
}

run "redis_7_with_failover" {
  command = plan

  variables {
    engine     = "redis"
    node_type  = "cache.r6g.large"
    node_count = 2
  }

  assert {
    condition     = aws_elasticache_replication_group.this.automatic_failover_enabled && aws_elasticache_replication_group.this.multi_az_enabled
    error_message = "two nodes fail over"
  }

  assert {
    condition     = aws_elasticache_replication_group.this.engine_version == "7.1" && aws_elasticache_parameter_group.this.family == "redis7"
    error_message = "Redis 7"
  }
}

run "unknown_engine" {
  command = plan

  variables {
    engine = "memcached"
  }

  expect_failures = [var.engine]
}

run "unknown_class" {
  command = plan

  variables {
    node_type = "db.t3.micro"
  }

  expect_failures = [var.node_type]
}

run "no_node" {
  command = plan

  variables {
    node_count = 0
  }

  expect_failures = [var.node_count]
}

run "no_subnet_group_of_one" {
  command = plan

  variables {
    subnet_ids = ["subnet-1"]
  }

  expect_failures = [var.subnet_ids]
}
