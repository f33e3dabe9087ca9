#include "store/index/qdrant.h"

#include <algorithm>

#include "base/keyed_lock.h"
#include "store/index/qdrant_point.h"
#include "store/index/qdrant_search.h"
#include "store/index/validation.h"

namespace slipway::store {
namespace {

constexpr std::size_t kThreads = 2;             // that cut words and write JSON
constexpr std::size_t kPointsPerRequest = 500;  // of upserts and of scroll
constexpr std::size_t kScrollPointsMin = 64;

// Bodies of upserts, each of at most some bytes; and the number fields in them.
struct Batches {
    std::vector<std::string> bodies;
    std::set<std::string> numbers;
};

Batches batches_of(const WorkspaceId& workspace, const std::vector<Passage>& passages, const CollectionOptions& options,
                   std::size_t bytes_max) {
    std::map<std::string_view, const Passage*> last;  // of an id given twice
    for (const auto& passage : passages) last[passage.id] = &passage;
    Batches batches;
    std::string body;
    std::size_t points = 0;
    const auto end_body = [&] {
        if (!body.empty()) batches.bodies.push_back(std::exchange(body, {}) + "]}");
        points = 0;
    };
    for (const auto& [id, passage] : last) {
        for (auto& field : qdrant::number_fields(passage->metadata)) batches.numbers.insert(std::move(field));
        const auto point = write_json(qdrant::point_of(workspace, *passage, options));
        if (points == kPointsPerRequest || body.size() + point.size() > bytes_max) end_body();
        body += body.empty() ? R"({"points":[)" : ",";
        body += point;
        ++points;
    }
    end_body();
    return batches;
}

class Qdrant final : public RemoteEngine {
 public:
    explicit Qdrant(QdrantOptions options)
        : options_(std::move(options)),
          pool_("Qdrant", kThreads),
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
                                  const Query& query) override;
    Task<std::vector<Passage>> list(const RemoteCollection& collection, const WorkspaceId& workspace,
                                    const Filter& filter, std::size_t count,
                                    const std::optional<std::string>& after) override;
    Task<std::uint64_t> count(const RemoteCollection& collection, const WorkspaceId& workspace,
                              const Filter& filter) override;
    Task<std::uint64_t> count_all(const RemoteCollection& collection) override;
    Task<IndexStatus> status() override;
    Task<void> check_integrity() override;

 private:
    Task<void> change(const RemoteCollection& collection, std::string_view what, net::Method method, std::string body);
    qdrant::Asking asking() { return {client_, options_, known_, {}}; }  // without a version

