-- /api/v1/auth and /api/v1/users as clients of the original know them. Errors are {error: {code, message, details}, detail}: the page
-- reads `detail` (app.yaml, script.error).

local PREFIX = "/api/v1"
local text, integer, boolean = {type = "string"}, {type = "integer"}, {type = "boolean"}
local optional = {type = {"string", "null"}}
local email = {type = "string", minLength = 3, maxLength = 254}
local new_password = {type = "string", minLength = 8, maxLength = 128}

local tokens_schema = {type = "object", properties = {access_token = text, refresh_token = text, token_type = text, expires_in = integer}}
local message_schema = {type = "object", properties = {message = text}}
local user_schema = {type = "object", properties = {
  id = text, full_name = optional, email = text, created_at = text, is_active = boolean, is_superuser = boolean, role = text,
  view_as_tier_id = optional, default_workspace_id = optional}}

local function given(value) if value == null or value == "" then return nil end return value end

-- {code or code.reason → status}: what an operation refused, with the original's status.
local function with_status(statuses, work)
  local done, result = pcall(work)
  if done then return result end
  local details = type(result) == "table" and present(result.details) or {}
  local status = type(result) == "table" and ((details.reason and statuses[tostring(result.code) .. "." .. details.reason]) or statuses[result.code])
  if not status then error(result, 0) end
  local names = {[400] = "BAD_REQUEST", [401] = "AUTHENTICATION_FAILED", [403] = "FORBIDDEN", [404] = "NOT_FOUND", [409] = "CONFLICT"}
  return respond(status, {error = {code = names[status] or "ERROR", message = result.message}, detail = result.message})
end

local function user_of(user)
  return {id = user.id, full_name = given(user.display_name) or null, email = user.email, created_at = user.created_at, is_active = user.active,
          is_superuser = user.system_role == "owner", role = user.system_role, view_as_tier_id = null,
          default_workspace_id = given(user.default_workspace) or null}
end

local function tokens_of(signed, status)
  return respond(status, {access_token = signed.access_token, refresh_token = signed.refresh_token, token_type = "bearer", expires_in = signed.expires_in},
                 {["Cache-Control"] = "no-store"})
end

route.post(PREFIX .. "/auth/register", {
  summary = "Register and sign in", tag = "auth", auth = false, status = 201, response = tokens_schema,
  body = {type = "object", required = {"email", "password", "full_name"},
          properties = {email = email, password = new_password, full_name = {type = "string", minLength = 1, maxLength = 255}}},
}, function(request)
  local body = request.body
  return with_status({conflict = 400}, function()
    return tokens_of(slipway.accounts.register {email = body.email, password = body.password, display_name = body.full_name, sign_in = true}, 201)
  end)
end)

route.post(PREFIX .. "/auth/login", {
  summary = "Sign in", tag = "auth", auth = false, response = tokens_schema,
  body = {type = "object", required = {"email", "password"}, properties = {email = email, password = text}},
}, function(request)
  local signed = slipway.accounts.sign_in {name = request.body.email, password = request.body.password}
  if signed.factor_token then
    return respond(401, {error = {code = "FACTOR_REQUIRED", message = "A code of the second factor is needed.", details = {factor_token = signed.factor_token}},
                         detail = "A code of the second factor is needed."})
  end
  return tokens_of(signed, 200)
end)

route.post(PREFIX .. "/auth/logout", {summary = "Sign out", tag = "auth", response = message_schema, body = {type = {"object", "null"}}}, function()
  slipway.accounts.sign_out {which = "this"}
  return {message = "Successfully logged out"}
end)

route.post(PREFIX .. "/auth/refresh", {
  summary = "New tokens for a refresh token", tag = "auth", auth = false, response = tokens_schema,
  body = {type = "object", required = {"refresh_token"}, properties = {refresh_token = text}},
}, function(request)
  return with_status({forbidden = 401}, function()
    return tokens_of(slipway.accounts.refresh {refresh_token = request.body.refresh_token}, 200)
  end)
end)

