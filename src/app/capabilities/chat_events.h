// A turn of a chat as JSON events: the same for server-sent events, WebSockets and scripts.
//
//     {"type": "started", "chat_id", "chat_number", "title", "question_id", "message_id"}
//     {"type": "routed",  "intent", "confidence", "namespaces", "reason"}
//     {"type": "sources", "sources": [ … ]}
//     {"type": "token",   "content"}
//     {"type": "done",    "message": { … }}
// The sources are all that the answer may be drawn from; those of the message in `done` say "cited".
// A failure after `started` is told as {"type": "error", "error": { … }} by the face.
#pragma once

#include "app/capabilities/links.h"
#include "chat/types.h"

namespace slipway::app {

json::object to_json(const chat::ChatEvent& event, const Links& links, const WorkspaceId& workspace);

// A message with its source links signed.
json::object to_json(const chat::Message& message, const Links& links, const WorkspaceId& workspace);

}  // namespace slipway::app
