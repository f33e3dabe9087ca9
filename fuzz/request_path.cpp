// Paths, queries and forms of requests, and the router that they meet.
#include "base/percent.h"
#include "base/text.h"
#include "net/router.h"
#include "target.h"

namespace {

slipway::net::Router make_router() {
    using namespace slipway::net;
    Router router;
    const Handler nothing = [](Request&) -> slipway::asio::awaitable<Response> { co_return Response::empty(); };
    for (const auto* pattern :
         {"/", "/a", "/a/{id}", "/a/{id:int}", "/a/{id}/b", "/files/{path:rest}", "/a/{id}/{other}"})
        router.add(Method::get, pattern, {}, nothing);
    return router;
}

}  // namespace

SLIPWAY_FUZZ_TARGET(request_path) {
    using namespace slipway;
    static const auto router = make_router();
    static_cast<void>(net::check_pattern(input));
    static_cast<void>(net::content_type_of(input));
    const auto match = router.match(net::Method::get, input);
    for (const auto& [name, value] : match.parameters)
        fuzz::require(input.find(value) != std::string_view::npos, "parameters are parts of the path");
    if (const auto decoded = percent_decode(input)) {
        fuzz::require(is_valid_utf8(*decoded) && decoded->find('\0') == std::string::npos, "decoded text is valid");
        fuzz::require(percent_decode(percent_encode(*decoded)) == decoded, "encoding can be undone");
        static_cast<void>(router.match(net::Method::post, *decoded));
    }
    if (const auto fields = net::parse_form(input))
        for (const auto& [name, value] : *fields)
            fuzz::require(is_valid_utf8(name) && is_valid_utf8(value), "fields are valid");
}
