variable "name" {
  description = "Name of the application in Amplify."
  type        = string
}

variable "framework" {
  description = "\"next\": rendered on the server (platform WEB_COMPUTE); \"static\": files only (WEB)."
  type        = string
  default     = "next"

  validation {
    condition     = contains(["next", "static"], var.framework)
    error_message = "The framework is \"next\" or \"static\"."
  }
}

variable "folder" {
  description = "Folder of the front end in its repository; empty: the root."
  type        = string
  default     = ""
}

variable "environment" {
  description = "Variables of the build. They end in the pages that browsers load, so none is a secret."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for key in keys(var.environment) : !can(regex("(SECRET|PASSWORD|TOKEN|_KEY)$", key))])
    error_message = "Variables of a front end are public: no secret belongs here."
  }
}

variable "branches" {
  description = "Branches that are built on every push: name to its stage, PRODUCTION, BETA or DEVELOPMENT."
  type        = map(string)
  default     = { main = "PRODUCTION" }

  validation {
    condition     = alltrue([for stage in values(var.branches) : contains(["PRODUCTION", "BETA", "DEVELOPMENT"], stage)])
    error_message = "A stage is PRODUCTION, BETA or DEVELOPMENT."
  }
}

variable "previews" {
  description = "Patterns of branches that get a deployment of their own while they exist, and whether pull requests do."
  type        = object({ branches = optional(list(string), ["*", "*/**"]), pull_requests = optional(bool, true) })
  default     = {}
}

variable "domain" {
  description = "Domain of the front end; empty: Amplify's own name. Amplify makes its certificate."
  type        = string
  default     = ""
}

variable "hosts" {
  description = "Host below the domain (\"\" is the apex) to the branch that it shows."
  type        = map(string)
  default     = { "" = "main", www = "main" }

  validation {
    condition     = length(var.hosts) > 0
    error_message = "Name a host at least."
  }
}

variable "node_version" {
  description = "Node of the build."
  type        = string
  default     = "20"
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
}
