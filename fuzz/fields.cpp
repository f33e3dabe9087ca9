// The values of header fields that a client or a proxy writes, one a line: Range, If-None-Match, If-Modified-Since,
// If-Range, Accept-Encoding, X-Forwarded-For, X-Forwarded-Proto, X-Request-Id, Origin.

#include <boost/asio/ip/address.hpp>

#include "base/text.h"
#include "net/cors.h"
#include "net/file_body.h"
#include "net/forwarded.h"
#include "net/gzip.h"
#include "target.h"

namespace {

using namespace slipway;

constexpr std::uint64_t kFileBytes = 1000;

void check_selection(const net::Request& request) {
    static const net::Version version{kFileBytes, "\"0123456789abcdef\"", 1'700'000'000};
    const auto part = net::select(request, version);
    fuzz::require(part.status == 200 || part.status == 206 || part.status == 304 || part.status == 416,
                  "one of four answers");
    fuzz::require(part.offset <= kFileBytes && part.length <= kFileBytes - part.offset, "a part lies inside the file");
    if (part.status == 200) fuzz::require(part.offset == 0 && part.length == kFileBytes, "200 is all of it");
    if (part.status == 206) fuzz::require(part.length > 0, "a part is not empty");
    fuzz::require(net::etag_matches(version.etag, version.etag) && net::etag_matches("W/" + version.etag, version.etag),
                  "a tag is itself, also weakly");
}

// Of the server itself, which may stand behind a proxy with TLS and does not know.
bool is_own(std::string_view origin) {
    constexpr std::array<std::string_view, 4> kOwn{"http://example.org", "http://example.org:80", "https://example.org",
                                                   "https://example.org:443"};
    return std::ranges::any_of(kOwn, [&](std::string_view own) { return equal_ignoring_case(origin, own); });
}

}  // namespace

SLIPWAY_FUZZ_TARGET(fields) {
    constexpr std::array<const char*, 9> kNames{
        "Range",           "If-None-Match",     "If-Modified-Since", "If-Range", "Accept-Encoding",
        "X-Forwarded-For", "X-Forwarded-Proto", "X-Request-Id",      "Origin"};
    net::Request request;
    request.headers.add("Host", "example.org");
    auto rest = input;
    for (const auto* name : kNames) {
        const auto [line, after] = fuzz::split_line(rest);
        if (!line.empty()) request.headers.add(name, std::string(line));
        rest = after;
    }
    check_selection(request);
    if (const auto date = net::from_http_date(request.headers.get("If-Modified-Since"))) {
        constexpr std::int64_t kYear9999 = 253'402'300'799;
        if (*date >= 0 && *date <= kYear9999)
            fuzz::require(net::from_http_date(net::http_date(*date)) == *date, "dates can be written and read again");
    }
    static_cast<void>(net::accepts_gzip(request.headers.get("Accept-Encoding")));
    static_cast<void>(net::is_compressible(request.headers.get("Range")));
    if (const auto network = net::Network::parse(request.headers.get("X-Forwarded-For")))
        fuzz::require(
            network->contains(
                request.headers.get("X-Forwarded-For").substr(0, request.headers.get("X-Forwarded-For").find('/'))),
            "a network has its own address");
    const auto id = net::sane_request_id(request);
    fuzz::require(id.size() <= 64 && id.find_first_of(" \"\\\t:/") == std::string_view::npos, "request ids are plain");

    const net::Cors strict{.origins = {"https://app.example.org"}, .credentials = true};
    const auto origin = std::string(request.headers.get("Origin"));
    net::Headers answer;
    net::add_cors_headers(strict, request, answer);
    const auto admitted = answer.get("Access-Control-Allow-Origin");
    fuzz::require(admitted.empty() || (admitted == origin && origin == strict.origins.front()),
                  "only the origin that is named is admitted");
    if (net::may_open_socket(strict, request))
        fuzz::require(origin.empty() || origin == strict.origins.front() || is_own(origin),
                      "a foreign page opens no WebSocket");

    for (const std::size_t proxies : {0, 1, 3}) {
        auto forwarded = request;
        forwarded.remote_address = "192.0.2.1";
        net::apply_forwarded(forwarded, {.count = proxies, .networks = {}});
        boost::system::error_code error;
        static_cast<void>(asio::ip::make_address(forwarded.remote_address, error));
        fuzz::require(!error, "an address is an address");
        if (proxies == 0)
            fuzz::require(forwarded.remote_address == "192.0.2.1" && !forwarded.secure, "nobody is believed");
        static const net::TrustedProxies elsewhere{.count = 1, .networks = {net::Network::parse("10.0.0.0/8").value()}};
        auto undeclared = request;
        undeclared.remote_address = "192.0.2.1";
        net::apply_forwarded(undeclared, elsewhere);
        fuzz::require(undeclared.remote_address == "192.0.2.1" && !undeclared.secure, "nor a proxy of another network");
    }
}
