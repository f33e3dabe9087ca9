-- Signing up and in as the page of the original does it: POST /api/auth/signup, the endpoints of NextAuth (a session in a cookie, a
-- token against forged forms beside it), and the procedures auth.signUp and auth.me of tRPC with superjson.

local text = {type = "string"}
local credentials = {email = {type = "string", minLength = 3, maxLength = 254}, password = {type = "string", minLength = 8, maxLength = 256}}
local DAY = 24 * 3600

local function given(value) if value == null or value == "" then return nil end return value end

local function is_secure(request) return (request.headers["x-forwarded-proto"] or ""):match("^https") ~= nil end

-- __Host- and __Secure- need https; on a desk the names go without, as NextAuth has it.
local function cookie_name(request, name) return (is_secure(request) and "__Secure-next-auth." or "next-auth.") .. name end

local function cookie(request, name)
  for pair in (request.headers.cookie or ""):gmatch("[^;]+") do
    local key, value = pair:match("^%s*([^=]+)=(.*)$")
    if key == name then return value end
  end
end

local function set_cookie(request, name, value, seconds)
  return name .. "=" .. value .. "; Path=/; HttpOnly; SameSite=Lax" .. (is_secure(request) and "; Secure" or "") .. "; Max-Age=" .. seconds
end

local function session_user(request)
  local token = cookie(request, cookie_name(request, "session-token"))
  if not token or #token > 4096 then return nil end
  local done, user = pcall(slipway.accounts.authenticate, {token = token})
  return done and user or nil
end

local function user_of(user) return {id = user.id, name = given(user.display_name) or user.username, email = user.email} end

-- Sign-up -----------------------------------------------------------------------------------------------------------------------------

route.post("/api/auth/signup", {
  summary = "Sign up", tag = "auth", auth = false, status = 201, response = {type = "object", properties = {user = {type = "object"}}},
  body = {type = "object", required = {"name", "email", "password"},
          properties = {name = {type = "string", minLength = 1, maxLength = 255}, email = credentials.email, password = credentials.password}},
}, function(request)
  local body = request.body
  local user = slipway.accounts.register {email = body.email, password = body.password, display_name = body.name}
  return respond(201, {user = {id = user.id, name = body.name, email = user.email}})
end)

-- NextAuth ----------------------------------------------------------------------------------------------------------------------------

route.get("/api/auth/providers", {summary = "Ways to sign in", tag = "auth", auth = false, replaces = true, response = {type = "object"}}, function()
  return {credentials = {id = "credentials", name = "Credentials", type = "credentials", signinUrl = "/api/auth/signin/credentials",
                         callbackUrl = "/api/auth/callback/credentials"}}
end)

-- The same value in a cookie and in the form: another site can send the cookie along, but does not know it.
route.get("/api/auth/csrf", {summary = "A token against forged forms", tag = "auth", auth = false,
                             response = {type = "object", properties = {csrfToken = text}}}, function(request)
  local name = cookie_name(request, "csrf-token")
  local token = cookie(request, name)
  if not token or #token ~= 43 then token = slipway.random.token {}.token end
  return respond(200, {csrfToken = token}, {["Set-Cookie"] = set_cookie(request, name, token, DAY), ["Cache-Control"] = "no-store"})
end)

local function is_forged(request)
  local token = cookie(request, cookie_name(request, "csrf-token"))
  return not token or token == "" or token ~= (present(request.body) or {}).csrfToken
end

local form = {type = "object", properties = {csrfToken = text, email = text, password = text, callbackUrl = text, json = text, redirect = text}}

route.post("/api/auth/callback/credentials", {summary = "Sign in with e-mail and password", tag = "auth", auth = false, form = true, body = form,
                                              response = {type = "object", properties = {url = text}}}, function(request)
  if is_forged(request) then return respond(400, {url = "/api/auth/signin?csrf=true"}) end
  local body = request.body
  local done, signed = pcall(slipway.accounts.sign_in, {name = given(body.email) or "", password = given(body.password) or ""})
  if not done then
    if type(signed) == "table" and signed.code == "unauthorized" then return respond(401, {url = "/auth/signin?error=CredentialsSignin"}) end
    error(signed, 0)
  end
  if signed.factor_token then return respond(401, {url = "/auth/signin?error=FactorRequired"}) end
  return respond(200, {url = "/"}, {
    ["Set-Cookie"] = set_cookie(request, cookie_name(request, "session-token"), signed.access_token, signed.expires_in), ["Cache-Control"] = "no-store"})
end)

