#include "net/gzip.h"

#include <memory>

#include <zlib.h>

#include "base/text.h"

namespace slipway::net {
namespace {

constexpr int kLevel = 4;  // three quarters of what level 9 saves, at a third of its time
constexpr int kGzipWindow = 15 + 16;

struct Deflater {
    z_stream stream{};
    bool ready = deflateInit2(&stream, kLevel, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) == Z_OK;
    ~Deflater() { deflateEnd(&stream); }
};

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
    for (const auto part : split(accept_encoding, ',')) {
        const auto coding = trim(part.substr(0, part.find(';')));
        if (!equal_ignoring_case(coding, "gzip") && coding != "*") continue;
        const auto weight = part.find("q=");
        // q=0, q=0.0, q=0.000 mean "not that".
        return weight == std::string_view::npos ||
               part.substr(weight + 2).find_first_of("123456789") != std::string_view::npos;
    }
    return false;
}

bool is_compressible(std::string_view content_type) {
    const auto type = lower_ascii(trim(content_type.substr(0, content_type.find(';'))));
    return type.starts_with("text/") || type == "application/json" || type == "application/javascript" ||
           type == "application/xml" || type == "image/svg+xml" || type.ends_with("+json") ||
           type == "application/yaml" || type == "application/jsonl";
}

std::optional<std::string> gzip(std::string_view text) {
    // Its 270 KB are set up once per thread, and are not held per connection.
    thread_local Deflater deflater;
    if (!deflater.ready || deflateReset(&deflater.stream) != Z_OK) return std::nullopt;
    std::string packed(text.size(), '\0');
    deflater.stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    deflater.stream.avail_in = static_cast<uInt>(text.size());
    deflater.stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    deflater.stream.avail_out = static_cast<uInt>(packed.size());
    if (deflate(&deflater.stream, Z_FINISH) != Z_STREAM_END) return std::nullopt;
    packed.resize(packed.size() - deflater.stream.avail_out);
    return packed;
}

}  // namespace slipway::net
