#include "store/index/opensearch.h"

#include <algorithm>
#include <charconv>

#include "base/crypto.h"
#include "base/keyed_lock.h"
#include "store/index/opensearch_query.h"
#include "store/index/opensearch_search.h"
#include "store/index/opensearch_write.h"
#include "store/index/validation.h"

namespace slipway::store {
namespace {

constexpr std::size_t kThreads = 2;          // that cut words and write JSON
constexpr std::size_t kErasedAtOnce = 5000;  // of erase_where

class OpenSearch final : public RemoteEngine {
 public:
    explicit OpenSearch(OpenSearchOptions options)
        : options_(std::move(options)),
          pool_("OpenSearch", kThreads),
          client_(options_.remote, pool_),
          catalog_(client_, options_),
          writers_(options_.writers_waiting_max) {}

    Task<std::optional<RemoteCollection>> look_up(std::string name) override {
        return catalog_.look_up(std::move(name));
    }
    Task<void> create(std::string name, CollectionOptions options) override {
        return catalog_.ensure(std::move(name), std::move(options));
    }
    Task<void> renew(std::string name, CollectionOptions options) override {
        return catalog_.renew(std::move(name), std::move(options));
    }
    Task<void> drop(std::string name) override { return catalog_.drop(std::move(name)); }
    Task<void> write(const RemoteCollection& collection, const WorkspaceId& workspace,
                     const std::vector<Passage>& passages) override;
    Task<std::size_t> erase(const RemoteCollection& collection, const WorkspaceId& workspace,
                            const std::vector<std::string>& ids) override;
    Task<std::size_t> erase_where(const RemoteCollection& collection, const WorkspaceId& workspace,
                                  const Filter& filter) override;
    Task<std::vector<Hit>> search(const RemoteCollection& collection, const WorkspaceId& workspace,
                                  const Query& query) override {
        return opensearch::search(client_, options_, collection, workspace, query);
    }
    Task<std::vector<Passage>> list(const RemoteCollection& collection, const WorkspaceId& workspace,
                                    const Filter& filter, std::size_t count,
                                    const std::optional<std::string>& after) override;
    Task<std::uint64_t> count(const RemoteCollection& collection, const WorkspaceId& workspace,
                              const Filter& filter) override;
    Task<std::uint64_t> count_all(const RemoteCollection& collection) override;
    Task<IndexStatus> status() override;
    Task<void> check_integrity() override;

 private:
    Task<std::vector<opensearch::BulkItem>> some_matching(const RemoteCollection& collection,
                                                          const WorkspaceId& workspace, const Filter& filter);

