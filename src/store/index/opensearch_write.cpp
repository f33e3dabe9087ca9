#include "store/index/opensearch_write.h"

#include <map>

#include "base/crypto.h"
#include "base/text.h"
#include "store/index/facts.h"
#include "store/index/opensearch_query.h"
#include "store/index/vector.h"

namespace slipway::store::opensearch {
namespace {

constexpr std::size_t kItemsPerRequest = 2000;
constexpr std::size_t kItemsNamedMax = 100, kReasonBytesMax = 200;
constexpr std::size_t kRoundsMax = 5;
constexpr Milliseconds kBusyPause{200};
constexpr int kTooMany = 429;

std::string words_of(const PassageTerms& terms) {
    std::string words;
    for (const auto& [word, count] : terms.counts)
        for (std::uint32_t i = 0; i < count; ++i) {
            if (!words.empty()) words += ' ';
            words += word;
        }
    return words;
}

json::object document_of(const WorkspaceId& workspace, const Passage& passage, const CollectionOptions& options) {
    const auto terms = passage_terms(passage, options.language);
    json::array facts;
    for (const auto& fact : facts_of(passage.metadata, true)) facts.emplace_back(fact);
    json::object document{{"workspace", workspace.value},
                          {"id", passage.id},
                          {"namespace", passage.name_space},
                          {"text", passage.text},
                          {"metadata", write_json(passage.metadata)},
                          {"facts", std::move(facts)},
                          {"terms", words_of(terms)},
                          {"length", terms.length}};
    if (passage.vector) {
        const auto vector = prepared_vector(options.metric, *passage.vector);
        document["vector"] = json::array(vector.begin(), vector.end());
    }
    return document;
}

std::string action_line(std::string_view action, std::string_view document) {
    json::object target, line;
    target["_id"] = document;
    line[action] = std::move(target);
    return write_json(line) + "\n";
}

// What a request came to.
struct Outcome {
    std::size_t deleted = 0;
    std::vector<BulkItem> busy;  // to be sent again
    std::string busy_reason;     // of one of them: too many at once, or a disk that is full
    json::array refused;
    std::size_t refused_count = 0;
};

void take_item(const json::object& item, BulkItem sent, Outcome& outcome) {
    const auto status = integer_or(item, "status", 0);
    if (text_or(item, "result") == "deleted") ++outcome.deleted;
    if (status / 100 == 2 || text_or(item, "result") == "not_found") return;
    const auto* error = object_in(item, "error");
    const auto reason = error ? cut_utf8(text_or(*error, "reason"), kReasonBytesMax) : std::string_view();
    if (status == kTooMany) {
        outcome.busy.push_back(std::move(sent));
        outcome.busy_reason = reason;
        return;
    }
    ++outcome.refused_count;
    if (outcome.refused.size() == kItemsNamedMax) return;
    outcome.refused.push_back(json::object{{"id", sent.id}, {"status", status}, {"reason", reason}});
}

Result<Outcome> read_outcome(const json::object& answer, std::vector<BulkItem> sent) {
    const auto* items = array_in(answer, "items");
    if (!items || items->size() != sent.size())
        return fail(ErrorCode::upstream, "OpenSearch answered a bulk request without a result for each passage.");
    Outcome outcome;
    for (std::size_t i = 0; i < sent.size(); ++i) {
        const auto* item = (*items)[i].if_object();
        const auto* result = item && item->size() == 1 ? item->begin()->value().if_object() : nullptr;
        if (!result) return fail(ErrorCode::upstream, "OpenSearch answered a bulk request with what is no result.");
        take_item(*result, std::move(sent[i]), outcome);
    }
    return outcome;
}

Task<Outcome> send(RemoteClient& client, const OpenSearchOptions& options, const RemoteCollection& collection,
                   std::vector<BulkItem> items) {
    RemoteRequest request;
    request.method = net::Method::post;
    request.path = fmt::format(
        "/{}/_bulk?require_alias=true&filter_path=errors,items.*.status,items.*.result,items.*.error.reason",
        write_alias(collection.name));
    request.content_type = "application/x-ndjson";
    request.time_max = options.write_time_max;
    for (const auto& item : items) request.body += item.lines;
    SLIPWAY_CO_TRY(const auto answer, co_await client.call(std::move(request)));
    if (!answer.good()) co_return failure_of(client, answer, "to write");
    // With require_alias a missing alias is told by each item.
    const auto* results = array_in(answer.object(), "items");
    if (results && !results->empty() && write_json(results->front()).contains("require_alias"))
        co_return collection_is_gone();
    co_return read_outcome(answer.object(), std::move(items));
}

Task<void> refresh(RemoteClient& client, const OpenSearchOptions& options, const RemoteCollection& collection) {
    RemoteRequest request;
    request.method = net::Method::post;
    request.path = fmt::format("/{}/_refresh?filter_path=_shards", collection.name);
    request.time_max = options.write_time_max;
    SLIPWAY_CO_TRY(const auto answer, co_await client.call(std::move(request)));
    if (!answer.good()) co_return failure_of(client, answer, "to show what was written");
    co_return Result<void>();
}

std::vector<BulkItem> take_part(std::vector<BulkItem>& items, std::size_t bytes_max) {
    std::vector<BulkItem> part;
    std::size_t bytes = 0, count = 0;
    while (count < items.size() && count < kItemsPerRequest &&
           (count == 0 || bytes + items[count].lines.size() <= bytes_max))
        bytes += items[count++].lines.size();
    const auto end = items.begin() + static_cast<std::ptrdiff_t>(count);
    part.assign(std::make_move_iterator(items.begin()), std::make_move_iterator(end));
    items.erase(items.begin(), end);
    return part;
}

Error refusal(const Outcome& outcome) {
    const auto& first = outcome.refused.front().get_object();
    Error error{ErrorCode::upstream,
                fmt::format("OpenSearch refused {} of the passages; the first is {}: {}", outcome.refused_count,
                            text_or(first, "id"), text_or(first, "reason"))};
    return std::move(error).with("items", outcome.refused);
}

}  // namespace

std::string document_id(const WorkspaceId& workspace, std::string_view id) {
    return to_base64url(sha256(workspace.value + '\0' + std::string(id)));
}

std::vector<BulkItem> index_items(const WorkspaceId& workspace, const std::vector<Passage>& passages,
                                  const CollectionOptions& options) {
    std::map<std::string_view, const Passage*> last;
    for (const auto& passage : passages) last[passage.id] = &passage;
    std::vector<BulkItem> items;
    items.reserve(last.size());
    for (const auto& [id, passage] : last) {
        const auto action = action_line("index", document_id(workspace, id));
        items.push_back({std::string(id), action + write_json(document_of(workspace, *passage, options)) + "\n"});
    }
    return items;
}

BulkItem delete_item(std::string id, std::string_view document) {
    return {std::move(id), action_line("delete", document)};
}

Task<std::size_t> write_bulk(RemoteClient& client, const OpenSearchOptions& options, const RemoteCollection& collection,
                             std::vector<BulkItem> items) {
    Outcome all;
    for (std::size_t round = 0; !items.empty(); ++round) {
        if (round == kRoundsMax)
            co_return fail(ErrorCode::unavailable, "OpenSearch at {} is too busy: {} passages are not written. {}",
                           client.place(), items.size(), all.busy_reason);
        if (round > 0) co_await sleep_for(kBusyPause * (1 << round));
        std::vector<BulkItem> busy;
        while (!items.empty()) {
            auto part = take_part(items, options.bulk_bytes_max);
            SLIPWAY_CO_TRY(auto outcome, co_await send(client, options, collection, std::move(part)));
            all.deleted += outcome.deleted;
            all.refused_count += outcome.refused_count;
            for (auto& one : outcome.refused)
                if (all.refused.size() < kItemsNamedMax) all.refused.push_back(std::move(one));
            std::ranges::move(outcome.busy, std::back_inserter(busy));
            if (!outcome.busy_reason.empty()) all.busy_reason = std::move(outcome.busy_reason);
        }
        items = std::move(busy);
    }
    SLIPWAY_CO_CHECK(co_await refresh(client, options, collection));
    if (all.refused_count > 0) co_return std::unexpected(refusal(all));
    co_return all.deleted;
}

}  // namespace slipway::store::opensearch
