variable "name" {
  description = "Prefix of the roles' names."
  type        = string
  default     = "slipway"
}

variable "region" {
  description = "Region of the bucket of the states."
  type        = string
  default     = "us-east-1"
}

variable "bucket" {
  description = "Name of the bucket of the states; the world's, so put your organisation into it."
  type        = string
}

variable "role_prefixes" {
  description = "Beginnings of the names of roles that the infrastructure role may make: those of the stacks."
  type        = list(string)
  default     = ["rikaios", "deepscifi", "wwhd", "postmagiq", "unamentis"]
}

variable "github_repository" {
  description = "OWNER/NAME whose workflows plan and apply; empty: none."
  type        = string
  default     = ""
}