    OpenSearchOptions options_;
    WorkerPool pool_;
    RemoteClient client_;
    opensearch::Catalog catalog_;
    KeyedLock writers_;  // by index: what one call wrote becomes visible together
};

Task<void> OpenSearch::write(const RemoteCollection& collection, const WorkspaceId& workspace,
                             const std::vector<Passage>& passages) {
    const auto make = [&]() -> Result<std::vector<opensearch::BulkItem>> {
        SLIPWAY_CHECK(check_passages(passages, collection.options));
        return opensearch::index_items(workspace, passages, collection.options);
    };
    SLIPWAY_CO_TRY(auto items, co_await pool_.run(make));
    if (items.empty()) co_return Result<void>();
    SLIPWAY_CO_TRY(const auto turn, co_await writers_.acquire(collection.name, options_.write_time_max));
    const auto written = co_await opensearch::write_bulk(client_, options_, collection, std::move(items));
    if (!written) co_return std::unexpected(written.error());
    co_return Result<void>();
}

Task<std::size_t> OpenSearch::erase(const RemoteCollection& collection, const WorkspaceId& workspace,
                                    const std::vector<std::string>& ids) {
    if (ids.empty()) co_return std::size_t{0};
    std::vector<opensearch::BulkItem> items;
    for (const auto& id : ids) items.push_back(opensearch::delete_item(id, opensearch::document_id(workspace, id)));
    SLIPWAY_CO_TRY(const auto turn, co_await writers_.acquire(collection.name, options_.write_time_max));
    co_return co_await opensearch::write_bulk(client_, options_, collection, std::move(items));
}

Task<std::vector<opensearch::BulkItem>> OpenSearch::some_matching(const RemoteCollection& collection,
                                                                  const WorkspaceId& workspace, const Filter& filter) {
    const json::object body{{"size", kErasedAtOnce},
                            {"_source", false},
                            {"query", opensearch::bool_filter(opensearch::matching(workspace, filter))}};
    SLIPWAY_CO_TRY(const auto answer,
                   co_await opensearch::ask(client_, options_, collection, "_search", write_json(body)));
    if (!answer.good()) co_return opensearch::failure_of(client_, answer, "a search");
    SLIPWAY_CO_TRY(const auto hits, opensearch::hits_of(answer));
    std::vector<opensearch::BulkItem> items;
    for (const auto* hit : hits) {
        const auto document = text_or(*hit, "_id");
        items.push_back(opensearch::delete_item(std::string(document), document));
    }
    co_return items;
}

// OpenSearch's own delete by query is a module that need not be there, and stops at the first conflict.
Task<std::size_t> OpenSearch::erase_where(const RemoteCollection& collection, const WorkspaceId& workspace,
                                          const Filter& filter) {
    SLIPWAY_CO_TRY(const auto turn, co_await writers_.acquire(collection.name, options_.write_time_max));
    const auto end = std::chrono::steady_clock::now() + options_.drop_time_max;
    std::size_t erased = 0;
    for (;;) {
        SLIPWAY_CO_TRY(auto items, co_await some_matching(collection, workspace, filter));
        if (items.empty()) co_return erased;
        if (std::chrono::steady_clock::now() > end)
            co_return fail(ErrorCode::unavailable, "{} passages were erased, then the time was over; erase again.",
                           erased);
        SLIPWAY_CO_TRY(const auto deleted,
                       co_await opensearch::write_bulk(client_, options_, collection, std::move(items)));
        erased += deleted;
    }
}

Task<std::vector<Passage>> OpenSearch::list(const RemoteCollection& collection, const WorkspaceId& workspace,
                                            const Filter& filter, std::size_t count,
                                            const std::optional<std::string>& after) {
    json::object order;
    order["id"] = "asc";
    json::array fields;
    for (const auto field : opensearch::kPassageFields) fields.emplace_back(field);
    json::object body{{"size", count},
                      {"track_total_hits", false},
                      {"query", opensearch::bool_filter(opensearch::matching(workspace, filter))},
                      {"_source", std::move(fields)}};
    body["sort"].emplace_array().push_back(std::move(order));
    if (after) body["search_after"].emplace_array().emplace_back(*after);
    SLIPWAY_CO_TRY(const auto answer,
                   co_await opensearch::ask(client_, options_, collection, "_search", write_json(body)));
    if (!answer.good()) co_return opensearch::failure_of(client_, answer, "to list passages");
    SLIPWAY_CO_TRY(const auto hits, opensearch::hits_of(answer));
    std::vector<Passage> passages;
    for (const auto* hit : hits) {
        const auto* source = object_in(*hit, "_source");
        SLIPWAY_CO_TRY(auto passage, opensearch::read_passage(source ? *source : json::object()));
        passages.push_back(std::move(passage));
    }
    co_return passages;
}

Task<std::uint64_t> OpenSearch::count(const RemoteCollection& collection, const WorkspaceId& workspace,
                                      const Filter& filter) {
    auto query = opensearch::bool_filter(opensearch::matching(workspace, filter));
    return opensearch::count(client_, options_, collection, std::move(query), 0);
}

Task<std::uint64_t> OpenSearch::count_all(const RemoteCollection& collection) {
    json::object all;
    all["match_all"] = json::object();
    return opensearch::count(client_, options_, collection, std::move(all), 0);
}

Task<IndexStatus> OpenSearch::status() {
    const auto begun = std::chrono::steady_clock::now();
    RemoteRequest request;
    request.path = "/";
    request.time_max = options_.read_time_max;
    SLIPWAY_CO_TRY(const auto answer, co_await client_.call(std::move(request)));
    if (!answer.good()) co_return opensearch::failure_of(client_, answer, "to tell its version");
    const auto* version = object_in(answer.object(), "version");
    if (!version || text_or(*version, "number").empty())
        co_return fail(ErrorCode::upstream, "What answers at {} is no OpenSearch.", client_.place());
    IndexStatus status;
    status.engine = fmt::format("OpenSearch {}", text_or(*version, "number"));
    status.latency = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - begun);
    co_return status;
}

// OpenSearch checks its own files by checksums; what it cannot read it gives up, and is red.
Task<void> OpenSearch::check_integrity() {
    RemoteRequest request;
    request.path = fmt::format("/_cluster/health/{}-*?filter_path=status,unassigned_shards", options_.prefix);
    request.time_max = options_.read_time_max;
    SLIPWAY_CO_TRY(const auto answer, co_await client_.call(std::move(request)));
    if (!answer.good()) co_return opensearch::failure_of(client_, answer, "to tell its health");
    if (text_or(answer.object(), "status") == "red")
        co_return fail(ErrorCode::unavailable,
                       "OpenSearch at {} has lost a part of the index. Restore a snapshot, or run `slipway reindex`.",
                       client_.place());
    co_return Result<void>();
}

bool is_prefix(std::string_view text) {
    constexpr std::size_t kPrefixMax = 64;
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !text.empty() && text.size() <= kPrefixMax && is_letter(text.front()) &&
           std::ranges::all_of(text, [&](char c) { return is_letter(c) || c == '-'; });
}

}  // namespace

