# The text of a task definition that names an ARN is known only after the apply; this shows its containers in the plan, leaf by
# leaf: to people who read it, and to `slipway plan`, which checks them.
resource "terraform_data" "containers" {
  for_each = local.container_definitions

  input = each.value
}
