# One reference that is known after apply makes the whole definition of a task unknown in a plan. This shows what of it is known, for those who
# check plans; it makes nothing.
resource "terraform_data" "containers" {
  for_each = var.services

  input = local.container_definitions[each.key]
}
