-- The original's /api/auth in all the shapes that its clients know. One answer serves them: web clients and the admin console read
-- `user`, `device` and `tokens`, Android reads the same at the top, older functions read `data`. Only lists exclude each other:
-- Android (X-Client-Platform) gets them bare. Errors carry a code as `error` and `code`; the web client signs in again for
-- invalid_token, token_expired and token_reused, and refreshes for any other 401.

local text, integer, boolean = {type = "string"}, {type = "integer"}, {type = "boolean"}
local optional = {type = {"string", "null"}}

local device_schema = {type = {"object", "null"}, properties = {
  fingerprint = {type = "string", maxLength = 255}, name = optional, type = optional, model = optional, os_version = optional, app_version = optional}}
local user_schema = {type = "object", properties = {id = text, email = text, display_name = optional, role = text}}
local tokens_schema = {type = "object", properties = {access_token = text, refresh_token = text, token_type = text, expires_in = integer}}
local signed_in_schema = {type = "object", properties = {
  user = user_schema, device = {type = "object", properties = {id = text}}, tokens = tokens_schema, access_token = text, refresh_token = text,
  token_type = text, expires_in = integer, id = text, email = text, name = optional, created_at = text, success = boolean, data = {type = "object"}}}
local message_schema = {type = "object", properties = {success = boolean, message = text}}

local function refuse(status, code, message, more)
  local body = {success = false, error = code, message = message, code = code, error_code = code:upper()}
  for name, value in pairs(more or {}) do body[name] = value end
  local headers = {}
  if status == 401 then headers["WWW-Authenticate"] = 'Bearer realm="unamentis"' end
  if body.retry_after then headers["Retry-After"] = tostring(body.retry_after) end
  return respond(status, body, headers)
end

-- What an operation refused, under the original's codes: {code or code.reason → {status, code}}.
local function answered(codes, work)
  local done, result = pcall(work)
  if done then return result end
  if type(result) ~= "table" or result.code == nil then error(result, 0) end
  local details = present(result.details) or {}
  local known = (details.reason and codes[result.code .. "." .. details.reason]) or codes[result.code]
  if known == nil then error(result, 0) end
  return refuse(known[1], known[2], result.message, {suggestions = details.suggestions, retry_after = details.retry_after_seconds})
end

local function said(message) return {success = true, message = message, data = {message = message}} end
local function is_android(request) return (request.headers["x-client-platform"] or ""):lower() == "android" end
local function given(value) if value == null or value == "" then return nil end return value end
local function name_of(user) return given(user.display_name) or null end

local function role_of(user)
  if user.system_role == "owner" then return "super_admin" end
  if user.system_role == "admin" or user.is_admin then return "admin" end
  return "user"
end

local function short_user(user)
  return {id = user.id, email = user.email, display_name = name_of(user), role = role_of(user), username = user.username}
end

local function full_user(user)
  local profile = present(user.profile) or {}
  local full = short_user(user)
  full.email_verified = user.email_verified == true
  full.avatar_url, full.locale, full.timezone = profile.avatar_url or null, profile.locale or "en-US", profile.timezone or "UTC"
  full.mfa_enabled = user.has_factor == true
  full.created_at, full.last_login_at = user.created_at, user.last_sign_in_at or null
  return full
end

local function tokens_of(signed)
  return {access_token = signed.access_token, refresh_token = signed.refresh_token, token_type = "Bearer", expires_in = signed.expires_in}
end

local function signed_in(signed, status)
  local user, tokens = signed.user, tokens_of(signed)
  local body = {success = true, user = short_user(user), tokens = tokens, id = user.id, email = user.email, name = name_of(user),
                created_at = user.created_at}
  for name, value in pairs(tokens) do body[name] = value end
  if given(signed.device_id) then body.device = {id = signed.device_id} end
  body.data = {user_id = user.id, email = user.email, name = name_of(user), access_token = tokens.access_token, token_type = tokens.token_type,
               expires_in = tokens.expires_in, user = {id = user.id, email = user.email}}
  return respond(status, body, {["Cache-Control"] = "no-store"})
end

-- A device of the web and the console, or the name that Android gives; nil where there is neither.
local function device_of(body)
  local device = given(body.device)
  if device then
    if not given(device.fingerprint) then return nil end
    return {fingerprint = device.fingerprint, name = given(device.name), type = given(device.type), model = given(device.model),
            os_version = given(device.os_version), app_version = given(device.app_version)}
  end
  local name = given(body.device_name)
  return name and {fingerprint = "name:" .. name, name = name, type = "android"} or nil
end

local weak = {["invalid.weak"] = {400, "weak_password"}, ["invalid.password"] = {400, "weak_password"}, invalid = {400, "invalid_password"}}

