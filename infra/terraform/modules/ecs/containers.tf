# The containers once more, leaf by leaf: their JSON text is known only after an apply, as ARNs stand in it, and a plan shows nothing of it.
# `slipway plan` and `slipway deploy task-definition` read them here.
resource "terraform_data" "containers" {
  for_each = local.container_definitions

  input = each.value
}
