#include "serve/workspace_removal.h"

#include <algorithm>

namespace slipway::serve {
namespace {

constexpr std::size_t kObjectsAtOnce = 500;
constexpr std::size_t kRowsAtOnce = 500;
constexpr std::string_view kQueueName = "jobs";
constexpr int kAttempts = 100;  // what is used by somebody is tried again for hours

struct Table {
    std::string_view name, key;  // key "": its rows are few, and go in one statement
};

// All of the database that hold rows of a workspace, those that others refer to last. security_events stay: they are
// what is known of the workspace after it, and go when they are old enough.
constexpr auto kTables = std::to_array<Table>({
    {"document_texts", "document_id"},
    {"document_chunks", "document_id"},
    {"documents", "id"},
    {"files", "id"},
    {"knowledge_state", ""},
    {"knowledge_leases", ""},
    {"job", "id"},
    {"job_schedule", ""},
    {"invitations", "id"},
    {"domains", "id"},
    {"access_keys", "id"},
    {"memberships", "user_id"},
});
// Of the database that keeps chats.
constexpr auto kChatTables = std::to_array<Table>({{"messages", "id"}, {"chats", "id"}});
// Of each that counts.
constexpr auto kCounts = std::to_array<Table>({{"series", ""}});

Task<void> empty_table(store::Database& database, WorkspaceId workspace, Table table) {
    const auto sql = table.key.empty()
                         ? fmt::format("delete from {} where workspace = $workspace", table.name)
                         : fmt::format(
                               "delete from {0} where workspace = $workspace and {1} in (select {1} from {0} "
                               "where workspace = $workspace limit {2})",
                               table.name, table.key, kRowsAtOnce);
    while (true) {
        const store::Scope scope(workspace);
        SLIPWAY_CO_TRY(const auto gone, co_await database.write(scope, sql));
        if (gone.changed() == 0) co_return Result<void>();
    }
}

template <std::size_t N>
Task<void> empty_tables(store::Database& database, WorkspaceId workspace, const std::array<Table, N>& tables) {
    for (const auto table : tables) SLIPWAY_CO_CHECK(co_await empty_table(database, workspace, table));
    co_return Result<void>();
}

template <std::size_t N>
Task<void> check_empty(store::Database& database, WorkspaceId workspace, const std::array<Table, N>& tables) {
    for (const auto table : tables) {
        const store::Scope scope(workspace);
        SLIPWAY_CO_TRY(
            const auto rows,
            co_await database.read(
                scope, fmt::format("select 1 as there from {} where workspace = $workspace limit 1", table.name)));
        if (!rows.empty())
            co_return fail(ErrorCode::unavailable, "Somebody still wrote into a workspace that is being deleted ({}).",
                           table.name);
    }
    co_return Result<void>();
}

Task<void> empty_objects(store::Objects& objects, WorkspaceId workspace) {
    while (true) {
        SLIPWAY_CO_TRY(const auto page, co_await objects.list(workspace, "", kObjectsAtOnce, std::nullopt));
        for (const auto& object : page.objects) SLIPWAY_CO_CHECK(co_await objects.erase(workspace, object.key));
        if (page.objects.empty()) co_return Result<void>();
    }
}

Task<void> empty_queue(store::Queue& queue, WorkspaceId workspace) {
    for (const bool dead : {false, true})
        SLIPWAY_CO_CHECK(co_await queue.purge(workspace, std::string(kQueueName), dead));
    SLIPWAY_CO_TRY(const auto counts, co_await queue.counts(workspace, std::string(kQueueName)));
    if (counts.leased > 0)
        co_return fail(ErrorCode::unavailable, "A job of a workspace that is being deleted still runs.");
    co_return Result<void>();
}

Task<void> empty_cache(store::Cache& cache, WorkspaceId workspace) {
    for (const auto* group : {"script", "keys", "requests"})
        SLIPWAY_CO_CHECK(co_await cache.erase_group(workspace, group));
    co_return Result<void>();
}

Task<void> empty_stores(Application& application, WorkspaceId workspace) {
    const auto& capabilities = application.capabilities();
    SLIPWAY_CO_CHECK(co_await empty_queue(application.queue(), workspace));
    SLIPWAY_CO_CHECK(co_await capabilities.knowledge.remove_all(workspace, std::nullopt));
    SLIPWAY_CO_CHECK(co_await capabilities.knowledge.recover(workspace));
    const auto& collection = application.manifest().knowledge.collection;
    SLIPWAY_CO_CHECK(co_await application.index().erase_where(workspace, collection, store::Filter()));
    SLIPWAY_CO_TRY(const bool held, co_await capabilities.knowledge.originals_are_held());
    if (held) co_return fail(ErrorCode::unavailable, "A backup is being made; objects are deleted afterwards.");
    SLIPWAY_CO_CHECK(co_await empty_objects(application.objects(), workspace));
    for (const auto& purpose : capabilities.files.purposes())
        SLIPWAY_CO_CHECK(co_await empty_objects(*purpose.objects, workspace));
    co_return co_await empty_cache(capabilities.cache, workspace);
}

}  // namespace

Task<void> start_removal(Application& application, WorkspaceId workspace) {
    job::NewJob job;
    job.name = kRemovalJob;
    job.arguments = {{"workspace", workspace.value}};
    job.deduplication_key = fmt::format("{} {}", kRemovalJob, workspace.value);
    job.attempts_max = kAttempts;
    SLIPWAY_CO_CHECK(co_await application.jobs().start(application.workspace(), std::move(job)));
    co_return Result<void>();
}

Task<void> resume_removals(Application& application) {
    SLIPWAY_CO_TRY(const auto marked, co_await application.capabilities().workspaces.deleted());
    for (const auto& workspace : marked) SLIPWAY_CO_CHECK(co_await start_removal(application, workspace));
    co_return Result<void>();
}

Task<void> remove_workspace(Application& application, WorkspaceId workspace) {
    SLIPWAY_CO_TRY(const auto marked, co_await application.capabilities().workspaces.deleted());
    if (std::ranges::find(marked, workspace) == marked.end()) co_return account::no_workspace();
    SLIPWAY_CO_CHECK(co_await empty_stores(application, workspace));
    auto& database = application.database();
    auto& chats = application.agents() != nullptr ? *application.agents() : database;
    SLIPWAY_CO_CHECK(co_await empty_tables(chats, workspace, kChatTables));
    SLIPWAY_CO_CHECK(co_await empty_tables(database, workspace, kTables));
    SLIPWAY_CO_CHECK(co_await empty_tables(database, workspace, kCounts));
    if (&chats != &database) SLIPWAY_CO_CHECK(co_await empty_tables(chats, workspace, kCounts));
    SLIPWAY_CO_CHECK(co_await check_empty(chats, workspace, kChatTables));
    SLIPWAY_CO_CHECK(co_await check_empty(database, workspace, kTables));
    co_return co_await application.capabilities().workspaces.forget(std::move(workspace));
}

}  // namespace slipway::serve
