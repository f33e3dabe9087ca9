#include "store/index/embedded.h"

#include <thread>

#include "store/index/embedded_catalog.h"
#include "store/index/embedded_read.h"
#include "store/index/embedded_write.h"
#include "store/index/validation.h"
#include "store/sqlite/readers.h"
#include "store/sqlite/writer.h"

namespace slipway::store {
namespace {

using sqlite::Connection;

constexpr std::size_t kReadersMax = 16;
// A call that indexes many passages changes thousands of pages; they are copied back into the file less often than
// SQLite would.
constexpr int kWalPages = 8000;
// Calls that share a commit; each may hold thousands of passages.
constexpr std::size_t kGroupMax = 32;

sqlite::ConnectionOptions connection_options(const EmbeddedOptions& options, std::size_t cache_bytes) {
    sqlite::ConnectionOptions connection;
    connection.exclusive = options.exclusive;
    connection.cache_bytes = cache_bytes;
    connection.file_bytes_max = options.file_bytes_max;
    connection.repair = embedded::kRepair;
    return connection;
}

sqlite::WriterOptions writer_options(const EmbeddedOptions& options) {
    sqlite::WriterOptions writer;
    writer.group_max = kGroupMax;
    writer.queue_max = options.writers_waiting_max;
    writer.queue_time_max = options.waiting_time_max;
    writer.unit_time_max = options.write_time_max;
    writer.idle_work = embedded::merge_some;
    writer.idle_after = options.merge_after;
    return writer;
}

std::size_t reader_count(const EmbeddedOptions& options) {
    const std::size_t wanted = options.readers > 0 ? options.readers : std::thread::hardware_concurrency() + 1;
    return std::min(wanted, kReadersMax);
}

class Embedded final : public Index {
 public:
    Embedded(Connection writer, const std::filesystem::path& file, const EmbeddedOptions& options,
             std::int64_t space_given)
        : options_(options),
          waiting_limits_{.batches = options.merge_batches_max},
          space_given_(space_given),
          codes_({.bytes_max = options.code_bytes_max, .values_min = options.code_values_min}),
          readers_("search index reader", file, connection_options(options, options.reader_cache_bytes),
                   reader_count(options), options.readers_waiting_max),
          writer_(std::move(writer), writer_options(options)) {}

    Task<void> ensure(std::string collection, CollectionOptions options) override;
    Task<std::optional<CollectionInfo>> describe(std::string collection) override;
    Task<void> drop(std::string collection) override;
    Task<void> renew(std::string collection, CollectionOptions options) override;
    Task<void> upsert(WorkspaceId workspace, std::string collection, std::vector<Passage> passages) override;
    Task<std::size_t> erase(WorkspaceId workspace, std::string collection, std::vector<std::string> ids) override;
    Task<std::size_t> erase_where(WorkspaceId workspace, std::string collection, Filter filter) override;
    Task<std::vector<Hit>> search(WorkspaceId workspace, std::string collection, Query query) override;
    Task<Page> scroll(WorkspaceId workspace, std::string collection, Filter filter, std::size_t limit,
                      std::optional<std::string> cursor) override;
    Task<std::uint64_t> count(WorkspaceId workspace, std::string collection, Filter filter) override;
    Task<IndexStatus> status() override;
    Task<void> check_integrity() override;

