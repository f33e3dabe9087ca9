-- The dialect that clients of the original W.W.H.D. server speak: /api/v1/* and the WebSocket /ws/chat.
-- Ids are small integers here (the `number` of a row); errors are {"detail": …} (manifest: script.errors).

local PREFIX = "/api/v1"

local text = {type = "string"}
local optional_text = {type = {"string", "null"}}
local integer = {type = "integer"}

local source_schema = {type = "object", properties = {title = text, url = optional_text, youtube_url = optional_text, timestamp = optional_text}}
local message_schema = {type = "object", properties = {
  id = integer, role = text, content = text, agent_used = optional_text, routing_reason = optional_text,
  sources = {type = "array", items = source_schema}, prompt_tokens = integer, completion_tokens = integer, total_tokens = integer,
  response_time_ms = integer, created_at = text}}
local chat_schema = {type = "object", properties = {
  id = integer, title = text, created_at = text, updated_at = text, total_tokens_used = integer, total_cost = {type = "number"},
  messages = {type = "array", items = message_schema}}}
local user_schema = {type = "object", properties = {
  id = integer, email = text, username = text, is_active = {type = "boolean"}, is_admin = {type = "boolean"}, created_at = text}}
local document_schema = {type = "object", properties = {
  id = integer, namespace = text, title = text, content = text, source_url = optional_text, youtube_url = optional_text,
  created_at = text, updated_at = text}}
local message_text_schema = {type = "object", properties = {message = text}}

-- Shapes -------------------------------------------------------------------------------------------------------------------------

local function or_null(value)
  if value == nil or value == "" then return null end
  return value
end

local function user_of(user)
  return {id = user.number, email = user.email, username = user.username, is_active = user.active, is_admin = user.is_admin,
          created_at = user.created_at}
end

-- One form of a source everywhere: the video at its second when there is one, else the original.
local function source_of(source)
  local timestamp = null
  if source.seconds ~= nil and source.seconds ~= null then timestamp = source.place end
  local youtube = null
  if source.youtube_url ~= nil and source.youtube_url ~= null then youtube = source.url end
  local url = source.url
  if youtube == null and source.source_url ~= nil and source.source_url ~= null then url = source.source_url end
  return {title = source.title, url = url, youtube_url = youtube, timestamp = timestamp}
end

-- All that was found, in the order of their numbers: clients know a source by its place, which is what [n] in the answer means.
local function sources_of(sources)
  local list = array {}
  for _, source in ipairs(sources or {}) do list[#list + 1] = source_of(source) end
  return list
end

local function message_of(message)
  local usage = message.usage or {}
  return {
    id = message.number, role = message.role, content = message.content, agent_used = or_null(message.agent),
    routing_reason = or_null(message.routing_reason), sources = sources_of(message.sources),
    prompt_tokens = usage.prompt_tokens or 0, completion_tokens = usage.completion_tokens or 0, total_tokens = usage.total_tokens or 0,
    response_time_ms = message.response_time_ms or 0, created_at = message.created_at}
end

local function chat_of(chat)
  local messages = array {}
  for _, message in ipairs(slipway.chats.messages {id = chat.id, limit = 500}.messages) do messages[#messages + 1] = message_of(message) end
  return {id = chat.number, title = chat.title, created_at = chat.created_at, updated_at = chat.updated_at,
          total_tokens_used = chat.tokens, total_cost = 0.0, messages = messages}
end

local function document_of(document)
  local metadata = document.metadata or {}
  return {
    id = document.number, namespace = document.namespace, title = document.title, content = document.content or "",
    source_url = or_null(metadata.source_url), youtube_url = or_null(metadata.youtube_url), vector_id = null, embedding_model = null,
    author = or_null(metadata.author), published_date = or_null(metadata.published_date), tags = metadata.tags or array {},
    metadata_json = metadata, uploaded_by = or_null(document.uploaded_by), status = document.status,
    created_at = document.created_at, updated_at = document.updated_at, retrieval_count = 0, avg_relevance_score = null}
end

-- A conflict is 400 here, as the original answers it.
local function as_bad_request(work)
  local done, result = pcall(work)
  if done then return result end
  if type(result) == "table" and result.code == "conflict" then return respond(400, {detail = result.message}) end
  error(result, 0)
end

-- Accounts -----------------------------------------------------------------------------------------------------------------------

route.post(PREFIX .. "/auth/register", {
  summary = "Register", tag = "v1 auth", auth = false, response = user_schema,
  body = {type = "object", required = {"email", "username", "password"}, properties = {
    email = {type = "string", format = "email"}, username = {type = "string", minLength = 3, maxLength = 50},
    password = {type = "string", minLength = 8}}},
}, function(request)
  return as_bad_request(function() return user_of(slipway.accounts.register(request.body)) end)
end)

route.post(PREFIX .. "/auth/token", {
  summary = "Sign in with a form, as OAuth 2 has it", tag = "v1 auth", auth = false, form = true,
  body = {type = "object", required = {"username", "password"}, properties = {username = text, password = text}},
  response = {type = "object", properties = {access_token = text, token_type = text, expires_in = integer}},
}, function(request)
  local tokens = slipway.accounts.sign_in {name = request.body.username, password = request.body.password}
  return {access_token = tokens.access_token, token_type = "bearer", expires_in = tokens.expires_in}
end)

route.get(PREFIX .. "/auth/me", {summary = "Who am I?", tag = "v1 auth", response = user_schema}, function(request)
  return user_of(request.user)
end)

-- Chat ---------------------------------------------------------------------------------------------------------------------------

local chat_body = {type = "object", required = {"content"}, properties = {
  content = {type = "string", minLength = 1, maxLength = 10000}, chat_id = {type = {"integer", "null"}}, stream = {type = {"boolean", "null"}}}}

local function wanted(body)
  local chat_id = body.chat_id
  if chat_id == null then chat_id = nil end
  return {content = body.content, number = chat_id}
end

route.post(PREFIX .. "/chat", {summary = "Ask; the whole answer with its sources", tag = "v1 chat", body = chat_body, response = message_schema,
                               time_max = 180000}, function(request)
  local chat_number
  local message = slipway.chats.send(wanted(request.body), function(event)
    if event.type == "started" then chat_number = event.chat_number end
  end)
  local answer = message_of(message)
  answer.chat_id = chat_number
  answer.incomplete = message.error  -- the model reached a limit
  return answer
end)

-- Events of a turn in this dialect; `tell` takes each.
local function stream_turn(arguments, tell)
  local chat_number
  local done, failure = pcall(slipway.chats.send, arguments, function(event)
    if event.type == "started" then
      chat_number = event.chat_number
      tell {type = "start", message = "Processing your question", chat_id = event.chat_number}
    elseif event.type == "sources" then
      tell {type = "citation", citations = sources_of(event.sources)}
    elseif event.type == "token" then
      tell {type = "token", content = event.content}
    elseif event.type == "done" and event.message.error then
      tell {type = "error", message = event.message.error}  -- the model reached a limit: this dialect has no words for that
    elseif event.type == "done" then
      tell {type = "done", chat_id = chat_number, message_id = event.message.number}
    end
  end)
  if not done then
    local message = type(failure) == "table" and failure.message or "The answer failed."
    tell {type = "error", message = message}
  end
  return type(failure) == "table" and failure.code or nil
end

route.post(PREFIX .. "/chat/stream", {summary = "Ask; the answer as server-sent events", tag = "v1 chat", body = chat_body,
                                      response_type = "text/event-stream", time_max = 180000}, function(request)
  return events(function(send) stream_turn(wanted(request.body), send) end)
end)

route.get(PREFIX .. "/chats", {
  summary = "My chats, last used first", tag = "v1 chat",
  query = {page = {type = "integer", minimum = 1, default = 1}, per_page = {type = "integer", minimum = 1, maximum = 100, default = 20}},
  response = {type = "object", properties = {chats = {type = "array", items = chat_schema}, total = integer, page = integer, per_page = integer}},
}, function(request)
  local page, per_page = request.query.page, request.query.per_page
  local found = slipway.chats.list {offset = (page - 1) * per_page, limit = per_page}
  local chats = array {}
  for _, chat in ipairs(found.chats) do chats[#chats + 1] = chat_of(chat) end
  return {chats = chats, total = found.total, page = page, per_page = per_page}
end)

route.get(PREFIX .. "/chats/{chat_id:int}", {summary = "One chat with its messages", tag = "v1 chat", response = chat_schema}, function(request)
  return chat_of(slipway.chats.get {number = request.params.chat_id})
end)

route.delete(PREFIX .. "/chats/{chat_id:int}", {summary = "Delete a chat", tag = "v1 chat", response = message_text_schema}, function(request)
  slipway.chats.remove {number = request.params.chat_id}
  return {message = "Chat deleted"}
end)

-- Documents ----------------------------------------------------------------------------------------------------------------------

local function links_of(body)
  local metadata = {}
  for _, name in ipairs {"source_url", "youtube_url"} do
    local value = body[name]
    if value == "" then value = null end
    metadata[name] = value
  end
  return metadata
end

route.get(PREFIX .. "/documents/namespaces", {
  summary = "Namespaces and how many documents each has", tag = "v1 documents",
  response = {type = "array", items = {type = "object", properties = {name = text, document_count = integer}}},
}, function()
  local list = array {}
  for _, entry in ipairs(slipway.documents.namespaces {}.namespaces) do
    list[#list + 1] = {name = entry.name, document_count = entry.documents}
  end
  return list
end)

route.get(PREFIX .. "/documents", {
  summary = "Documents, newest first", tag = "v1 documents", response = {type = "array", items = document_schema},
  query = {namespace = text, skip = {type = "integer", minimum = 0, default = 0}, limit = {type = "integer", minimum = 1, maximum = 1000, default = 100}},
}, function(request)
  local found = slipway.documents.list {namespace = request.query.namespace, offset = request.query.skip, limit = request.query.limit, content = true}
  local list = array {}
  for _, document in ipairs(found.documents) do list[#list + 1] = document_of(document) end
  return list
end)

route.get(PREFIX .. "/documents/{id:int}", {summary = "One document", tag = "v1 documents", response = document_schema}, function(request)
  return document_of(slipway.documents.get {number = request.params.id})
end)

route.post(PREFIX .. "/documents/upload", {
  summary = "Upload a PDF", tag = "v1 documents", form = true, body_max = 21 * 1024 * 1024, time_max = 180000, response = document_schema,
  body = {type = "object", required = {"file"}, properties = {namespace = text, title = text, youtube_url = text}},
}, function(request)
  local body = request.body
  local file = body.file
  if type(file) ~= "table" or not file.filename or not file.filename:lower():find("%.pdf$") then
    return respond(400, {detail = "Only PDF files are supported"})
  end
  local title = body.title
  if title == nil or title == "" then title = file.filename:gsub("%.[pP][dD][fF]$", "") end
  return document_of(slipway.documents.put {
    file = file, title = title, namespace = body.namespace or "general", source = "upload/" .. file.filename, metadata = links_of(body)})
end)

route.post(PREFIX .. "/documents", {
  summary = "Add a document", tag = "v1 documents", response = document_schema, body_max = 21 * 1024 * 1024,
  body = {type = "object", required = {"namespace", "title", "content"}, properties = {
    namespace = text, title = text, content = text, source_url = optional_text, youtube_url = optional_text}},
}, function(request)
  local body = request.body
  -- Two documents may have the same title: the time keeps their sources apart.
  return document_of(slipway.documents.put {
    title = body.title, content = body.content, namespace = body.namespace, source = "written/" .. time() .. "/" .. body.title, metadata = links_of(body)})
end)

route.put(PREFIX .. "/documents/{id:int}", {
  summary = "Edit a document", tag = "v1 documents", response = document_schema, body_max = 21 * 1024 * 1024,
  body = {type = "object", properties = {title = optional_text, content = optional_text, source_url = optional_text, youtube_url = optional_text}},
}, function(request)
  local body = request.body
  return document_of(slipway.documents.change {
    number = request.params.id, title = body.title, content = body.content, metadata = links_of(body)})
end)

route.delete(PREFIX .. "/documents/{id:int}", {summary = "Delete a document", tag = "v1 documents", response = message_text_schema}, function(request)
  slipway.documents.remove {number = request.params.id}
  return {message = "Document deleted"}
end)

route.delete(PREFIX .. "/documents", {
  summary = "Delete all documents, or all of a namespace (role admin)", tag = "v1 documents",
  query = {confirm = {type = "boolean", default = false}, namespace = text},
  response = {type = "object", properties = {message = text, deleted_count = integer}},
}, function(request)
  if not request.query.confirm then return respond(400, {detail = "Set confirm=true to delete documents"}) end
  local removed = slipway.documents.remove_all {namespace = request.query.namespace}
  return {message = "Documents deleted", deleted_count = removed.deleted}
end)

-- WebSocket ----------------------------------------------------------------------------------------------------------------------
-- {"type": "auth", "token": …} first; then {"type": "message", "content": …, "session_id": chat number or nothing}.

route.websocket("/ws/chat", {summary = "Chat over a WebSocket", tag = "v1 chat", auth = false}, function(socket)
  local function receive()
    local message = socket:receive()
    if message == nil then return nil end
    local decoded, value = pcall(json.decode, message)
    if decoded and type(value) == "table" then return value end
    return {}
  end

  local first = receive()
  if first == nil then return end
  local signed_in, failure = false, {message = "The first message must be {\"type\": \"auth\", \"token\": …}"}
  if first.type == "auth" and type(first.token) == "string" then
    signed_in, failure = pcall(slipway.accounts.authenticate, {token = first.token})
  end
  if not signed_in then
    socket:send {type = "error", message = type(failure) == "table" and failure.message or "Not authenticated"}
    socket:close(1008, "not authenticated")
    return
  end
  socket:send {type = "auth", status = "ok"}

  local session
  while true do
    local message = receive()
    if message == nil then return end
    if message.type == "message" and type(message.content) == "string" then
      if math.type(message.session_id) == "integer" then session = message.session_id end
      local problem = stream_turn({content = message.content, number = session}, function(event)
        if event.chat_id then session = event.chat_id end
        event.session_id = session
        socket:send(event)
      end)
      if problem == "unauthorized" then  -- the token has ended, or the user is blocked, since the socket was opened
        socket:close(1008, "not authenticated")
        return
      end
    else
      socket:send {type = "error", message = "Send {\"type\": \"message\", \"content\": …}"}
    end
  end
end)