route.get("/api/auth/session", {summary = "Who is signed in; {} for nobody", tag = "auth", auth = false, response = {type = "object"}}, function(request)
  local user = session_user(request)
  if not user then return respond(200, {}, {["Cache-Control"] = "no-store"}) end
  return respond(200, {user = user_of(user), expires = iso_time(time() + DAY * 1000)}, {["Cache-Control"] = "no-store"})
end)

route.post("/api/auth/signout", {summary = "Sign out", tag = "auth", auth = false, form = true, body = form,
                                 response = {type = "object", properties = {url = text}}}, function(request)
  if is_forged(request) then return respond(400, {url = "/api/auth/signout?csrf=true"}) end
  if session_user(request) then slipway.accounts.sign_out {which = "this"} end
  return respond(200, {url = "/"}, {["Set-Cookie"] = set_cookie(request, cookie_name(request, "session-token"), "", 0)})
end)

-- tRPC ----------------------------------------------------------------------------------------------------------------------------------

local CODES = {invalid = {-32600, 400, "BAD_REQUEST"}, unauthorized = {-32001, 401, "UNAUTHORIZED"}, forbidden = {-32003, 403, "FORBIDDEN"},
               not_found = {-32004, 404, "NOT_FOUND"}, conflict = {-32009, 409, "CONFLICT"}, rate_limited = {-32029, 429, "TOO_MANY_REQUESTS"}}
local FAILED = {-32603, 500, "INTERNAL_SERVER_ERROR"}

local function failed(path, problem)
  if type(problem) ~= "table" or problem.code == nil then error(problem, 0) end
  local code = CODES[problem.code] or FAILED
  return {error = {json = {message = problem.message, code = code[1], data = {code = code[3], httpStatus = code[2], path = path}}}}, code[2]
end

local function answered(request, path, input_of, procedure)
  local batch = request.query.batch == "1"
  local done, result = pcall(function() return procedure(input_of(batch)) end)
  local body, status = nil, 200
  if done then body = {result = {data = {json = result}}} else body, status = failed(path, result) end
  return respond(status, batch and array {body} or body, {["Cache-Control"] = "no-store"})
end

-- {json: …} alone, or as "0" of a batch.
local function unwrapped(value, batch)
  if type(value) ~= "table" then return {} end
  if batch then value = present(value["0"]) end
  local input = type(value) == "table" and present(value.json) or {}
  return type(input) == "table" and input or {}
end

local query = {batch = text, input = {type = "string", maxLength = 10000}}

route.post("/api/trpc/auth.signUp", {summary = "Sign up", tag = "trpc", auth = false, query = query, body = {type = "object"}, response = {type = "object"}},
  function(request)
    return answered(request, "auth.signUp", function(batch) return unwrapped(request.body, batch) end, function(input)
      local email, password = given(input.email), given(input.password)
      if type(email) ~= "string" or type(password) ~= "string" or #password < 8 then
        error {code = "invalid", message = "email and a password of at least 8 characters are needed."}
      end
      local user = slipway.accounts.register {email = email, password = password, display_name = given(input.name)}
      return {id = user.id, email = user.email, name = given(user.display_name) or null}
    end)
  end)

route.get("/api/trpc/auth.me", {summary = "Who am I?", tag = "trpc", auth = false, query = query, response = {type = "object"}}, function(request)
  return answered(request, "auth.me", function() return {} end, function()
    local user = session_user(request)
    local bearer = (request.headers.authorization or ""):match("^[Bb]earer%s+(%S+)$")
    if not user and bearer then user = slipway.accounts.authenticate {token = bearer} end
    if not user then error {code = "unauthorized", message = "Sign in first."} end
    local shown = user_of(user)
    shown.createdAt = user.created_at
    return shown
  end)
end)
