// Connection: a file as the answer, read in pieces off the loop.
#include "net/connection.h"
#include "net/file_body.h"
#include "net/response_head.h"

namespace slipway::net {
namespace {

constexpr std::size_t kFilePiece = 64 << 10;

}  // namespace

asio::awaitable<void> Connection::respond_file(Exchange& exchange, Response& response, const FileBody& body) {
    const auto file = OpenFile::open(body.path);
    if (!file) {
        auto missing = render(exchange, Refusal{file.error().code == ErrorCode::not_found ? 404 : 500, file.error()});
        co_return co_await respond(exchange, missing);
    }
    auto& headers = response.headers;
    const auto& version = file->version;
    headers.set("ETag", version.etag);
    headers.set("Last-Modified", http_date(version.modified.value_or(0)));
    headers.set("Accept-Ranges", "bytes");
    const auto selected =
        response.status == 200 ? select(exchange.request, version) : Selection{response.status, 0, version.size};
    response.status = selected.status;
    if (selected.status == 416) {
        auto refused =
            render(exchange, refuse(416, ErrorCode::invalid, "The file has only {} bytes.", version.size).error());
        refused.headers.set("Content-Range", content_range(selected, version));
        co_return co_await respond(exchange, refused);
    }
    if (selected.status == 206) headers.set("Content-Range", content_range(selected, version));
    std::optional<std::uint64_t> length;
    if (!has_no_body(selected.status)) length = selected.length;
    const auto head = head_of(exchange, response, false, length);
    const bool no_body = has_no_body(selected.status) || exchange.request.method == Method::head;

    std::string_view start = head;
    std::uint64_t done = 0;
    const auto wanted = no_body ? 0 : selected.length;
    do {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(wanted - done, kFilePiece));
        std::string piece;
        if (count > 0) {
            auto read = [&file, offset = selected.offset + done, count]() -> Result<std::string> {
                return file->read(offset, count);
            };
            auto got = co_await service_.file_reads.run(read);
            if (got) piece = std::move(*got);
        }
        const std::array<std::string_view, 2> pieces{start, piece};
        const bool sent = co_await send(pieces);
        start = {};
        done += piece.size();
        if (!sent || piece.size() < count) {
            // The promised length cannot be kept (the file shrank, or cannot be read): the client must see that.
            exchange.keep_alive = false;
            channel_.close();
            co_return;
        }
    } while (done < wanted);
}

}  // namespace slipway::net