 private:
    EmbeddedOptions options_;
    embedded::WaitingLimits waiting_limits_;
    std::int64_t space_given_;  // the writer's
    embedded::KeptCodes codes_;
    sqlite::Readers readers_;
    sqlite::Writer writer_;
};

Result<void> check_place(const WorkspaceId& workspace, std::string_view collection) {
    SLIPWAY_CHECK(check_workspace(workspace));
    return check_collection(collection);
}

Task<void> Embedded::ensure(std::string collection, CollectionOptions options) {
    SLIPWAY_CO_CHECK(check_collection(collection));
    SLIPWAY_CO_CHECK(check_options(options));
    sqlite::Writer::Work work = [&](Connection& connection) {
        return embedded::ensure_collection(connection, collection, options);
    };
    co_return co_await writer_.run(std::move(work));
}

Task<std::optional<CollectionInfo>> Embedded::describe(std::string collection) {
    SLIPWAY_CO_CHECK(check_collection(collection));
    sqlite::Readers::Work<std::optional<CollectionInfo>> work = [&](Connection& connection) {
        return embedded::describe(connection, collection);
    };
    co_return co_await readers_.run(std::move(work), options_.read_time_max);
}

Task<void> Embedded::drop(std::string collection) {
    SLIPWAY_CO_CHECK(check_collection(collection));
    sqlite::Writer::Work work = [&](Connection& connection) {
        return embedded::drop_collection(connection, collection);
    };
    co_return co_await writer_.run(std::move(work), options_.drop_time_max);
}

Task<void> Embedded::renew(std::string collection, CollectionOptions options) {
    SLIPWAY_CO_CHECK(check_collection(collection));
    SLIPWAY_CO_CHECK(check_options(options));
    sqlite::Writer::Work work = [&](Connection& connection) -> Result<void> {
        SLIPWAY_CHECK(embedded::drop_collection(connection, collection));
        return embedded::ensure_collection(connection, collection, options);
    };
    co_return co_await writer_.run(std::move(work), options_.drop_time_max);
}

struct Prepared {
    CollectionOptions options;
    embedded::PreparedPassages passages;
};

// On a reader's thread: the writer's is the one that everybody waits for.
Result<Prepared> prepare(Connection& connection, std::string_view name, std::vector<Passage>& passages) {
    SLIPWAY_TRY(const auto collection, embedded::collection_named(connection, name));
    SLIPWAY_CHECK(check_passages(passages, collection.options));
    return Prepared{collection.options, embedded::prepare_passages(std::move(passages), collection.options)};
}

Task<void> Embedded::upsert(WorkspaceId workspace, std::string collection, std::vector<Passage> passages) {
    SLIPWAY_CO_CHECK(check_place(workspace, collection));
    sqlite::Readers::Work<Prepared> preparation = [&](Connection& connection) {
        return prepare(connection, collection, passages);
    };
    SLIPWAY_CO_TRY(const auto prepared, co_await readers_.run(std::move(preparation), options_.read_time_max));
    sqlite::Writer::Work work = [&](Connection& connection) {
        return embedded::upsert(connection, workspace, collection, prepared.options, prepared.passages, waiting_limits_,
                                space_given_);
    };
    co_return co_await writer_.run(std::move(work));
}

Task<std::size_t> Embedded::erase(WorkspaceId workspace, std::string collection, std::vector<std::string> ids) {
    SLIPWAY_CO_CHECK(check_place(workspace, collection));
    SLIPWAY_CO_CHECK(check_ids(ids));
    std::size_t erased = 0;
    sqlite::Writer::Work work = [&](Connection& connection) -> Result<void> {
        SLIPWAY_TRY(erased, embedded::erase(connection, workspace, collection, ids, waiting_limits_));
        return {};
    };
    SLIPWAY_CO_CHECK(co_await writer_.run(std::move(work)));
    co_return erased;
}

Task<std::size_t> Embedded::erase_where(WorkspaceId workspace, std::string collection, Filter filter) {
    SLIPWAY_CO_CHECK(check_place(workspace, collection));
    SLIPWAY_CO_CHECK(check_filter(filter));
    std::size_t erased = 0;
    sqlite::Writer::Work work = [&](Connection& connection) -> Result<void> {
        SLIPWAY_TRY(erased, embedded::erase_where(connection, workspace, collection, filter, waiting_limits_));
        return {};
    };
    SLIPWAY_CO_CHECK(co_await writer_.run(std::move(work), options_.drop_time_max));
    co_return erased;
}

Task<std::vector<Hit>> Embedded::search(WorkspaceId workspace, std::string collection, Query query) {
    SLIPWAY_CO_CHECK(check_place(workspace, collection));
    SLIPWAY_CO_CHECK(check_query(query));
    sqlite::Readers::Work<std::vector<Hit>> work = [&](Connection& connection) {
        return embedded::search(connection, codes_, workspace, collection, query);
    };
    co_return co_await readers_.run(std::move(work), options_.read_time_max);
}

Task<Page> Embedded::scroll(WorkspaceId workspace, std::string collection, Filter filter, std::size_t limit,
                            std::optional<std::string> cursor) {
    SLIPWAY_CO_CHECK(check_place(workspace, collection));
    SLIPWAY_CO_CHECK(check_filter(filter));
    SLIPWAY_CO_CHECK(check_limit(limit));
    sqlite::Readers::Work<Page> work = [&](Connection& connection) {
        return embedded::scroll(connection, workspace, collection, filter, limit, cursor);
    };
    co_return co_await readers_.run(std::move(work), options_.read_time_max);
}

Task<std::uint64_t> Embedded::count(WorkspaceId workspace, std::string collection, Filter filter) {
    SLIPWAY_CO_CHECK(check_place(workspace, collection));
    SLIPWAY_CO_CHECK(check_filter(filter));
    sqlite::Readers::Work<std::uint64_t> work = [&](Connection& connection) {
        return embedded::count(connection, workspace, collection, filter);
    };
    co_return co_await readers_.run(std::move(work), options_.read_time_max);
}

Task<IndexStatus> Embedded::status() {
    const auto begun = std::chrono::steady_clock::now();
    sqlite::Readers::Work<bool> work = [](Connection& connection) -> Result<bool> {
        SLIPWAY_CHECK(connection.check_in_place());
        SLIPWAY_TRY(auto statement, connection.prepare("SELECT 1 FROM collections LIMIT 1"));
        return statement.step();
    };
    SLIPWAY_CO_CHECK(co_await readers_.run(std::move(work), options_.read_time_max));
    const auto taken = std::chrono::steady_clock::now() - begun;
    IndexStatus status;
    status.engine = fmt::format("embedded (SQLite {})", sqlite::library_version());
    status.latency = std::chrono::duration_cast<Milliseconds>(taken);
    co_return status;
}

Task<void> Embedded::check_integrity() {
    sqlite::Readers::Work<void> work = [](Connection& connection) { return connection.check_integrity(); };
    co_return co_await readers_.run<void>(std::move(work), options_.drop_time_max);
}

}  // namespace

Result<std::unique_ptr<Index>> open_embedded(std::filesystem::path file, EmbeddedOptions options) {
    SLIPWAY_TRY(auto writer, Connection::open(file, connection_options(options, options.writer_cache_bytes)));
    SLIPWAY_CHECK(writer.execute(fmt::format("PRAGMA wal_autocheckpoint={}", kWalPages)));
    SLIPWAY_CHECK(embedded::prepare_file(writer));
    SLIPWAY_TRY(const auto space_given, embedded::largest_space(writer));
    return std::make_unique<Embedded>(std::move(writer), file, options, space_given);
}

Result<void> remove_embedded(const std::filesystem::path& file) {
    for (const char* suffix : {"", "-wal", "-shm"}) {
        std::error_code error;
        std::filesystem::remove(file.string() + suffix, error);
        if (error)
            return fail(ErrorCode::unavailable, "{}{} cannot be removed: {}.", file.string(), suffix, error.message());
    }
    return {};
}

}  // namespace slipway::store
