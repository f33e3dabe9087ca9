#include "face/web/page.h"

#include "base/crypto.h"
#include "base/text.h"

namespace slipway::face {
namespace {

constexpr char kHtml[] = {
#embed "page.html"
    , 0};
constexpr char kCss[] = {
#embed "page.css"
    , 0};
constexpr char kScript[] = {
#embed "page.js"
    , 0};

constexpr char kAccountHtml[] = {
#embed "account.html"
    , 0};
constexpr char kAccountScript[] = {
#embed "account.js"
    , 0};

constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri "
    "'none'; form-action 'self'; "
    "frame-ancestors 'none'";

std::string in_attribute(std::string text) {
    text = replace_all(std::move(text), "&", "&amp;");
    text = replace_all(std::move(text), "\"", "&quot;");
    return replace_all(std::move(text), "<", "&lt;");
}

net::Handler file_handler(std::string_view type, std::string bytes) {
    const auto etag = "\"" + sha256_hex(bytes).substr(0, 32) + "\"";
    const auto shared = std::make_shared<const std::string>(std::move(bytes));
    return [type, shared, etag](net::Request&) -> asio::awaitable<net::Response> {
        auto response = net::Response::text(200, *shared, type);
        response.headers.set("ETag", etag);
        response.headers.set("Cache-Control", "no-cache");
        response.headers.set("Content-Security-Policy", std::string(kPolicy));
        response.headers.set("Referrer-Policy", "no-referrer");
        co_return response;
    };
}

void add_file(net::Router& router, std::string path, std::string_view type, std::string_view bytes) {
    net::Operation described;
    described.hidden = true;
    described.authenticated = false;
    router.add(net::Method::get, std::move(path), described, file_handler(type, std::string(bytes)));
}

// Programs that ask for / without wanting a page learn what this is.
void add_start(net::Router& router, const PageOptions& options) {
    const auto page = file_handler("text/html; charset=utf-8",
                                   replace_all(kHtml, "{{description}}", in_attribute(options.description)));
    net::Operation described;
    described.hidden = true;
    described.authenticated = false;
    const auto about = write_json(options.about);
    auto serve = [page, about](net::Request& request) -> asio::awaitable<net::Response> {
        const bool wants_page = request.headers.get("Accept").find("text/html") != std::string_view::npos;
        if (!wants_page) {
            auto response = net::Response::text(200, about, "application/json");
            response.headers.set("Vary", "Accept");
            co_return response;
        }
        auto response = co_await page(request);
        response.headers.set("Vary", "Accept");
        co_return response;
    };
    router.add(net::Method::get, "/", described, serve);
}

}  // namespace

void add_page(net::Router& router, PageOptions options) {
    add_start(router, options);
    add_file(router, "/page.css", "text/css; charset=utf-8", kCss);
    add_file(router, "/page.js", "text/javascript; charset=utf-8", kScript);
    add_file(router, "/account", "text/html; charset=utf-8", kAccountHtml);
    add_file(router, "/account.js", "text/javascript; charset=utf-8", kAccountScript);
    json::array starters;
    for (const auto& starter : options.starters) starters.emplace_back(starter);
    const json::object site{{"title", options.title},
                            {"tagline", options.tagline},
                            {"starters", std::move(starters)},
                            {"demo", options.demo},
                            {"registration", options.registration}};
    // Kept by the closure: the text lives as long as the route.
    auto text = std::make_shared<const std::string>(write_json(site));
    net::Operation described;
    described.hidden = true;
    described.authenticated = false;
    auto serve = [text](net::Request&) -> asio::awaitable<net::Response> {
        co_return net::Response::text(200, *text, "application/json");
    };
    router.add(net::Method::get, "/page.json", described, serve);
}

}  // namespace slipway::face
