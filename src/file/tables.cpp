#include "file/tables.h"

#include <array>

namespace slipway::file {
namespace {

// The key of the object is made of purpose and id, so it stands nowhere.
constexpr std::array<store::Migration, 1> kMigrations{{
    {"file", 1, R"sql(
create table files (
    workspace text not null,
    id text not null,
    purpose text not null,
    owner text not null,
    name text not null,
    content_type text not null,
    size bigint not null,
    sha256 text not null,
    etag text not null,
    state text not null,
    created_at bigint not null,
    expires_at bigint,
    primary key (workspace, id)
);
create index files_purpose on files(workspace, purpose, id);
create index files_expiry on files(expires_at);
)sql"},
}};

}  // namespace

std::span<const store::Migration> migrations() { return kMigrations; }

File file_of(const store::Row& row) {
    File file;
    file.id = row.text("id");
    file.purpose = row.text("purpose");
    file.owner = row.text("owner");
    file.name = row.text("name");
    file.content_type = row.text("content_type");
    file.size = static_cast<std::uint64_t>(row.integer("size"));
    file.sha256 = row.text("sha256");
    file.etag = row.text("etag");
    file.created_at = row.instant("created_at");
    if (const auto at = row.optional_integer("expires_at")) file.expires_at = from_unix_ms(*at);
    return file;
}

Task<void> insert_pending(store::Database& database, WorkspaceId workspace, File file) {
    store::Parameters values{
        std::move(file.id), std::move(file.purpose), std::move(file.owner),        std::move(file.name),
        file.size,          file.created_at,         std::move(file.content_type), file.expires_at};
    SLIPWAY_CO_CHECK(co_await database.write_guarded(
        std::move(workspace),
        "insert into files (workspace, id, purpose, owner, name, content_type, size, sha256, etag, state, created_at, "
        "expires_at) values ($workspace, $1, $2, $3, $4, $7, $5, '', '', 'pending', $6, $8)",
        std::move(values)));
    co_return Result<void>();
}

Task<bool> make_ready(store::Database& database, WorkspaceId workspace, File file) {
    store::Parameters values{std::move(file.id), file.size, std::move(file.sha256), std::move(file.etag),
                             file.expires_at};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database.write_guarded(
                       std::move(workspace),
                       "update files set state = 'ready', size = $2, sha256 = $3, etag = $4, expires_at = $5 where "
                       "workspace = $workspace and id = $1 and state = 'pending'",
                       std::move(values)));
    co_return rows.changed() > 0;
}

Task<bool> make_removed(store::Database& database, WorkspaceId workspace, std::string id, std::string state) {
    store::Parameters values{std::move(id), std::move(state), now()};
    SLIPWAY_CO_TRY(const auto rows,
                   co_await database.write_guarded(std::move(workspace),
                                                   "update files set state = 'removed', expires_at = $3 where "
                                                   "workspace = $workspace and id = $1 and state = $2",
                                                   std::move(values)));
    co_return rows.changed() > 0;
}

Task<void> erase_removed(store::Database& database, WorkspaceId workspace, std::string id) {
    store::Parameters values{std::move(id)};
    SLIPWAY_CO_CHECK(co_await database.write_guarded(
        std::move(workspace), "delete from files where workspace = $workspace and id = $1 and state = 'removed'",
        std::move(values)));
    co_return Result<void>();
}

}  // namespace slipway::file