    QdrantOptions options_;
    WorkerPool pool_;
    RemoteClient client_;
    qdrant::Catalog catalog_;
    qdrant::KnownStatistics known_;
    KeyedLock writers_;  // by collection
};

Task<void> Qdrant::change(const RemoteCollection& collection, std::string_view what, net::Method method,
                          std::string body) {
    SLIPWAY_CO_TRY(const auto answer,
                   co_await qdrant::ask(client_, collection, what, method, std::move(body), options_.write_time_max));
    if (text_or(qdrant::result_of(answer), "status") == "completed") co_return Result<void>();
    co_return fail(ErrorCode::unavailable, "Qdrant at {} took a change, but did not show it in time; send it again.",
                   client_.place());
}

Task<void> Qdrant::write(const RemoteCollection& collection, const WorkspaceId& workspace,
                         const std::vector<Passage>& passages) {
    const auto make = [&]() -> Result<Batches> {
        SLIPWAY_CHECK(check_passages(passages, collection.options));
        return batches_of(workspace, passages, collection.options, options_.batch_bytes_max);
    };
    SLIPWAY_CO_TRY(auto batches, co_await pool_.run(make));
    if (batches.bodies.empty()) co_return Result<void>();
    SLIPWAY_CO_TRY(const auto turn, co_await writers_.acquire(collection.name, options_.write_time_max));
    const qdrant::KnownStatistics::Change changing(known_, qdrant::KnownStatistics::key_of(collection, workspace));
    SLIPWAY_CO_CHECK(co_await catalog_.index_numbers(collection, batches.numbers));
    for (auto& body : batches.bodies) {
        SLIPWAY_CO_CHECK(co_await change(collection, "/points?wait=true", net::Method::put, std::move(body)));
    }
    co_return Result<void>();
}

// Qdrant does not say how many it erased.
Task<std::size_t> Qdrant::erase(const RemoteCollection& collection, const WorkspaceId& workspace,
                                const std::vector<std::string>& ids) {
    if (ids.empty()) co_return std::size_t{0};
    json::array points;
    for (const auto& id : ids) points.emplace_back(qdrant::point_id(workspace, id));
    SLIPWAY_CO_TRY(const auto turn, co_await writers_.acquire(collection.name, options_.write_time_max));
    const qdrant::KnownStatistics::Change changing(known_, qdrant::KnownStatistics::key_of(collection, workspace));
    const json::object wanted{{"ids", points}, {"with_payload", false}, {"with_vector", false}};
    SLIPWAY_CO_TRY(const auto answer, co_await qdrant::ask(client_, collection, "/points", net::Method::post,
                                                           write_json(wanted), options_.read_time_max));
    const auto* there = array_in(answer.object(), "result");
    if (!there) co_return fail(ErrorCode::upstream, "Qdrant answered no points.");
    if (there->empty()) co_return std::size_t{0};
    json::object body;
    body["points"] = std::move(points);
    SLIPWAY_CO_CHECK(co_await change(collection, "/points/delete?wait=true", net::Method::post, write_json(body)));
    co_return there->size();
}

Task<std::size_t> Qdrant::erase_where(const RemoteCollection& collection, const WorkspaceId& workspace,
                                      const Filter& filter) {
    SLIPWAY_CO_TRY(const auto turn, co_await writers_.acquire(collection.name, options_.write_time_max));
    const qdrant::KnownStatistics::Change changing(known_, qdrant::KnownStatistics::key_of(collection, workspace));
    auto which = qdrant::matching(workspace, filter);
    const auto asking = this->asking();
    SLIPWAY_CO_TRY(const auto there, co_await qdrant::count(asking, collection, which));
    if (there == 0) co_return std::size_t{0};
    json::object body;
    body["filter"] = std::move(which);
    SLIPWAY_CO_CHECK(co_await change(collection, "/points/delete?wait=true", net::Method::post, write_json(body)));
    co_return there;
}

Task<std::vector<Hit>> Qdrant::search(const RemoteCollection& collection, const WorkspaceId& workspace,
                                      const Query& query) {
    auto asking = this->asking();
    SLIPWAY_CO_TRY(asking.version, co_await catalog_.version());
    co_return co_await qdrant::search(asking, collection, workspace, query);
}

// Points come in the order of the first bytes of their passages' ids; those whose first bytes are the same, in any.
Task<std::vector<Passage>> Qdrant::list(const RemoteCollection& collection, const WorkspaceId& workspace,
                                        const Filter& filter, std::size_t count,
                                        const std::optional<std::string>& after) {
    std::vector<Passage> found;  // in order, and never more than `count`
    json::value offset = json::string(qdrant::first_point_id(after.value_or("")));
    const auto filter_json = qdrant::matching(workspace, filter);
    while (!offset.is_null()) {
        const json::object body{{"filter", filter_json},
                                {"limit", std::clamp(count, kScrollPointsMin, kPointsPerRequest)},
                                {"offset", offset},
                                {"with_payload", true},
                                {"with_vector", false}};
        SLIPWAY_CO_TRY(const auto answer, co_await qdrant::ask(client_, collection, "/points/scroll", net::Method::post,
                                                               write_json(body), options_.read_time_max));
        const auto* points = array_in(qdrant::result_of(answer), "points");
        if (!points) co_return fail(ErrorCode::upstream, "Qdrant answered no points.");
        std::string last;
        for (const auto& point : *points) {
            const auto* payload = point.is_object() ? object_in(point.get_object(), "payload") : nullptr;
            SLIPWAY_CO_TRY(auto passage, qdrant::read_passage(payload ? *payload : json::object()));
            last = qdrant::ordered_part(passage.id);
            if (!after || passage.id > *after) found.push_back(std::move(passage));
        }
        std::ranges::sort(found, {}, &Passage::id);
        if (found.size() > count) found.resize(count);
        if (found.size() == count && last > qdrant::ordered_part(found.back().id)) break;
        const auto* next = find(qdrant::result_of(answer), "next_page_offset");
        offset = next ? *next : json::value();
    }
    co_return found;
}

Task<std::uint64_t> Qdrant::count(const RemoteCollection& collection, const WorkspaceId& workspace,
                                  const Filter& filter) {
    const auto asking = this->asking();
    auto which = qdrant::matching(workspace, filter);
    co_return co_await qdrant::count(asking, collection, std::move(which));
}

Task<std::uint64_t> Qdrant::count_all(const RemoteCollection& collection) {
    json::object ours, filter;
    ours["has_id"].emplace_array().emplace_back(qdrant::kNoPoint);
    filter["must_not"].emplace_array().push_back(std::move(ours));
    const auto asking = this->asking();
    co_return co_await qdrant::count(asking, collection, std::move(filter));
}

Task<IndexStatus> Qdrant::status() {
    const auto begun = std::chrono::steady_clock::now();
    RemoteRequest request;
    request.path = "/";
    request.time_max = options_.read_time_max;
    SLIPWAY_CO_TRY(const auto answer, co_await client_.call(std::move(request)));
    if (!answer.good()) co_return qdrant::failure_of(client_, answer, "to tell its version");
    const auto version = text_or(answer.object(), "version");
    if (version.empty()) co_return fail(ErrorCode::upstream, "What answers at {} is no Qdrant.", client_.place());
    // The version is told to anybody; whether the key is good is not.
    RemoteRequest listing;
    listing.path = "/aliases";
    listing.time_max = options_.read_time_max;
    SLIPWAY_CO_TRY(const auto aliases, co_await client_.call(std::move(listing)));
    if (!aliases.good()) co_return qdrant::failure_of(client_, aliases, "to list its collections");
    IndexStatus status;
    status.engine = fmt::format("Qdrant {}", version);
    status.latency = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - begun);
    co_return status;
}