Result<OpenSearchOptions> opensearch_options(std::string_view text) {
    constexpr std::uint16_t kPort = 9200, kSecurePort = 443;
    SLIPWAY_TRY(auto url, remote_url(text, "opensearch", text.starts_with("opensearch+https") ? kSecurePort : kPort));
    OpenSearchOptions options;
    if (!url.path.empty()) options.prefix = url.path;
    if (!is_prefix(options.prefix))
        return fail(ErrorCode::invalid,
                    "The prefix in the URL of OpenSearch has lower case letters, digits and "
                    "hyphens only.");
    if (const auto shards = url.take("shards")) {
        const auto [end, error] = std::from_chars(shards->data(), shards->data() + shards->size(), options.shards);
        if (error != std::errc() || end != shards->data() + shards->size() || options.shards == 0 ||
            options.shards > 1024)
            return fail(ErrorCode::invalid,
                        "The number of shards in the URL of OpenSearch must lie between 1 and 1024.");
    }
    if (auto region = url.take("aws")) options.aws_region = *std::move(region);
    if (auto service = url.take("service")) {
        if (options.aws_region.empty() || (*service != "es" && *service != "aoss"))
            return fail(ErrorCode::invalid,
                        "In the URL of OpenSearch service is es or aoss, and stands beside aws=REGION.");
        options.aws_service = *std::move(service);
    }
    if (auto file = url.take("ca")) options.remote.certificate_authorities = *file;
    SLIPWAY_CHECK(url.check_all_taken());
    options.remote.engine = "OpenSearch";
    if (!url.user.empty())
        options.remote.headers.set("Authorization", "Basic " + to_base64(url.user + ":" + url.password));
    url.user.clear();
    url.password.clear();
    options.remote.place = std::move(url);
    return options;
}

std::unique_ptr<Index> open_opensearch(OpenSearchOptions options) {
    return index_on(std::make_unique<OpenSearch>(std::move(options)));
}

}  // namespace slipway::store
