#include "face/api/document_file.h"

#include <charconv>

#include "base/text.h"
#include "face/api/access.h"

namespace slipway::face {
namespace {

// What a browser may show. Anything else is downloaded: an uploaded page must not run on our origin.
bool is_shown(std::string_view media_type) {
    return media_type.starts_with("application/pdf") || media_type.starts_with("text/plain");
}

std::string shown_type(std::string_view media_type) {
    if (media_type.starts_with("text/") && !media_type.starts_with("text/html")) return "text/plain; charset=utf-8";
    return std::string(media_type);
}

struct Span {
    std::size_t first = 0, last = 0;
};

// "bytes=0-99", "bytes=100-", "bytes=-50"; nullopt when there is none that we understand (the whole is served then).
std::optional<std::string_view> range_of(const net::Request& request) {
    const auto range = request.headers.get("Range");
    if (!range.starts_with("bytes=") || range.find(',') != std::string_view::npos) return std::nullopt;
    return range.substr(6);
}

std::optional<std::size_t> number_of(std::string_view text) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<Span> span_of(std::string_view range, std::size_t size) {
    const auto dash = range.find('-');
    if (dash == std::string_view::npos || size == 0) return std::nullopt;
    const auto first = number_of(range.substr(0, dash)), last = number_of(range.substr(dash + 1));
    if (dash == 0) {
        if (!last || *last == 0) return std::nullopt;
        return Span{size - std::min(size, *last), size - 1};
    }
    if (!first || *first >= size || (last && *last < *first) || (!last && dash + 1 < range.size())) return std::nullopt;
    return Span{*first, std::min(last.value_or(size - 1), size - 1)};
}

void describe(net::Response& response, const knowledge::Document& document) {
    const auto type = shown_type(document.media_type);
    response.headers.set("Content-Type", type);
    response.headers.set("Accept-Ranges", "bytes");
    response.headers.set("Cache-Control", "private, max-age=3600");
    response.headers.set("ETag", "\"" + document.content_hash + "\"");
    response.headers.set(
        "Content-Security-Policy",
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; plugin-types application/pdf");
    response.headers.set("Content-Disposition",
                         fmt::format("{}; filename*=UTF-8''{}", is_shown(type) ? "inline" : "attachment",
                                     net::percent_encode(document.file_name)));
}

Task<WorkspaceId> workspace_of(const app::Capabilities& capabilities, const net::Request& request) {
    if (auto workspace = capabilities.links.verify(request)) co_return *std::move(workspace);
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    co_return principal.workspace;
}

Task<net::Response> serve_file(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto workspace, co_await workspace_of(capabilities, request));
    const std::string id(request.parameter("id"));
    SLIPWAY_CO_TRY(const auto document, co_await capabilities.knowledge.get(workspace, id));
    net::Response response;
    if (request.headers.get("If-None-Match") == "\"" + document.content_hash + "\"") {
        response = net::Response::empty(304);
        describe(response, document);
        co_return response;
    }
    SLIPWAY_CO_TRY(auto object, co_await capabilities.knowledge.original(workspace, id));
    auto& bytes = object.data;
    if (const auto range = range_of(request)) {
        const auto span = span_of(*range, bytes.size());
        if (!span) {
            response = net::Response::empty(416);
            response.headers.set("Content-Range", fmt::format("bytes */{}", bytes.size()));
            co_return response;
        }
        response.status = 206;
        response.headers.set("Content-Range", fmt::format("bytes {}-{}/{}", span->first, span->last, bytes.size()));
        response.body = bytes.substr(span->first, span->last - span->first + 1);
    } else {
        response.body = std::move(bytes);
    }
    describe(response, document);
    co_return response;
}

}  // namespace

void add_document_file(net::Router& router, const app::Capabilities& capabilities) {
    net::Operation described;
    described.summary = "The original of a document; signed links need no header";
    described.tag = "documents";
    described.response_type = "application/octet-stream";
    auto serve = [&capabilities](net::Request& request) -> Task<net::Response> {
        return serve_file(capabilities, request);
    };
    router.add(net::Method::get, "/api/documents/{id}/file", std::move(described), handler(serve));
}

}  // namespace slipway::face