route.post("/api/auth/register", {
  summary = "Register; with a device this signs in, too", tag = "auth", auth = false, replaces = true, status = 201, response = signed_in_schema,
  body = {type = "object", properties = {email = optional, password = optional, display_name = optional, name = optional, device = device_schema,
                                         device_name = optional, username = optional}},
}, function(request)
  local body = present(request.body) or {}
  local email, password = given(body.email), given(body.password)
  if not email or not email:find("^[^@%s]+@[^@%s]+%.[^@%s]+$") then return refuse(400, "invalid_email", "This is not an e-mail address.") end
  if not password then return refuse(400, "invalid_password", "A password is missing.") end
  local device = device_of(body)
  -- The page at / names a username, and has no device.
  local wanted = {email = email, password = password, username = given(body.username), display_name = given(body.display_name) or given(body.name),
                  device = device, sign_in = device ~= nil or is_android(request) or given(body.username) ~= nil}
  return answered({["invalid.email"] = {400, "invalid_email"}, ["invalid.weak"] = weak["invalid.weak"], invalid = {400, "weak_password"},
                   conflict = {409, "email_exists"}}, function()
    local made = slipway.accounts.register(wanted)
    if wanted.sign_in then return signed_in(made, 201) end
    local user = made
    return respond(201, {success = true, user = short_user(user), id = user.id, email = user.email, name = name_of(user), created_at = user.created_at,
                         data = {user_id = user.id, email = user.email, name = name_of(user), message = "Registered."}})
  end)
end)

route.post("/api/auth/login", {
  summary = "Sign in", tag = "auth", auth = false, replaces = true, response = signed_in_schema,
  body = {type = "object", properties = {email = optional, name = optional, password = optional, device = device_schema, device_name = optional,
                                         code = optional}},
}, function(request)
  local body = present(request.body) or {}
  local name, device = given(body.email) or given(body.name), device_of(body)  -- `name`: the page at /, which has no device
  if not name or not given(body.password) then return refuse(400, "missing_credentials", "E-mail and password are needed.") end
  if not device and given(body.email) then return refuse(400, "missing_device", "`device` with a fingerprint, or `device_name`, is needed.") end
  return answered({["unauthorized.blocked"] = {403, "account_inactive"}, unauthorized = {401, "invalid_credentials"},
                   ["forbidden.unverified"] = {403, "account_inactive"}, rate_limited = {429, "RATE_LIMIT_EXCEEDED"}}, function()
    local signed = slipway.accounts.sign_in {name = name, password = body.password, device = device}
    if signed.factor_token then
      if not given(body.code) then return refuse(401, "mfa_required", "A code of the second factor is needed.", {factor_token = signed.factor_token}) end
      signed = slipway.factors.finish_sign_in {factor_token = signed.factor_token, code = body.code}
    end
    return signed_in(signed, 200)
  end)
end)

route.post("/api/auth/refresh", {
  summary = "New tokens for a refresh token", tag = "auth", auth = false, replaces = true, response = signed_in_schema,
  body = {type = "object", properties = {refresh_token = optional}},
}, function(request)
  local token = given((present(request.body) or {}).refresh_token)
  if not token then return refuse(400, "missing_token", "`refresh_token` is missing.") end
  return answered({["unauthorized.reused"] = {401, "token_reused"}, ["unauthorized.expired"] = {401, "token_expired"},
                   ["unauthorized.blocked"] = {403, "account_inactive"}, unauthorized = {401, "invalid_token"}}, function()
    return signed_in(slipway.accounts.refresh {refresh_token = token}, 200)
  end)
end)

route.post("/api/auth/logout", {
  summary = "Sign out here, or everywhere", tag = "auth", replaces = true, response = message_schema,
  body = {type = {"object", "null"}, properties = {refresh_token = optional, all_devices = {type = {"boolean", "null"}}}},
}, function(request)
  local body = present(request.body) or {}
  slipway.accounts.sign_out {refresh_token = given(body.refresh_token), which = body.all_devices == true and "all" or "this"}
  return said("Signed out.")
end)

route.get("/api/auth/me", {summary = "Who am I?", tag = "auth", response = {type = "object", properties = {user = user_schema}}}, function(request)
  local user = slipway.accounts.profile {}
  return {success = true, user = full_user(user), id = user.id, email = user.email, name = name_of(user), created_at = user.created_at,
          updated_at = user.updated_at or user.created_at,
          data = {id = user.id, email = user.email, is_admin = user.is_admin, tenant_id = request.workspace or null}}
end)

route.patch("/api/auth/me", {
  summary = "Change what others see of you", tag = "auth", response = {type = "object", properties = {user = user_schema}},
  body = {type = "object", properties = {display_name = optional, name = optional, avatar_url = optional, locale = optional, timezone = optional}},
}, function(request)
  local body, changes, profile = present(request.body) or {}, {}, {}
  if body.display_name ~= nil or body.name ~= nil then changes.display_name = given(body.display_name) or given(body.name) or "" end
  for _, name in ipairs {"avatar_url", "locale", "timezone"} do
    if body[name] ~= nil then profile[name] = body[name] end
  end
  if next(profile) ~= nil then changes.profile = profile end
  if next(changes) == nil then return refuse(400, "no_updates", "Nothing to change was given.") end
  local user = slipway.accounts.update_profile(changes)
  return {success = true, user = full_user(user), id = user.id, email = user.email, name = name_of(user), created_at = user.created_at}
end)

