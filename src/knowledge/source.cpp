// Citations: places, links and their JSON.
#include "base/text.h"
#include "knowledge/sources.h"

namespace slipway::knowledge {
namespace {

bool has_fragment_time(std::string_view url) {
    return url.find("youtu") != std::string_view::npos || url.find("vimeo") != std::string_view::npos;
}

std::string clock_time(int seconds) {
    return fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

}  // namespace

std::string_view web_address(const Document& document, std::string_view field) {
    const auto address = text_or(document.metadata, field);
    const auto scheme = lower_ascii(address.substr(0, address.find(':')));
    return scheme == "http" || scheme == "https" ? address : std::string_view();
}

std::string describe(const Place& place) {
    if (place.seconds) return clock_time(*place.seconds);
    if (place.page) return fmt::format("page {}", *place.page);
    return join(place.headings, " › ");
}

std::string link_of(const Document& document, const Place& place) {
    const auto video = web_address(document, "youtube_url");
    if (!video.empty()) {
        if (!place.seconds || !has_fragment_time(video)) return std::string(video);
        return fmt::format("{}{}t={}s", video, video.find('?') == std::string_view::npos ? '?' : '&', *place.seconds);
    }
    auto link = fmt::format("/api/documents/{}/file", document.id);
    if (place.page) link += fmt::format("#page={}", *place.page);
    return link;
}

json::object to_json(const Source& source) {
    json::object object{{"number", source.number},
                        {"document_id", source.document_id},
                        {"document_number", source.document_number},
                        {"chunk_id", source.chunk_id},
                        {"title", source.title},
                        {"namespace", source.name_space},
                        {"snippet", source.snippet},
                        {"place", source.place},
                        {"url", source.url},
                        {"source_url", source.source_url.empty() ? json::value() : json::value(source.source_url)},
                        {"youtube_url", source.youtube_url.empty() ? json::value() : json::value(source.youtube_url)},
                        {"score", source.score}};
    object["page"] = source.page ? json::value(*source.page) : json::value();
    object["seconds"] = source.seconds ? json::value(*source.seconds) : json::value();
    return object;
}

std::optional<Source> source_from_json(const json::value& value) {
    const auto* object = value.if_object();
    if (object == nullptr) return std::nullopt;
    Source source;
    source.number = static_cast<int>(integer_or(*object, "number", 0));
    source.document_id = std::string(text_or(*object, "document_id"));
    source.document_number = integer_or(*object, "document_number", 0);
    source.chunk_id = std::string(text_or(*object, "chunk_id"));
    source.title = std::string(text_or(*object, "title"));
    source.name_space = std::string(text_or(*object, "namespace"));
    source.snippet = std::string(text_or(*object, "snippet"));
    source.place = std::string(text_or(*object, "place"));
    source.url = std::string(text_or(*object, "url"));
    source.source_url = std::string(text_or(*object, "source_url"));
    source.youtube_url = std::string(text_or(*object, "youtube_url"));
    source.score = number_or(*object, "score", 0);
    if (find(*object, "page") != nullptr) source.page = static_cast<int>(integer_or(*object, "page", 0));
    if (find(*object, "seconds") != nullptr) source.seconds = static_cast<int>(integer_or(*object, "seconds", 0));
    return source;
}

}  // namespace slipway::knowledge
