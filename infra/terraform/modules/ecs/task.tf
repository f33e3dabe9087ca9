locals {
  container_definitions = {
    for name, service in var.services : name => [
      for container_name, container in service.containers : merge(
        {
          name                   = container_name
          image                  = container.image == "" ? "not-released-yet" : container.image
          essential              = container.essential
          readonlyRootFilesystem = container.read_only
          user                   = container.user
          privileged             = false
          stopTimeout            = container.stop_timeout
          environment            = [for key in sort(keys(container.environment)) : { name = key, value = container.environment[key] }]
          secrets                = [for key in sort(keys(container.secrets)) : { name = key, valueFrom = container.secrets[key].value_from }]
          mountPoints = [for volume in sort(keys(container.mounts)) : {
            sourceVolume = volume, containerPath = container.mounts[volume].path, readOnly = container.mounts[volume].read_only
          }]
          linuxParameters = { initProcessEnabled = true, capabilities = { drop = ["ALL"], add = [] } }
          systemControls  = []
          volumesFrom     = []
          logConfiguration = {
            logDriver = "awslogs"
            options = {
              awslogs-group         = local.log_groups[name]
              awslogs-region        = var.region
              awslogs-stream-prefix = container_name
              mode                  = "non-blocking"
              max-buffer-size       = "16m"
            }
          }
        },
        container.port == 0 ? { portMappings = [] } : {
          portMappings                       = [{ name = container_name, containerPort = container.port, hostPort = container.port, protocol = "tcp" }]
        },
        length(container.command) == 0 ? {} : { command = container.command },
        container.cpu == 0 ? {} : { cpu = container.cpu },
        container.memory == 0 ? {} : { memory = container.memory },
        length(container.health_command) == 0 ? {} : {
          healthCheck = { command = container.health_command, interval = 30, timeout = 5, retries = 3, startPeriod = container.health_start }
        },
        length(container.depends_on) == 0 ? {} : {
          dependsOn = [for other in sort(keys(container.depends_on)) : { containerName = other, condition = container.depends_on[other] }]
        }
      )
    ]
  }
  log_groups = { for name, service in var.services : name => "/ecs/${var.name}/${name}" }
}

resource "aws_cloudwatch_log_group" "this" {
  for_each = var.services

  name              = local.log_groups[each.key]
  retention_in_days = var.log_retention_days
  kms_key_id        = var.log_kms_key_arn == "" ? null : var.log_kms_key_arn

  tags = merge(var.tags, { Name = local.log_groups[each.key] })
}

resource "aws_ecs_task_definition" "this" {
  for_each = var.services

  family                   = local.families[each.key]
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = each.value.cpu
  memory                   = each.value.memory
  execution_role_arn       = aws_iam_role.execution[each.key].arn
  task_role_arn            = aws_iam_role.task[each.key].arn
  container_definitions    = jsonencode(local.container_definitions[each.key])

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = each.value.architecture
  }

  dynamic "ephemeral_storage" {
    for_each = each.value.ephemeral_gib == 0 ? [] : [each.value.ephemeral_gib]

    content {
      size_in_gib = ephemeral_storage.value
    }
  }

  dynamic "volume" {
    for_each = each.value.volumes

    content {
      name = volume.key

      dynamic "efs_volume_configuration" {
        for_each = volume.value.efs == null ? [] : [volume.value.efs]

        content {
          file_system_id     = efs_volume_configuration.value.file_system_id
          transit_encryption = "ENABLED"

          authorization_config {
            access_point_id = efs_volume_configuration.value.access_point_id
            iam             = "ENABLED"
          }
        }
      }
    }
  }

  tags = merge(var.tags, { Name = local.families[each.key] })
}
