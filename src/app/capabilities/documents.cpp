#include "app/capabilities/documents.h"

#include "knowledge/json.h"
#include "knowledge/sources.h"

namespace slipway::app {
namespace {

constexpr std::size_t kSnippetCharacters = 300;

}  // namespace

json::object to_json(const knowledge::SearchResult& result, const Links& links, const WorkspaceId& workspace) {
    json::array items;
    const auto sources = knowledge::sources_of(result.found, result.question, kSnippetCharacters);
    for (std::size_t i = 0; i < sources.size(); ++i) items.push_back(knowledge::to_json(result.found[i], sources[i]));
    links.sign_sources(workspace, items);
    json::object object{{"question", result.question}, {"mode", result.mode}, {"results", std::move(items)}};
    if (!result.note.empty()) object["note"] = result.note;
    return object;
}

json::object to_json(const knowledge::Document& document, const Links& links, const WorkspaceId& workspace) {
    auto object = knowledge::to_json(document);
    if (!document.object_key.empty())
        object["url"] = links.sign(workspace, fmt::format("/api/documents/{}/file", document.id));
    return object;
}

}  // namespace slipway::app
