-- /api/v1/workspaces and /api/v1/w/{workspace_id}/…: members, invitations, keys, the audit log, domains. Who is no member of a workspace
-- finds nothing of it (404); beside each route stands the scope that it needs (app.yaml, accounts.roles).

local PREFIX, INSIDE = "/api/v1", "/api/v1/w/{workspace_id}"
local text, integer, boolean = {type = "string"}, {type = "integer"}, {type = "boolean"}
local optional, whole = {type = {"string", "null"}}, {type = {"integer", "null"}}
local role = {type = "string", enum = {"owner", "admin", "editor", "viewer"}}

local function given(value) if value == null or value == "" then return nil end return value end

local function as_bad_request(work)
  local done, result = pcall(work)
  if done then return result end
  if type(result) == "table" and (result.code == "conflict" or result.code == "invalid" or result.code == "forbidden") then
    return respond(400, {error = {code = "BAD_REQUEST", message = result.message}, detail = result.message})
  end
  error(result, 0)
end

-- Workspaces ------------------------------------------------------------------------------------------------------------------------------

local workspace_schema = {type = "object", properties = {id = text, name = text, slug = text, description = optional, owner_id = optional, created_at = text}}
local summary_schema = {type = "object", properties = {id = text, name = text, slug = text, description = optional, role = text, member_count = integer}}
local name, slug, description = {type = "string", minLength = 1, maxLength = 100}, {type = {"string", "null"}, maxLength = 100},
                                {type = {"string", "null"}, maxLength = 500}

local function workspace_of(workspace)
  local owner = null
  for _, member in ipairs(slipway.workspaces.members {workspace = workspace.id}.members) do
    if member.role == "owner" and owner == null then owner = member.user_id end
  end
  return {id = workspace.id, name = workspace.name, slug = workspace.slug, description = given(workspace.description) or null, owner_id = owner,
          created_at = workspace.created_at}
end

route.get(PREFIX .. "/workspaces", {summary = "Your workspaces", tag = "workspaces", response = {type = "array", items = summary_schema}}, function()
  local list = array {}
  for _, workspace in ipairs(slipway.workspaces.list {}.workspaces) do
    list[#list + 1] = {id = workspace.id, name = workspace.name, slug = workspace.slug, description = given(workspace.description) or null,
                       role = workspace.role, member_count = workspace.member_count}
  end
  return list
end)

route.post(PREFIX .. "/workspaces", {
  summary = "Create a workspace; you own it", tag = "workspaces", status = 201, response = workspace_schema,
  body = {type = "object", required = {"name"}, properties = {name = name, slug = slug, description = description}},
}, function(request)
  local body = request.body
  return as_bad_request(function()
    return workspace_of(slipway.workspaces.create {name = body.name, slug = given(body.slug), description = given(body.description)})
  end)
end)

route.get(INSIDE, {summary = "A workspace", tag = "workspaces", workspace = "workspace_id", scope = "content:read", response = workspace_schema}, function()
  return workspace_of(slipway.workspaces.get {})
end)

route.patch(INSIDE, {
  summary = "Change a workspace", tag = "workspaces", workspace = "workspace_id", scope = "workspace:settings", response = workspace_schema,
  body = {type = "object", properties = {name = {type = {"string", "null"}, minLength = 1, maxLength = 100}, slug = slug, description = description}},
}, function(request)
  local body = request.body
  local changes = {name = given(body.name), slug = given(body.slug), description = given(body.description)}
  if not (changes.name or changes.slug or changes.description) then error {code = "invalid", message = "No fields to update"} end
  return as_bad_request(function() return workspace_of(slipway.workspaces.update(changes)) end)
end)

route.delete(INSIDE, {summary = "Delete a workspace with all that is in it", tag = "workspaces", workspace = "workspace_id", scope = "workspace:delete", status = 204},
  function()
    slipway.workspaces.delete {}
  end)

-- Members: those who are, and those who are invited -----------------------------------------------------------------------------------------

local member_schema = {type = "object", properties = {id = text, workspace_id = text, user_id = optional, email = text, role = text, invite_status = text,
                                                      invited_at = optional, accepted_at = optional, created_at = text}}

local function member_of(workspace, member)
  return {id = member.user_id, workspace_id = workspace, user_id = member.user_id, email = member.email, role = member.role, invite_status = "accepted",
          invited_at = null, accepted_at = member.created_at, created_at = member.created_at}
end

local function invited_of(workspace, invitation)
  return {id = invitation.id, workspace_id = workspace, user_id = null, email = invitation.email, role = invitation.role,
          invite_status = invitation.status, invited_at = invitation.created_at, accepted_at = null,
          created_at = invitation.created_at}
