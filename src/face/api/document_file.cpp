#include "face/api/document_file.h"

#include "face/api/access.h"
#include "net/content_disposition.h"
#include "net/file_body.h"

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

std::string etag_of(const knowledge::Document& document) { return "\"" + document.content_hash + "\""; }

void describe(net::Response& response, const knowledge::Document& document) {
    const auto type = shown_type(document.media_type);
    response.headers.set("Content-Type", type);
    response.headers.set("Accept-Ranges", "bytes");
    response.headers.set("Cache-Control", "private, max-age=3600");
    response.headers.set("ETag", etag_of(document));
    response.headers.set(
        "Content-Security-Policy",
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; plugin-types application/pdf");
    response.headers.set("Content-Disposition",
                         net::content_disposition(is_shown(type) ? "inline" : "attachment", document.file_name));
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
    const net::Version version{.size = document.size, .etag = etag_of(document), .modified = {}};
    const auto selected = net::select(request, version);
    auto response = net::Response::empty(selected.status);
    describe(response, document);
    if (selected.status == 206 || selected.status == 416)
        response.headers.set("Content-Range", net::content_range(selected, version));
    if (selected.status == 200 || selected.status == 206) {
        std::optional<store::ByteRange> range;
        if (selected.status == 206) range = {selected.offset, selected.offset + selected.length - 1};
        SLIPWAY_CO_TRY(auto object, co_await capabilities.knowledge.original(workspace, document, range));
        response.body = std::move(object.data);
    }
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
    router.add(net::Method::get, "/api/documents/{id}/file", needs("documents:read", std::move(described)),
               handler(serve));
}

}  // namespace slipway::face
