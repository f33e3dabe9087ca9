#include "knowledge/json.h"

namespace slipway::knowledge {

json::object to_json(const Document& document) {
    json::object object{{"id", document.id},
                        {"number", document.number},
                        {"source", document.source},
                        {"namespace", document.name_space},
                        {"title", document.title},
                        {"status", to_string(document.status)},
                        {"media_type", document.media_type},
                        {"file_name", document.file_name},
                        {"size", document.size},
                        {"chunks", document.chunks},
                        {"version", document.version},
                        {"metadata", document.metadata},
                        {"uploaded_by", document.uploaded_by},
                        {"created_at", to_iso8601(document.created_at)},
                        {"updated_at", to_iso8601(document.updated_at)}};
    if (!document.reason.empty()) object["reason"] = document.reason;
    return object;
}

json::object to_json(const Found& found, const Source& source) {
    auto object = to_json(source);
    object["text"] = found.text;
    json::object scores{{"score", found.score}};
    scores["text"] = found.text_score ? json::value(*found.text_score) : json::value();
    scores["vector"] = found.vector_score ? json::value(*found.vector_score) : json::value();
    json::array terms;
    for (const auto& term : found.terms) terms.push_back(json::object{{"term", term.term}, {"score", term.score}});
    scores["terms"] = std::move(terms);
    object["explanation"] = std::move(scores);
    return object;
}

}  // namespace slipway::knowledge