end

route.get(INSIDE .. "/members", {summary = "Members, and who is invited", tag = "members", workspace = "workspace_id", scope = "team:read",
                                 response = {type = "array", items = member_schema}}, function(request)
  local workspace, list = request.params.workspace_id, array {}
  for _, member in ipairs(slipway.workspaces.members {}.members) do list[#list + 1] = member_of(workspace, member) end
  -- Who may not invite does not see who is invited.
  local allowed, invited = pcall(slipway.workspaces.invitations, {})
  for _, invitation in ipairs(allowed and invited.invitations or {}) do
    if invitation.status == "pending" then list[#list + 1] = invited_of(workspace, invitation) end
  end
  return list
end)

route.post(INSIDE .. "/members", {
  summary = "Invite somebody; the mail has the link", tag = "members", workspace = "workspace_id", scope = "workspace:users", status = 201,
  response = {type = "object", properties = {membership_id = text, email = text, role = text, invite_token = text}},
  body = {type = "object", required = {"email"}, properties = {email = {type = "string", minLength = 3, maxLength = 254}, role = role}},
}, function(request)
  local body = request.body
  if body.role == "owner" then error {code = "invalid", message = "Nobody is invited as owner; ownership is transferred."} end
  local invitation = slipway.workspaces.invite {email = body.email, role = given(body.role) or "editor"}
  return {membership_id = invitation.id, email = invitation.email, role = invitation.role, invite_token = invitation.token}
end)

route.patch(INSIDE .. "/members/{member_id}", {
  summary = "Change a member's role", tag = "members", workspace = "workspace_id", scope = "workspace:users", response = member_schema,
  body = {type = "object", required = {"role"}, properties = {role = role}},
}, function(request)
  local workspace = request.params.workspace_id
  if request.body.role == "owner" then error {code = "invalid", message = "Ownership is transferred, not given as a role."} end
  return as_bad_request(function()
    return member_of(workspace, slipway.workspaces.set_role {user_id = request.params.member_id, role = request.body.role})
  end)
end)

route.delete(INSIDE .. "/members/{member_id}", {summary = "Remove a member, or take an invitation back", tag = "members", workspace = "workspace_id",
                                                scope = "workspace:users", status = 204}, function(request)
  local id = request.params.member_id
  for _, invitation in ipairs(slipway.workspaces.invitations {}.invitations) do
    if invitation.id == id then
      slipway.workspaces.revoke_invitation {id = id}
      return nil
    end
  end
  return as_bad_request(function()
    slipway.workspaces.remove_member {user_id = id}
    return nil
  end)
end)

route.post(PREFIX .. "/invites/{token}/accept", {summary = "Accept an invitation", tag = "members", response = member_schema,
                                                 body = {type = {"object", "null"}}}, function(request)
  return as_bad_request(function()
    local joined, me, now = slipway.workspaces.accept_invitation {token = request.params.token}, request.user, iso_time(time())
    return member_of(joined.id, {user_id = me.id, email = me.email, role = joined.role, created_at = now})
  end)
end)

-- Keys --------------------------------------------------------------------------------------------------------------------------------------

local key_schema = {type = "object", properties = {
  id = text, workspace_id = text, created_by_id = optional, name = text, description = optional, key_prefix = text, scopes = text,
  rate_limit_per_minute = integer, rate_limit_per_day = integer, status = text, expires_at = optional, last_used_at = optional, total_requests = integer,
  created_at = text, key = text}}
local limits = {rate_limit_per_minute = {type = {"integer", "null"}, minimum = 1, maximum = 1000},
                rate_limit_per_day = {type = {"integer", "null"}, minimum = 1, maximum = 1000000}}
local scopes = {type = {"array", "null"}, items = text, maxItems = 50}

local function key_of(workspace, key)
  local listed = present(key.scopes) or {}
  return {id = key.id, workspace_id = workspace, created_by_id = given(key.created_by) or null, name = key.name,
          description = given(key.description) or null, key_prefix = key.prefix, scopes = table.concat(listed, ","),
          rate_limit_per_minute = present(key.rate_per_minute) or 60, rate_limit_per_day = present(key.rate_per_day) or 10000, status = given(key.expires_at) and key.expires_at < iso_time(time()) and "expired" or "active",
          expires_at = given(key.expires_at) or null, last_used_at = given(key.last_used_at) or null, total_requests = 0, created_at = key.created_at,
          key = given(key.key)}
end

route.get(INSIDE .. "/api-keys", {summary = "Keys of programs that are not revoked", tag = "keys", workspace = "workspace_id", scope = "admin",
                                  response = {type = "array", items = key_schema}},
  function(request)
    local list = array {}
    for _, key in ipairs(slipway.keys.list {}.keys) do
      list[#list + 1] = key_of(request.params.workspace_id, key)
    end
    return list
  end)

route.post(INSIDE .. "/api-keys", {
  summary = "Make a key; it is shown this once", tag = "keys", workspace = "workspace_id", scope = "admin", status = 201, response = key_schema,
  body = {type = "object", required = {"name"}, properties = {
    name = name, description = optional, scopes = scopes, rate_limit_per_minute = limits.rate_limit_per_minute,
    rate_limit_per_day = limits.rate_limit_per_day, expires_in_days = {type = {"integer", "null"}, minimum = 1, maximum = 365}}},
}, function(request)
  local body = request.body
  local key = slipway.keys.create {
    name = body.name, description = given(body.description), scopes = given(body.scopes), rate_per_minute = given(body.rate_limit_per_minute) or 60,
    rate_per_day = given(body.rate_limit_per_day) or 10000, expires_in_days = given(body.expires_in_days)}
  return respond(201, key_of(request.params.workspace_id, key), {["Cache-Control"] = "no-store"})
end)

route.get(INSIDE .. "/api-keys/{key_id}", {summary = "A key", tag = "keys", workspace = "workspace_id", scope = "admin", response = key_schema},
  function(request)
    return key_of(request.params.workspace_id, slipway.keys.get {id = request.params.key_id})
  end)

route.patch(INSIDE .. "/api-keys/{key_id}", {
  summary = "Change a key", tag = "keys", workspace = "workspace_id", scope = "admin", response = key_schema,
  body = {type = "object", properties = {name = {type = {"string", "null"}, minLength = 1, maxLength = 100}, description = optional, scopes = scopes,
                                         rate_limit_per_minute = limits.rate_limit_per_minute, rate_limit_per_day = limits.rate_limit_per_day}},
}, function(request)
  local body = request.body
  return key_of(request.params.workspace_id, slipway.keys.update {
    id = request.params.key_id, name = given(body.name), description = given(body.description), scopes = given(body.scopes),
    rate_per_minute = given(body.rate_limit_per_minute), rate_per_day = given(body.rate_limit_per_day)})
end)

route.delete(INSIDE .. "/api-keys/{key_id}", {summary = "Revoke a key", tag = "keys", workspace = "workspace_id", scope = "admin", status = 204},
  function(request)
    slipway.keys.revoke {id = request.params.key_id}
  end)

-- Audit log ---------------------------------------------------------------------------------------------------------------------------------

local event_schema = {type = "object", properties = {id = text, workspace_id = text, user_id = text, action = text, resource_type = text,
                                                     resource_id = optional, description = optional, ip_address = optional, user_agent = optional,
                                                     created_at = text}}
-- What an event is about, by the beginning of its name.
local RESOURCES = {access = "api_key", role = "membership", member = "membership", invitation = "membership", domain = "domain", workspace = "workspace",
                   ownership = "workspace"}

local function event_of(event)
  local details = present(event.details) or {}
  local resource = RESOURCES[event.event:match("^(%a+)_")] or "user"
  return {id = event.id, workspace_id = event.workspace, user_id = event.actor_id, action = event.event, resource_type = resource,
          resource_id = given(details.id) or given(event.user_id) or null, old_value = details.before or null, new_value = details.after or null,
          description = event.outcome == "failure" and "refused" or null, ip_address = given(event.address) or null,
          user_agent = given(event.user_agent) or null, created_at = event.at}
end

-- Their pages are counted, ours begin where the one before ended: the pages before are passed over.
local function events_of(wanted, offset, limit)
  local items, passed, before = array {}, 0, nil
  repeat
    wanted.before, wanted.limit = before, math.min(1000, offset - passed + limit - #items)
    local page = slipway.audit.list(wanted)
    for _, event in ipairs(page.events) do
      if passed < offset then passed = passed + 1 elseif #items < limit then items[#items + 1] = event_of(event) end
    end
    before = page.next
  until not before or #items >= limit
  return items, passed, before ~= nil
end

local AUDIT = INSIDE .. "/audit-logs"

route.get(AUDIT, {
  summary = "What happened in the workspace, the newest first", tag = "audit", workspace = "workspace_id", scope = "admin",
  query = {user_id = text, action = text, start_date = text, end_date = text, limit = {type = "integer", minimum = 1, maximum = 100, default = 50},
           offset = {type = "integer", minimum = 0, maximum = 10000, default = 0}},
  response = {type = "object", properties = {items = {type = "array", items = event_schema}, total = integer, limit = integer, offset = integer}},
}, function(request)
  local query = request.query
  local items, passed, more = events_of({actor = given(query.user_id), event = given(query.action), from = given(query.start_date),
                                         ["until"] = given(query.end_date)}, query.offset, query.limit)
  -- As many as were seen; one more where there are more.
  return {items = items, total = passed + #items + (more and 1 or 0), limit = query.limit, offset = query.offset}
end)

route.get(AUDIT .. "/{audit_id}", {summary = "One entry", tag = "audit", workspace = "workspace_id", scope = "admin", response = event_schema},
  function(request)
    return event_of(slipway.audit.get {id = request.params.audit_id})
  end)

route.get(AUDIT .. "/user/{user_id}/activity", {
  summary = "What somebody did", tag = "audit", workspace = "workspace_id", scope = "admin",
  query = {limit = {type = "integer", minimum = 1, maximum = 200, default = 50}}, response = {type = "array", items = event_schema},
}, function(request)
  return (events_of({actor = request.params.user_id}, 0, request.query.limit))
end)

route.get(AUDIT .. "/resource/{resource_type}/{resource_id}", {
  summary = "What happened to something", tag = "audit", workspace = "workspace_id", scope = "admin",
  query = {limit = {type = "integer", minimum = 1, maximum = 500, default = 100}}, response = {type = "array", items = event_schema},
}, function(request)
  local found = array {}
  for _, event in ipairs((events_of({}, 0, 1000))) do
    local fits = event.resource_type == request.params.resource_type and event.resource_id == request.params.resource_id
    if fits and #found < request.query.limit then found[#found + 1] = event end
  end
  return found
end)

-- Domains: one of a workspace, as the original has it -------------------------------------------------------------------------------------------

local DOMAINS = INSIDE .. "/domains"
local domain_name = {type = "string", minLength = 3, maxLength = 255}

local function own_domain() return slipway.domains.list {}.domains[1] end

local function instructions_of(domain)
  return {txt_record = {type = "TXT", name = domain.record.name, value = domain.record.value},
          cname_record = {type = "CNAME", name = domain.domain, value = given(domain.cname) or null}}
end

route.post(DOMAINS .. "/verify", {
  summary = "Claim a domain; the answer says what to put into DNS", tag = "domains", workspace = "workspace_id", scope = "workspace:settings", status = 201,
  response = {type = "object"}, body = {type = "object", required = {"custom_domain"}, properties = {custom_domain = domain_name}},
}, function(request)
  local present_one = own_domain()
  local wanted = request.body.custom_domain:lower()
  if present_one and present_one.domain ~= wanted then slipway.domains.remove {id = present_one.id} end
  local domain = present_one and present_one.domain == wanted and present_one or slipway.domains.add {domain = wanted}
  if given(domain.verified_at) then error {code = "conflict", message = "The domain is verified already."} end
  return {custom_domain = domain.domain, verification_token = domain.record.value, dns_instructions = instructions_of(domain),
          message = "Add the DNS records, then verify at POST /domains/verify"}
end)

route.get(DOMAINS .. "/status", {summary = "How far the domain is", tag = "domains", workspace = "workspace_id", scope = "workspace:settings",
                                 response = {type = "object"}}, function()
  local domain = own_domain()
  if not domain then
    return {configured = false, custom_domain = null, verified = false, status = null, verified_at = null, verification_token = null, instructions = null}
  end
  local verified = given(domain.verified_at) ~= nil
  return {configured = true, custom_domain = domain.domain, verified = verified, status = verified and "verified" or "pending",
          verified_at = given(domain.verified_at) or null, verification_token = domain.record.value, instructions = verified and null or instructions_of(domain)}
end)

route.post(DOMAINS .. "/verify/check", {summary = "Look for the record in DNS", tag = "domains", workspace = "workspace_id", scope = "workspace:settings",
                                        response = {type = "object"}, body = {type = {"object", "null"}}}, function()
  local domain = own_domain()
  if not domain then error {code = "invalid", message = "There is no domain to verify."} end
  local checked = slipway.domains.check {id = domain.id}
  if not given(checked.verified_at) then
    local message = "The record " .. domain.record.name .. " was not found in DNS with this value; it may take a while."
    return respond(422, {error = {code = "UNPROCESSABLE_ENTITY", message = message}, detail = message})
  end
  return {verified = true, custom_domain = checked.domain, verified_at = checked.verified_at, message = "Domain verified successfully"}
end)

route.delete(DOMAINS, {summary = "Give the domain up", tag = "domains", workspace = "workspace_id", scope = "workspace:settings", status = 204}, function()
  local domain = own_domain()
  if not domain then error {code = "not_found", message = "No custom domain configured"} end
  slipway.domains.remove {id = domain.id}
end)
