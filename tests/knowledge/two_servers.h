// Two services on one database, index and object store, as two servers have them.
#pragma once

#include <gtest/gtest.h>

#include "knowledge/service.h"
#include "knowledge/tables.h"
#include "must.h"
#include "store/database/engines/any_database.h"
#include "store/index/embedded.h"
#include "store/objects/file.h"
#include "store/temporary_folder.h"

namespace slipway::knowledge::test {

using slipway::test::must;

// Lets a test do something between the steps of one server.
class WatchedIndex final : public store::Index {
 public:
    using Step = std::function<Task<void>()>;
    explicit WatchedIndex(store::Index& index) : index_(index) {}

    Task<void> ensure(std::string collection, store::CollectionOptions options) override {
        return index_.ensure(std::move(collection), std::move(options));
    }
    Task<std::optional<store::CollectionInfo>> describe(std::string collection) override {
        return index_.describe(std::move(collection));
    }
    Task<void> drop(std::string collection) override { return index_.drop(std::move(collection)); }
    Task<void> renew(std::string collection, store::CollectionOptions options) override {
        ++renewed;
        return index_.renew(std::move(collection), std::move(options));
    }
    Task<void> upsert(WorkspaceId workspace, std::string collection, std::vector<store::Passage> passages) override {
        const auto before = std::exchange(before_upsert, nullptr), after = std::exchange(after_upsert, nullptr);
        if (before) SLIPWAY_CO_CHECK(co_await before());
        SLIPWAY_CO_CHECK(co_await index_.upsert(workspace, collection, std::move(passages)));
        if (after) SLIPWAY_CO_CHECK(co_await after());
        co_return Result<void>();
    }
    Task<std::size_t> erase(WorkspaceId workspace, std::string collection, std::vector<std::string> ids) override {
        return index_.erase(std::move(workspace), std::move(collection), std::move(ids));
    }
    Task<std::size_t> erase_where(WorkspaceId workspace, std::string collection, store::Filter filter) override {
        return index_.erase_where(std::move(workspace), std::move(collection), std::move(filter));
    }
    Task<std::vector<store::Hit>> search(WorkspaceId workspace, std::string collection, store::Query query) override {
        return index_.search(std::move(workspace), std::move(collection), std::move(query));
    }
    Task<store::Page> scroll(WorkspaceId workspace, std::string collection, store::Filter filter, std::size_t limit,
                             std::optional<std::string> cursor) override {
        return index_.scroll(std::move(workspace), std::move(collection), std::move(filter), limit, std::move(cursor));
    }
    Task<std::uint64_t> count(WorkspaceId workspace, std::string collection, store::Filter filter) override {
        return index_.count(std::move(workspace), std::move(collection), std::move(filter));
    }
    Task<store::IndexStatus> status() override { return index_.status(); }
    Task<void> check_integrity() override { return index_.check_integrity(); }

    Step before_upsert, after_upsert;  // each once
    int renewed = 0;

 private:
    store::Index& index_;
};

class TwoServers : public testing::Test {
 protected:
    TwoServers() {
        must(run_to_end(database_->migrate(store::series_migrations())));
        must(run_to_end(database_->migrate(migrations())));
        options_.holds.always = true;  // on SQLite, too, the rows say who is at work
        start(first_, first_index_);
        start(second_, second_index_);
    }
    void start(std::unique_ptr<Knowledge>& server, WatchedIndex& index) {
        server = std::make_unique<Knowledge>(*database_, index, *objects_, pool_, pool_, nullptr, nullptr, options_);
        must(run_to_end(server->prepare(workspace_)));
    }

    static NewDocument document(std::string source, std::string text) {
        NewDocument document;
        document.source = document.file_name = std::move(source);
        document.bytes = std::move(text);
        return document;
    }
    Task<IngestReport> put(Knowledge& server, std::string source, std::string text) {
        return server.put(workspace_, document(std::move(source), std::move(text)));
    }
    // At the same time, on one loop; their errors are the test's.
    template <typename First, typename Second>
    static std::pair<Result<First>, Result<Second>> together(Task<First> first, Task<Second> second) {
        std::optional<Result<First>> one;
        std::optional<Result<Second>> two;
        run_to_end(both(store_in(one, std::move(first)), store_in(two, std::move(second))));
        return {*std::move(one), *std::move(two)};
    }

    Task<void> change(std::string sql) {
        SLIPWAY_CO_CHECK(co_await database_->write(store::Scope::system(), std::move(sql)));
        co_return Result<void>();
    }
    // As if the servers that work on documents had been silent for longer than their leases.
    Task<void> let_leases_run_out() {
        SLIPWAY_CO_CHECK(co_await change("update documents set held_until = 1 where holder <> ''"));
        co_return co_await change("update knowledge_leases set until = 1");
    }
    // What a server that dies leaves: nothing is finished, and nothing is told.
    template <typename T>
    void cut(Task<T> work, WatchedIndex& index) {
        index.after_upsert = []() -> Task<void> { throw std::runtime_error("the server died"); };
        EXPECT_THROW(static_cast<void>(run_to_end(std::move(work))), std::runtime_error);
    }

    std::int64_t number_of(std::string sql) {
        return must(run_to_end(database_->read(store::Scope::system(), std::move(sql)))).front().integer("n");
    }
    std::uint64_t passages() { return must(run_to_end(index_->count(workspace_, "documents", store::Filter()))); }
    std::size_t originals() { return must(run_to_end(objects_->list(workspace_, "", 100, {}))).objects.size(); }
    // Nothing is left over, all agree, and the index holds exactly what is visible.
    void expect_whole(std::int64_t documents) {
        must(run_to_end(first_->recover(workspace_)));
        EXPECT_EQ(must(run_to_end(second_->verify(workspace_))).findings, std::vector<std::string>());
        EXPECT_EQ(number_of("select count(*) as n from documents where dirty > 0 or holder <> ''"), 0);
        EXPECT_EQ(number_of("select count(*) as n from documents"), documents);
        EXPECT_EQ(static_cast<std::int64_t>(passages()), number_of("select count(*) as n from document_chunks"));
        EXPECT_EQ(static_cast<std::int64_t>(originals()), documents);
        EXPECT_FALSE(first_->has_leftovers());
    }

    slipway::test::TemporaryFolder folder_;
    WorkspaceId workspace_{"one"};
    WorkerPool pool_{"test", 2};
    std::unique_ptr<store::Database> database_ = must(slipway::test::open_any_database(folder_ / "data.db"));
    std::unique_ptr<store::Index> index_ = must(store::open_embedded(folder_ / "index.db"));
    std::unique_ptr<store::Objects> objects_ = must(store::open_file_objects(folder_ / "objects", {}, pool_));
    WatchedIndex first_index_{*index_}, second_index_{*index_};
    KnowledgeOptions options_;
    std::unique_ptr<Knowledge> first_, second_;
};

}  // namespace slipway::knowledge::test
