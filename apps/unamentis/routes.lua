-- Import of courses: background work of the original that needs no voice. A course is a UMCF document; its topics become documents of
-- the namespace `curriculum`, which the default API lists, searches and answers from. It is imported whole or again from the start:
-- the same source replaces a document, so an import that runs twice leaves what one leaves.

local NAMESPACE = "curriculum"
local LIST_MAX = 100

-- An id is a text, or {catalog, value}.
local function id_of(node)
  local id = node.id
  if type(id) == "table" then id = present(id.value) end
  return type(id) == "string" and id ~= "" and id or nil
end

local function need(holds, message)
  if not holds then error {code = "invalid", message = message} end
end

-- Stages are named as the original names them: validating, extracting, generating.
local function validate(course)
  need(type(course) == "table", "arguments.curriculum is a UMCF document.")
  need(present(course.formatIdentifier) == "umcf" or present(course.umcf), "A UMCF document says formatIdentifier: \"umcf\".")
  need(id_of(course), "The course has no id.")
  need(type(course.title) == "string" and course.title ~= "", "The course has no title.")
  need(type(course.content) == "table" and type(course.content[1]) == "table", "The course has no content.")
  local rights = type(course.rights) == "table" and course.rights.license or nil
  local license = type(rights) == "table" and rights.type or rights
  if type(license) == "string" and license:upper():find("%f[%w]ND%f[%W]") then
    error {code = "forbidden", message = "The licence " .. license .. " forbids what an import makes of a course."}
  end
end

local function text_of(topic)
  local lines = {"# " .. topic.title, ""}
  if type(topic.description) == "string" then lines[#lines + 1] = topic.description .. "\n" end
  local transcript = type(topic.transcript) == "table" and topic.transcript or {}
  local segments = type(transcript.segments) == "table" and transcript.segments or {}
  for _, segment in ipairs(segments) do
    if type(segment.content) == "string" then lines[#lines + 1] = segment.content .. "\n" end
  end
  return table.concat(lines, "\n"), #segments
end

-- As the original's reader: the first node of the content is the course, its direct children are the topics.
local function extract(course)
  local topics = {}
  for order, topic in ipairs(present(course.content[1].children) or {}) do
    need(type(topic) == "table" and id_of(topic) and type(topic.title) == "string", "Topic " .. order .. " has no id or no title.")
    local content, segments = text_of(topic)
    topics[order] = {
      title = topic.title, content = content, namespace = NAMESPACE, source = NAMESPACE .. "/" .. id_of(course) .. "/" .. id_of(topic),
      metadata = {curriculum_id = id_of(course), curriculum_title = course.title, topic_id = id_of(topic), order_index = order,
                  segment_count = segments}}
  end
  need(#topics > 0, "The course has no topics.")
  return topics
end

-- Topics that the course had in an earlier version.
local function remove_others(course, kept)
  local prefix, gone, offset = NAMESPACE .. "/" .. id_of(course) .. "/", {}, 0
  repeat
    local page = slipway.documents.list {namespace = NAMESPACE, offset = offset, limit = LIST_MAX}
    for _, document in ipairs(page.documents) do
      if document.source:sub(1, #prefix) == prefix and not kept[document.source] then gone[#gone + 1] = document.id end
    end
    offset = offset + LIST_MAX
  until offset >= page.total
  for _, id in ipairs(gone) do slipway.documents.remove {id = id} end
end

job("import", function(job)
  local course = job.arguments.curriculum
  validate(course)
  local kept = {}
  for _, topic in ipairs(extract(course)) do
    slipway.documents.put(topic)
    kept[topic.source] = true
  end
  remove_others(course, kept)
end)

-- What the console of operators calls -----------------------------------------------------------------------------------------------

local STATUS = {queued = "queued", running = "extracting", done = "complete", failed = "failed"}

local function only_admins(request)
  if not request.user.is_admin then error {code = "forbidden", message = "Importing courses needs an admin."} end
end

route.post("/api/import/jobs", {summary = "Import a course", tag = "import", body_max = 1048576,
    body = {type = "object", required = {"curriculum"}, properties = {curriculum = {type = "object"}}}}, function(request)
  only_admins(request)
  validate(request.body.curriculum)
  local started = slipway.jobs.start {name = "import", arguments = {curriculum = request.body.curriculum},
                                      group = "import " .. id_of(request.body.curriculum)}
  return {success = true, jobId = started.id, status = STATUS[started.state]}
end)

route.get("/api/import/jobs/{id}", {summary = "How far an import is", tag = "import"}, function(request)
  only_admins(request)
  local found = slipway.jobs.get {id = request.params.id}
  return {success = true, job = {id = found.id, status = STATUS[found.state], attempts = found.attempts, createdAt = found.created_at,
                                 startedAt = found.started_at or null, completedAt = found.finished_at or null, error = found.reason or null}}
end)
