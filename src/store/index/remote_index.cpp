#include "store/index/remote_index.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "store/index/collection_options.h"
#include "store/index/cursor.h"
#include "store/index/remote_hits.h"
#include "store/index/validation.h"

namespace slipway::store {
namespace {

constexpr std::size_t kCollectionsKnownMax = 10'000;

bool is_gone(const Error& error) { return bool_or(error.details, "gone", false); }

Result<void> check_place(const WorkspaceId& workspace, std::string_view collection) {
    SLIPWAY_CHECK(check_workspace(workspace));
    return check_collection(collection);
}

Result<void> check_made(std::string_view collection, const CollectionOptions& options) {
    SLIPWAY_CHECK(check_collection(collection));
    return check_options(options);
}

class RemoteIndex final : public Index {
 public:
    explicit RemoteIndex(std::unique_ptr<RemoteEngine> engine) : engine_(std::move(engine)) {}

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
    Task<IndexStatus> status() override { return engine_->status(); }
    Task<void> check_integrity() override { return engine_->check_integrity(); }

 private:
    template <typename Work>
    auto with(std::string name, Work& work) -> std::invoke_result_t<Work&, const RemoteCollection&>;
    Task<RemoteCollection> find(std::string name);
    void forget(const std::string& name);

    std::unique_ptr<RemoteEngine> engine_;
    std::mutex mutex_;
    std::map<std::string, RemoteCollection> known_;
};

Task<RemoteCollection> RemoteIndex::find(std::string name) {
    {
        const std::lock_guard lock(mutex_);
        if (const auto known = known_.find(name); known != known_.end()) co_return known->second;
    }
    SLIPWAY_CO_TRY(auto found, co_await engine_->look_up(name));
    if (!found) co_return fail(ErrorCode::not_found, "There is no collection \"{}\".", name);
    const std::lock_guard lock(mutex_);
    if (known_.size() >= kCollectionsKnownMax) known_.clear();
    known_.insert_or_assign(std::move(name), *found);
    co_return *std::move(found);
}

void RemoteIndex::forget(const std::string& name) {
    const std::lock_guard lock(mutex_);
    known_.erase(name);
}

template <typename Work>
auto RemoteIndex::with(std::string name, Work& work) -> std::invoke_result_t<Work&, const RemoteCollection&> {
    for (int attempt = 0;; ++attempt) {
        SLIPWAY_CO_TRY(const auto collection, co_await find(name));
        auto result = co_await work(collection);
        if (result || attempt > 0 || !is_gone(result.error())) co_return result;
        forget(name);
    }
}

Task<void> RemoteIndex::ensure(std::string collection, CollectionOptions options) {
    SLIPWAY_CO_CHECK(check_made(collection, options));
    SLIPWAY_CO_TRY(auto found, co_await engine_->look_up(collection));
    if (!found) {
        SLIPWAY_CO_CHECK(co_await engine_->create(collection, options));
        forget(collection);
        SLIPWAY_CO_TRY(found, co_await engine_->look_up(collection));
        if (!found)
            co_return fail(ErrorCode::unavailable, "The collection \"{}\" was dropped while it was made.", collection);
    }
    co_return check_same_options(collection, found->options, options);
}

Task<std::optional<CollectionInfo>> RemoteIndex::describe(std::string collection) {
    SLIPWAY_CO_CHECK(check_collection(collection));
    SLIPWAY_CO_TRY(const auto found, co_await engine_->look_up(collection));
    if (!found) co_return std::nullopt;
    SLIPWAY_CO_TRY(const auto passages, co_await engine_->count_all(*found));
    co_return CollectionInfo{found->options, passages};
}

Task<void> RemoteIndex::drop(std::string collection) {
    SLIPWAY_CO_CHECK(check_collection(collection));
    forget(collection);
    co_return co_await engine_->drop(std::move(collection));
}

Task<void> RemoteIndex::renew(std::string collection, CollectionOptions options) {
    SLIPWAY_CO_CHECK(check_made(collection, options));
    auto renewed = co_await engine_->renew(collection, std::move(options));
    forget(collection);
    co_return renewed;
}

Task<void> RemoteIndex::upsert(WorkspaceId workspace, std::string collection, std::vector<Passage> passages) {
    SLIPWAY_CO_CHECK(check_place(workspace, collection));
    const auto work = [&](const RemoteCollection& found) { return engine_->write(found, workspace, passages); };
    co_return co_await with(std::move(collection), work);
}

Task<std::size_t> RemoteIndex::erase(WorkspaceId workspace, std::string collection, std::vector<std::string> ids) {
    SLIPWAY_CO_CHECK(check_place(workspace, collection));
    SLIPWAY_CO_CHECK(check_ids(ids));
    std::ranges::sort(ids);
    const auto repeated = std::ranges::unique(ids);
    ids.erase(repeated.begin(), repeated.end());
    const auto work = [&](const RemoteCollection& found) { return engine_->erase(found, workspace, ids); };
    co_return co_await with(std::move(collection), work);
}

Task<std::size_t> RemoteIndex::erase_where(WorkspaceId workspace, std::string collection, Filter filter) {
    SLIPWAY_CO_CHECK(check_place(workspace, collection));
    SLIPWAY_CO_CHECK(check_filter(filter));
    const auto work = [&](const RemoteCollection& found) { return engine_->erase_where(found, workspace, filter); };
    co_return co_await with(std::move(collection), work);
}

Task<std::vector<Hit>> RemoteIndex::search(WorkspaceId workspace, std::string collection, Query query) {
    SLIPWAY_CO_CHECK(check_place(workspace, collection));
    SLIPWAY_CO_CHECK(check_query(query));
    const auto work = [&](const RemoteCollection& found) -> Task<std::vector<Hit>> {
        SLIPWAY_CO_CHECK(check_search(query, found.options));
        co_return co_await engine_->search(found, workspace, query);
    };
    co_return co_await with(std::move(collection), work);
}

Task<Page> RemoteIndex::scroll(WorkspaceId workspace, std::string collection, Filter filter, std::size_t limit,
                               std::optional<std::string> cursor) {
    SLIPWAY_CO_CHECK(check_place(workspace, collection));
    SLIPWAY_CO_CHECK(check_filter(filter));
    SLIPWAY_CO_CHECK(check_limit(limit));
    SLIPWAY_CO_TRY(const auto after, id_of_cursor(cursor));
    // One more than asked for tells whether there is a next page.
    const auto work = [&](const RemoteCollection& found) {
        return engine_->list(found, workspace, filter, limit + 1, after);
    };
    SLIPWAY_CO_TRY(auto passages, co_await with(std::move(collection), work));
    Page page{std::move(passages), {}};
    if (page.passages.size() > limit) {
        page.passages.resize(limit);
        page.next = cursor_after(page.passages.back().id);
    }
    co_return page;
}

Task<std::uint64_t> RemoteIndex::count(WorkspaceId workspace, std::string collection, Filter filter) {
    SLIPWAY_CO_CHECK(check_place(workspace, collection));
    SLIPWAY_CO_CHECK(check_filter(filter));
    const auto work = [&](const RemoteCollection& found) { return engine_->count(found, workspace, filter); };
    co_return co_await with(std::move(collection), work);
}

}  // namespace

std::unexpected<Error> collection_is_gone() {
    Error gone{ErrorCode::not_found, "The collection is gone; it was dropped meanwhile."};
    return std::unexpected(std::move(gone).with("gone", true));
}

std::unique_ptr<Index> index_on(std::unique_ptr<RemoteEngine> engine) {
    return std::make_unique<RemoteIndex>(std::move(engine));
}

}  // namespace slipway::store
