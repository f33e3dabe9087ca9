// The table `files`.
#pragma once

#include <span>
#include <string_view>

#include "file/types.h"
#include "store/database/database.h"

namespace slipway::file {

std::span<const store::Migration> migrations();

// A row is `pending` while its content is on the way, `ready`, or `removed` while its content is taken away. Readers
// see it when it is ready and not over; the others are swept once their time is over.
inline constexpr std::string_view kVisible = "state = 'ready' and (expires_at is null or expires_at > $1)";

// Of a row with these columns.
inline constexpr std::string_view kFileColumns =
    "id, purpose, owner, name, content_type, size, sha256, etag, created_at, expires_at";
File file_of(const store::Row& row);

Task<void> insert_pending(store::Database& database, WorkspaceId workspace, File file);
// False when the row is not pending any more.
Task<bool> make_ready(store::Database& database, WorkspaceId workspace, File file);
// From now on nobody sees it. False when it was not in this state.
Task<bool> make_removed(store::Database& database, WorkspaceId workspace, std::string id, std::string state);
Task<void> erase_removed(store::Database& database, WorkspaceId workspace, std::string id);

}  // namespace slipway::file