// Qdrant refuses to start with files that it cannot read; what it lost while it runs makes a collection red.
Task<void> Qdrant::check_integrity() {
    RemoteRequest request;
    request.path = "/collections";
    request.time_max = options_.read_time_max;
    SLIPWAY_CO_TRY(const auto answer, co_await client_.call(std::move(request)));
    if (!answer.good()) co_return qdrant::failure_of(client_, answer, "to list its collections");
    const auto* collections = array_in(qdrant::result_of(answer), "collections");
    if (!collections) co_return fail(ErrorCode::upstream, "What answers at {} is no Qdrant.", client_.place());
    for (const auto& one : *collections) {
        const RemoteCollection collection{std::string(one.is_object() ? text_or(one.get_object(), "name") : ""), {}};
        if (!options_.prefix.empty() && !collection.name.starts_with(options_.prefix + "-")) continue;
        const auto told = co_await qdrant::ask(client_, collection, "", net::Method::get, "", options_.read_time_max);
        if (!told && told.error().code == ErrorCode::not_found) continue;
        if (!told) co_return std::unexpected(told.error());
        if (text_or(qdrant::result_of(*told), "status") == "red")
            co_return fail(
                ErrorCode::unavailable,
                "Qdrant at {} has failed in the collection {}. Restore a snapshot, or run `slipway reindex`.",
                client_.place(), collection.name);
    }
    co_return Result<void>();
}

bool is_prefix(std::string_view text) {
    constexpr std::size_t kPrefixMax = 64;
    return text.size() <= kPrefixMax && std::ranges::all_of(text, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                      c == '_';
           });
}

}  // namespace

Result<QdrantOptions> qdrant_options(std::string_view text) {
    constexpr std::uint16_t kPort = 6333;
    SLIPWAY_TRY(auto url, remote_url(text, "qdrant", kPort));
    QdrantOptions options;
    options.prefix = url.path;
    if (!is_prefix(options.prefix))
        return fail(ErrorCode::invalid,
                    "The prefix in the URL of Qdrant has letters, digits, hyphens and underscores only.");
    if (!url.user.empty() || !url.password.empty())
        return fail(ErrorCode::invalid, "Qdrant knows no users; give its key as ?api_key=KEY.");
    if (const auto key = url.take("api_key")) options.remote.headers.set("api-key", *key);
    if (auto file = url.take("ca")) options.remote.certificate_authorities = *file;
    SLIPWAY_CHECK(url.check_all_taken());
    options.remote.engine = "Qdrant";
    options.remote.place = std::move(url);
    return options;
}

std::unique_ptr<Index> open_qdrant(QdrantOptions options) {
    return index_on(std::make_unique<Qdrant>(std::move(options)));
}

}  // namespace slipway::store
