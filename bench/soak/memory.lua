-- The cheap requests of the stage `memory`, for wrk: arguments are the token and the id of a chat.
local requests

function init(arguments)
  local signed = {Authorization = "Bearer " .. arguments[1]}
  local paths = {"/health", "/api/me", "/api/search?q=debt", "/api/chats?limit=5", "/api/chats/" .. arguments[2] .. "/messages",
                 "/api/documents?limit=5", "/", "/health", "/api/nothing/here"}
  requests = {}
  for _, path in ipairs(paths) do requests[#requests + 1] = wrk.format("GET", path, signed) end
  requests[#requests + 1] = wrk.format("POST", "/api/auth/login", {["Content-Type"] = "application/json"}, "{\"name\": 1}")
end

function request()
  return requests[math.random(#requests)]
end
