#include "face/api/file_content.h"

#include <stdexcept>

#include "face/api/access.h"
#include "net/content_disposition.h"
#include "net/file_body.h"

namespace slipway::face {
namespace {

constexpr std::uint64_t kPieceBytes = 1 << 20;
constexpr std::uint64_t kWholeBytesMax = 4 * kPieceBytes;  // larger ones are read in pieces while they are sent

std::string type_of(const file::File& file) {
    if (!file::is_shown(file.content_type)) return "application/octet-stream";
    return file.content_type.starts_with("text/") ? file.content_type + "; charset=utf-8" : file.content_type;
}

void describe(net::Response& response, const net::Request& request, const file::File& file,
              const file::Purpose& purpose) {
    const bool shown = file::is_shown(file.content_type) && request.query_value("download") != "true";
    response.headers.set("Content-Type", type_of(file));
    response.headers.set("Accept-Ranges", "bytes");
    response.headers.set("ETag", "\"" + file.etag + "\"");
    const bool everybody = purpose.read == file::Readers::everybody;
    const std::string_view an_hour = everybody ? "public, max-age=3600" : "private, max-age=3600";
    response.headers.set("Cache-Control", std::string(purpose.cache_control.empty() ? an_hour : purpose.cache_control));
    // What somebody stored must not run on our origin.
    response.headers.set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'");
    response.headers.set("Content-Disposition", net::content_disposition(shown ? "inline" : "attachment", file.name));
    if (everybody) response.headers.set("Cross-Origin-Resource-Policy", "cross-origin");
}

// Piece by piece, so that no reader makes us hold a large file. What fails then breaks the answer off.
asio::awaitable<void> send_pieces(const app::Capabilities& capabilities, WorkspaceId workspace, file::File file,
                                  net::Selection selected, net::BodyWriter& writer) {
    const auto end = selected.offset + selected.length;
    for (auto at = selected.offset; at < end; at += kPieceBytes) {
        const store::ByteRange range{at, std::min(at + kPieceBytes, end) - 1};
        auto piece = co_await capabilities.files.content(workspace, file, range);
        if (!piece) throw std::runtime_error(piece.error().message);
        const auto written = co_await writer.write(std::move(piece->data));
        if (!written) co_return;
    }
}

Task<net::Response> serve(const app::Capabilities& capabilities, const net::Request& request, WorkspaceId workspace,
                          file::File file) {
    SLIPWAY_CO_TRY(const auto* const purpose, capabilities.files.find(file.purpose));
    const net::Version version{.size = file.size, .etag = "\"" + file.etag + "\"", .modified = {}};
    const auto selected = net::select(request, version);
    auto response = net::Response::empty(selected.status);
    describe(response, request, file, *purpose);
    if (selected.status == 206 || selected.status == 416)
        response.headers.set("Content-Range", net::content_range(selected, version));
    if (selected.status != 200 && selected.status != 206) co_return response;
    if (selected.length > kWholeBytesMax) {
        response.body = [&capabilities, workspace, file, selected](net::BodyWriter& writer) {
            return send_pieces(capabilities, workspace, file, selected, writer);
        };
        co_return response;
    }
    std::optional<store::ByteRange> range;
    if (selected.status == 206) range = {selected.offset, selected.offset + selected.length - 1};
    SLIPWAY_CO_TRY(auto object, co_await capabilities.files.content(std::move(workspace), std::move(file), range));
    response.body = std::move(object.data);
    co_return response;
}

Task<net::Response> serve_file(const app::Capabilities& capabilities, net::Request& request) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
    std::string purpose(request.parameter("purpose")), id(request.parameter("id"));
    SLIPWAY_CO_TRY(auto file, co_await capabilities.files.get(principal, std::move(purpose), std::move(id)));
    co_return co_await serve(capabilities, request, principal.workspace, std::move(file));
}

Task<net::Response> serve_public(const app::Capabilities& capabilities, net::Request& request) {
    WorkspaceId workspace{std::string(request.parameter("workspace"))};
    std::string purpose(request.parameter("purpose")), id(request.parameter("id"));
    SLIPWAY_CO_TRY(auto file, co_await capabilities.files.get_public(workspace, std::move(purpose), std::move(id)));
    co_return co_await serve(capabilities, request, std::move(workspace), std::move(file));
}

net::Operation operation(std::string summary) {
    net::Operation described;
    described.summary = std::move(summary);
    described.tag = "files";
    described.response_type = "application/octet-stream";
    described.parameters = {{"download", type_schema("boolean")}};
    return described;
}

}  // namespace

void add_file_content(net::Router& router, const app::Capabilities& capabilities) {
    router.add(
        net::Method::get, "/api/files/{purpose}/{id}/content",
        needs("files:read",
              operation("The content of a file, all of it or a range; ?download=true keeps a browser from showing it")),
        handler(capabilities, serve_file));
    auto everybody = operation("The content of a file that the world may read");
    everybody.authenticated = false;
    router.add(net::Method::get, "/files/{workspace}/{purpose}/{id}/{name}", std::move(everybody),
               handler(capabilities, serve_public));
}

}  // namespace slipway::face
