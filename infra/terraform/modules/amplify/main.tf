locals {
  static = var.framework == "static"

  phases = {
    preBuild = { commands = ["nvm use ${var.node_version}", "npm ci"] }
    build    = { commands = ["env | grep -E '^NEXT_PUBLIC_' >> .env.production || true", "npm run build"] }
  }
  frontend = {
    phases    = local.phases
    artifacts = { baseDirectory = local.static ? "out" : ".next", files = ["**/*"] }
    cache     = { paths = ["node_modules/**/*", ".next/cache/**/*"] }
  }
}

# The repository is connected once by hand (README): the token that Amplify asks for would lie in the state.
resource "aws_amplify_app" "this" {
  name     = var.name
  platform = local.static ? "WEB" : "WEB_COMPUTE"
  tags     = var.tags

  build_spec = yamlencode(merge(
    { version = 1 },
    { for key, one in { frontend = local.frontend } : key => one if var.folder == "" },
    { for key, one in { applications = [{ appRoot = var.folder, frontend = local.frontend }] } : key => one if var.folder != "" },
  ))

  environment_variables = merge(var.environment, var.folder == "" ? {} : { AMPLIFY_MONOREPO_APP_ROOT = var.folder })

  custom_headers = yamlencode({
    customHeaders = [{
      pattern = "**"
      headers = [
        { key = "Strict-Transport-Security", value = "max-age=63072000; includeSubDomains" },
        { key = "X-Content-Type-Options", value = "nosniff" },
        { key = "X-Frame-Options", value = "DENY" },
        { key = "Referrer-Policy", value = "strict-origin-when-cross-origin" },
      ]
    }]
  })

  enable_branch_auto_build      = true
  enable_branch_auto_deletion   = true
  enable_auto_branch_creation   = length(var.previews.branches) > 0
  auto_branch_creation_patterns = length(var.previews.branches) > 0 ? var.previews.branches : null

  dynamic "auto_branch_creation_config" {
    for_each = length(var.previews.branches) > 0 ? [true] : []

    content {
      enable_auto_build           = true
      enable_pull_request_preview = var.previews.pull_requests
      stage                       = "DEVELOPMENT"
    }
  }

  dynamic "custom_rule" {
    for_each = local.static ? [true] : []

    content {
      source = "/<*>"
      status = "404-200"
      target = "/404.html"
    }
  }

  lifecycle {
    ignore_changes = [repository, access_token, oauth_token]
  }
}

resource "aws_amplify_branch" "this" {
  for_each = var.branches

  app_id                      = aws_amplify_app.this.id
  branch_name                 = each.key
  stage                       = each.value
  framework                   = local.static ? "Next.js - SSG" : "Next.js - SSR"
  enable_auto_build           = true
  enable_pull_request_preview = var.previews.pull_requests
  tags                        = var.tags
}

resource "aws_amplify_domain_association" "this" {
  count = var.domain == "" ? 0 : 1

  app_id                 = aws_amplify_app.this.id
  domain_name            = var.domain
  enable_auto_sub_domain = false
  wait_for_verification  = false # the record that proves the domain may be set elsewhere

  dynamic "sub_domain" {
    for_each = var.hosts

    content {
      prefix      = sub_domain.key
      branch_name = aws_amplify_branch.this[sub_domain.value].branch_name
    }
  }
}
