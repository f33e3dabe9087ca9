// What nobody asks for: files that are over or were left half, and whether rows and objects agree.
#include <unordered_set>

#include "base/log.h"
#include "file/service.h"
#include "file/tables.h"

namespace slipway::file {
namespace {

constexpr std::size_t kObjectsOnPage = 1000;
constexpr std::size_t kRowsOnPage = 1000;
constexpr std::size_t kRoundsMax = 20;  // of one sweep; the next one goes on
constexpr std::size_t kFindingsMax = 100;
constexpr std::string_view kWayOut = "Restore a backup with `slipway restore`, or delete the file and store it again.";

void found(Verification& seen, std::string finding) {
    if (seen.findings.size() < kFindingsMax) seen.findings.push_back(std::move(finding));
}

}  // namespace

Task<std::int64_t> Files::sweep(WorkspaceId workspace, Instant at) {
    if (options_.held) {
        SLIPWAY_CO_TRY(const auto held, co_await options_.held());
        if (held) co_return 0;
    }
    std::int64_t count = 0;
    for (std::size_t round = 0; round < kRoundsMax; ++round) {
        SLIPWAY_CO_TRY(const auto over, co_await sweep_rows(at));
        count += over;
        if (over < static_cast<std::int64_t>(options_.rows_max)) break;
    }
    for (const auto& purpose : purposes_) {
        SLIPWAY_CO_TRY(const auto forgotten, co_await sweep_uploads(workspace, &purpose, at));
        count += forgotten;
    }
    co_return count;
}

// First nobody sees them any more, then the objects go, then the rows: whatever ends this, the next sweep finishes it.
Task<std::int64_t> Files::sweep_rows(Instant at) {
    store::Parameters over{at, options_.rows_max};
    SLIPWAY_CO_CHECK(co_await database_.write_guarded(
        store::Scope::system(),
        "update files set state = 'removed' where (workspace, id) in (select workspace, id from files where "
        "state <> 'removed' and expires_at < $1 order by expires_at limit $2)",
        std::move(over)));
    std::int64_t count = 0;
    for (const auto& purpose : purposes_) {
        store::Parameters removed{at, purpose.name, options_.rows_max};
        SLIPWAY_CO_TRY(const auto rows,
                       co_await database_.read(store::Scope::system(),
                                               "select workspace, id from files where state = 'removed' and "
                                               "expires_at < $1 and purpose = $2 order by expires_at limit $3",
                                               std::move(removed)));
        for (const auto row : rows) {
            const WorkspaceId workspace{row.text("workspace")};
            SLIPWAY_CO_CHECK(co_await discard(workspace, &purpose, row.text("id")));
            ++count;
        }
    }
    co_return count;
}

// A form may be used again until it is over, and what comes by it then belongs to no row.
Task<std::int64_t> Files::sweep_uploads(WorkspaceId workspace, const Purpose* purpose, Instant at) {
    const auto over = at - purpose->link_time - 2 * options_.store_time_max;
    std::int64_t count = 0;
    std::optional<std::string> cursor;
    do {
        auto prefix = upload_key(purpose->name, "");
        SLIPWAY_CO_TRY(auto page,
                       co_await purpose->objects->list(workspace, std::move(prefix), kObjectsOnPage, cursor));
        for (const auto& object : page.objects) {
            if (object.modified > over) continue;
            SLIPWAY_CO_CHECK(co_await purpose->objects->erase(workspace, object.key));
            ++count;
        }
        cursor = std::move(page.next);
    } while (cursor);
    co_return count;
}

Task<Verification> Files::verify(WorkspaceId workspace) {
    Verification seen;
    for (const auto& purpose : purposes_) SLIPWAY_CO_CHECK(co_await verify_purpose(workspace, &purpose, seen));
    SLIPWAY_CO_TRY(const auto rows, co_await database_.read(workspace,
                                                            "select purpose, count(*) as files from files where "
                                                            "workspace = $workspace group by purpose"));
    for (const auto row : rows)
        if (!find(row.text("purpose")))
            found(seen, fmt::format("{} files are kept for \"{}\", which app.yaml does not name any more. Name it "
                                    "again, and delete them if nobody needs them.",
                                    row.integer("files"), row.text("purpose")));
    co_return seen;
}

// Both lie in the order of their ids, so a page of objects is held against the rows of its range. A row is there before
// its object and longer, so who finds an object without a row looks whether the object is still there.
Task<void> Files::verify_purpose(WorkspaceId workspace, const Purpose* purpose, Verification& seen) {
    const auto prefix = object_key(purpose->name, "");
    std::optional<std::string> cursor;
    std::string after;
    do {
        SLIPWAY_CO_TRY(auto page, co_await purpose->objects->list(workspace, prefix, kObjectsOnPage, cursor));
        std::unordered_set<std::string> objects;
        for (const auto& object : page.objects) objects.insert(object.key.substr(prefix.size()));
        std::string last;
        if (page.next && !page.objects.empty()) last = page.objects.back().key.substr(prefix.size());
        SLIPWAY_CO_CHECK(co_await verify_rows(workspace, purpose, after, last, objects, seen));
        for (const auto& id : objects) {
            const auto still = co_await purpose->objects->head(workspace, object_key(purpose->name, id));
            if (still) found(seen, fmt::format("The object {} belongs to no file; it may be deleted.", still->key));
        }
        after = std::move(last);
        cursor = std::move(page.next);
    } while (cursor);
    co_return Result<void>();
}

// Rows with an id above `after`, up to `last` or to the end. Takes from `objects` what they name.
Task<void> Files::verify_rows(WorkspaceId workspace, const Purpose* purpose, std::string after, std::string last,
                              std::unordered_set<std::string>& objects, Verification& seen) {
    std::size_t on_page = 0;
    do {
        store::Parameters values{purpose->name, after, last, kRowsOnPage};
        SLIPWAY_CO_TRY(const auto rows,
                       co_await database_.read(workspace,
                                               "select id, state from files where workspace = $workspace and purpose = "
                                               "$1 and id > $2 and ($3 = '' or id <= $3) order by id limit $4",
                                               std::move(values)));
        on_page = rows.size();
        for (const auto row : rows) {
            after = row.text("id");
            const bool there = objects.erase(after) > 0;
            if (row.text("state") != "ready") continue;
            ++seen.files;
            if (there) continue;
            const auto asked = co_await purpose->objects->head(workspace, object_key(purpose->name, after));
            if (!asked)  // else it is newer than the page
                found(seen,
                      fmt::format("The file {} ({}): {} {}", after, purpose->name, asked.error().message, kWayOut));
        }
    } while (on_page == kRowsOnPage);
    co_return Result<void>();
}

}  // namespace slipway::file