route.get(PREFIX .. "/auth/me", {summary = "Who am I?", tag = "auth", response = user_schema}, function()
  return user_of(slipway.accounts.profile {})
end)

-- What the page shows to whom: everything to the owner of the system, its own work to everybody else.
local FLAGS = {"show_internal_workflow", "show_image_tools", "show_ai_personas", "show_live_workflow", "show_state_editor", "show_approvals",
               "show_teams", "show_strategy_admin", "show_costs"}
local TURNS = {owner = 3, admin = 2, user = 1}  -- of the workflow's circuit breaker

route.get(PREFIX .. "/auth/me/flags", {summary = "What the page shows you", tag = "auth", response = {type = "object"}}, function()
  local role = slipway.accounts.profile {}.system_role
  local flags = {max_circuit_breaker = TURNS[role] or TURNS.user}
  for _, name in ipairs(FLAGS) do flags[name] = role == "owner" end
  return flags
end)

route.put(PREFIX .. "/auth/users/{id}/role", {
  summary = "Change the role in the system (its owner alone)", tag = "auth", response = user_schema,
  body = {type = "object", required = {"role"}, properties = {role = {type = "string", enum = {"owner", "admin", "user"}}}},
}, function(request)
  return user_of(slipway.accounts.set_system_role {id = request.params.id, role = request.body.role})
end)

route.post(PREFIX .. "/auth/forgot-password", {
  summary = "Ask for a mail that resets the password", tag = "auth", auth = false, response = message_schema,
  body = {type = "object", required = {"email"}, properties = {email = email}},
}, function(request)
  slipway.accounts.ask_reset {email = request.body.email}
  return {message = "If an account exists, a reset link has been sent"}
end)

route.post(PREFIX .. "/auth/reset-password", {
  summary = "Set a new password with the token of the mail", tag = "auth", auth = false, response = message_schema,
  body = {type = "object", required = {"token", "password"}, properties = {token = text, password = new_password}},
}, function(request)
  return with_status({unauthorized = 400, not_found = 400, invalid = 400}, function()
    slipway.accounts.reset_password {token = request.body.token, password = request.body.password}
    return {message = "Password has been reset successfully"}
  end)
end)

-- Privacy -------------------------------------------------------------------------------------------------------------------------------

local privacy_schema = {type = "object", properties = {data_retention_days = integer, allow_analytics = boolean, allow_ai_training = boolean,
                                                       allow_marketing = boolean}}

local function privacy_of(user)
  local kept = (present(user.profile) or {}).privacy or {}
  return {data_retention_days = kept.data_retention_days or 365, allow_analytics = kept.allow_analytics == true,
          allow_ai_training = kept.allow_ai_training == true, allow_marketing = kept.allow_marketing == true}
end

route.get(PREFIX .. "/users/me/privacy", {summary = "What you allow", tag = "privacy", response = privacy_schema}, function()
  return privacy_of(slipway.accounts.profile {})
end)

route.put(PREFIX .. "/users/me/privacy", {summary = "Change what you allow", tag = "privacy", response = privacy_schema, body = privacy_schema},
  function(request)
    local privacy = privacy_of(slipway.accounts.profile {})
    for name in pairs(privacy) do
      if present(request.body[name]) ~= nil then privacy[name] = request.body[name] end
    end
    return privacy_of(slipway.accounts.update_profile {profile = {privacy = privacy}})
  end)

route.post(PREFIX .. "/users/me/export", {summary = "All that is kept of you", tag = "privacy", response = {type = "object"}, body = {type = {"object", "null"}}},
  function()
    return slipway.accounts.export {}
  end)

route.delete(PREFIX .. "/users/me", {
  summary = "Delete your account", tag = "privacy", response = message_schema, query = {confirmation = text, password = text},
}, function(request)
  if request.query.confirmation ~= "DELETE" then error {code = "invalid", message = "Say confirmation=DELETE."} end
  slipway.accounts.delete {password = given(request.query.password)}
  return {message = "Your account was deleted."}
end)