route.post("/api/auth/password", {
  summary = "Change the password; other devices are signed out", tag = "auth", replaces = true, response = message_schema,
  body = {type = "object", required = {"current_password", "new_password"}, properties = {current_password = text, new_password = text}},
}, function(request)
  return answered({["unauthorized.wrong"] = {401, "invalid_password"}, ["forbidden.wrong"] = {401, "invalid_password"}, invalid = {400, "weak_password"}},
    function()
      slipway.accounts.change_password {current_password = request.body.current_password, new_password = request.body.new_password, end_others = true}
      return said("The password was changed.")
    end)
end)

route.post("/api/auth/forgot-password", {
  summary = "Ask for a mail that resets the password", tag = "auth", auth = false, replaces = true, response = message_schema,
  body = {type = "object", required = {"email"}, properties = {email = {type = "string", minLength = 3, maxLength = 254}}},
}, function(request)
  slipway.accounts.ask_reset {email = request.body.email}
  return said("If an account has this address, a mail is on its way.")
end)

route.post("/api/auth/reset-password", {
  summary = "Set a new password with the token of the mail", tag = "auth", auth = false, replaces = true, response = message_schema,
  body = {type = "object", required = {"token", "password"}, properties = {token = text, password = {type = "string", minLength = 8}}},
}, function(request)
  return answered({unauthorized = {400, "invalid_token"}, not_found = {400, "invalid_token"}, ["invalid.invalid"] = {400, "invalid_token"},
                   invalid = {400, "weak_password"}}, function()
    slipway.accounts.reset_password {token = request.body.token, password = request.body.password}
    return said("The password was changed; sign in with it.")
  end)
end)

route.get("/api/auth/verify-email", {
  summary = "Verify the e-mail address", tag = "auth", auth = false, replaces = true, response = message_schema,
  query = {token = {type = "string", minLength = 1, maxLength = 512, required = true}},
}, function(request)
  if not given(request.query.token) then return refuse(400, "missing_token", "`token` is missing.") end
  return answered({unauthorized = {400, "invalid_token"}, not_found = {400, "invalid_token"}, invalid = {400, "invalid_token"}}, function()
    slipway.accounts.verify_email {token = request.query.token}
    return said("The e-mail address is verified.")
  end)
end)

route.post("/api/auth/resend-verification", {summary = "Send the mail of verification again", tag = "auth", replaces = true, response = message_schema},
  function()
    slipway.accounts.ask_verification {}
    return said("If the address is not verified yet, a mail is on its way.")
  end)

local session_schema = {type = "object", properties = {id = text, ip_address = optional, user_agent = optional, created_at = text,
                                                       last_activity_at = text, is_current = boolean}}

route.get("/api/auth/sessions", {
  summary = "Where you are signed in; the last used first", tag = "auth", replaces = true,
  response = {type = "object", properties = {sessions = {type = "array", items = session_schema}}},
}, function(request)
  local list = array {}
  for _, session in ipairs(slipway.accounts.sessions {}.sessions) do
    local device = present(session.device)
    list[#list + 1] = {
      id = session.id, ip_address = given(session.address) or null, user_agent = given(session.user_agent) or null, location = null,
      device = device and {name = given(device.name) or null, type = given(device.type) or null} or null,
      device_name = device and given(device.name) or given(session.user_agent) or "unknown", created_at = session.created_at,
      last_activity_at = session.last_used_at, last_used = session.last_used_at, last_active = session.last_used_at, is_current = session.current}
  end
  if is_android(request) then return list end
  return {success = true, sessions = list, data = {sessions = list}}
end)

route.delete("/api/auth/sessions/{id}", {summary = "Sign a session out", tag = "auth", replaces = true, response = message_schema}, function(request)
  return answered({not_found = {404, "not_found"}}, function()
    slipway.accounts.end_session {id = request.params.id}
    return said("The session was ended.")
  end)
end)

route.get("/api/auth/devices", {summary = "Your devices", tag = "auth", replaces = true,
                                response = {type = "object", properties = {devices = {type = "array", items = {type = "object"}}}}}, function(request)
  local list = array {}
  for _, device in ipairs(slipway.accounts.devices {}.devices) do
    list[#list + 1] = {id = device.id, name = given(device.name) or null, type = given(device.type) or null, model = given(device.model) or null,
                       os_version = given(device.os_version) or null, app_version = given(device.app_version) or null,
                       is_trusted = device.trusted == true, last_seen_at = device.last_seen_at, created_at = device.created_at}
  end
  if is_android(request) then return list end
  return {devices = list}
end)

route.delete("/api/auth/devices/{id}", {summary = "Forget a device and sign it out", tag = "auth", replaces = true, response = message_schema},
  function(request)
    return answered({not_found = {404, "not_found"}}, function()
      slipway.accounts.remove_device {id = request.params.id}
      return said("The device was removed.")
    end)
  end)
