locals {
  scaled = { for name, service in local.running : name => service if service.autoscaling != null }
  scaling_metrics = merge([
    for name, service in local.scaled : {
      for metric, target in {
        ECSServiceAverageCPUUtilization    = service.autoscaling.cpu_percent
        ECSServiceAverageMemoryUtilization = service.autoscaling.memory_percent
        ALBRequestCountPerTarget           = service.autoscaling.requests_per_task
      } : "${name}/${metric}" => { service = name, metric = metric, target = target, autoscaling = service.autoscaling } if target > 0
    }
  ]...)
  scaling_names = {
    ECSServiceAverageCPUUtilization    = "cpu"
    ECSServiceAverageMemoryUtilization = "memory"
    ALBRequestCountPerTarget           = "requests"
  }
}

resource "aws_appautoscaling_target" "this" {
  for_each = local.scaled

  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${local.cluster}/${aws_ecs_service.this[each.key].name}"
  min_capacity       = each.value.autoscaling.min
  max_capacity       = each.value.autoscaling.max

  tags = merge(var.tags, { Name = local.names[each.key] })
}

resource "aws_appautoscaling_policy" "this" {
  for_each = local.scaling_metrics

  name               = "${local.names[each.value.service]}-${local.scaling_names[each.value.metric]}"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this[each.value.service].service_namespace
  scalable_dimension = aws_appautoscaling_target.this[each.value.service].scalable_dimension
  resource_id        = aws_appautoscaling_target.this[each.value.service].resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = each.value.target
    scale_in_cooldown  = each.value.autoscaling.scale_in_cooldown
    scale_out_cooldown = each.value.autoscaling.scale_out_cooldown

    predefined_metric_specification {
      predefined_metric_type = each.value.metric
      resource_label         = each.value.metric == "ALBRequestCountPerTarget" ? each.value.autoscaling.resource_label : null
    }
  }
}
