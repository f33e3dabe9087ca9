// /api/search, /api/status
#include "app/capabilities/documents.h"
#include "base/text.h"
#include "face/api/access.h"
#include "face/api/api.h"

namespace slipway::face {
namespace {

constexpr std::size_t kQuestionBytesMax = 4000;
std::vector<std::string> values_of(const net::Request& request, std::string_view name) {
    std::vector<std::string> values;
    for (const auto& [key, value] : request.query)
        if (key == name)
            for (const auto part : split(value, ','))
                if (!trim(part).empty()) values.emplace_back(trim(part));
    return values;
}

Task<net::Response> index_status(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    SLIPWAY_CO_TRY(const auto state, co_await capabilities.knowledge.status(principal.workspace));
    json::object documents{{"total", state.documents}, {"indexed", state.indexed}, {"pending", state.pending},
                           {"failed", state.failed},   {"chunks", state.chunks},   {"passages", state.passages}};
    json::object object{
        {"documents", std::move(documents)},
        {"chat_model", capabilities.chat_model},
        {"embedding_model", state.embedding_model.empty() ? json::value() : json::value(state.embedding_model)},
        {"reindex_needed", state.reindex_needed}};
    if (!state.note.empty()) object["note"] = state.note;
    co_return net::Response::of_json(200, object);
}

}  // namespace

void add_search_routes(net::Router& router, const app::Capabilities& capabilities, ApiOptions options) {
    auto search = [&capabilities, options](net::Request& request) -> Task<net::Response> {
        SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
        knowledge::SearchRequest wanted;
        wanted.question = std::string(trim(request.query_value("q")));
        if (wanted.question.empty() || wanted.question.size() > kQuestionBytesMax)
            co_return fail(ErrorCode::invalid, "The parameter q holds the question, at most {} bytes.",
                           kQuestionBytesMax);
        SLIPWAY_CO_TRY(wanted.limit, count_of(request, "limit", 10, options.search_results_max));
        wanted.namespaces = values_of(request, "namespace");
        SLIPWAY_CO_TRY(const auto result,
                       co_await capabilities.knowledge.search(principal.workspace, std::move(wanted)));
        co_return net::Response::of_json(200, app::to_json(result, capabilities.links, principal.workspace));
    };
    net::Operation searching;
    searching.summary = "Passages for a question, with how their scores came about";
    searching.tag = "search";
    searching.parameters = {{"q", json::object{{"type", "string"}, {"required", true}}},
                            {"namespace", text_schema("one or more, separated by commas")},
                            {"limit", type_schema("integer")}};
    searching.response_schema =
        schema({{"question", text_schema()}, {"mode", text_schema()}, {"results", type_schema("array")}});
    router.add(net::Method::get, "/api/search", std::move(searching), handler(search));

    net::Operation asking;
    asking.summary = "What is indexed, and which models answer";
    asking.tag = "search";
    asking.response_schema = schema({{"documents", type_schema("object")},
                                     {"chat_model", text_schema()},
                                     {"embedding_model", text_schema()},
                                     {"reindex_needed", type_schema("boolean")}});
    router.add(net::Method::get, "/api/status", std::move(asking), handler(capabilities, index_status));
}

void add_api(net::Router& router, const app::Capabilities& capabilities, ApiOptions options) {
    add_account_routes(router, capabilities);
    add_factor_routes(router, capabilities);
    add_credential_routes(router, capabilities);
    add_key_routes(router, capabilities);
    add_token_routes(router, capabilities);
    add_identity_routes(router, capabilities);
    add_chat_routes(router, capabilities);
    add_chat_socket(router, capabilities, options);
    add_document_routes(router, capabilities, options);
    add_search_routes(router, capabilities, options);
    add_file_routes(router, capabilities, options);
    add_job_routes(router, capabilities);
    add_event_routes(router, capabilities);
}

}  // namespace slipway::face
