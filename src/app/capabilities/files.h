// Files as faces and scripts see them.
#pragma once

#include "base/json.h"
#include "file/service.h"

namespace slipway::app {

// {id, purpose, name, content_type, size, sha256, owner, created_at, expires_at, url}; "url" is where it is read
// (file::Files::url_of).
json::object to_json(const file::File& file, const file::Files& files, const WorkspaceId& workspace);
json::object to_json(const file::Page& page, const file::Files& files, const WorkspaceId& workspace);  // {files, next}
json::object to_json(const store::SignedLink& link);  // {url, expires_at}
json::object to_json(const file::Upload& upload);     // {id, url, fields, expires_at}

}  // namespace slipway::app
