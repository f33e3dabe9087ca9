#include "account/engines/browser.h"

#include "account/oauth_wire.h"
#include "base/text.h"
#include "must.h"

namespace slipway::account::testing {
namespace {

using ::slipway::test::must;

std::string origin_of(const std::string& url) { return url.substr(0, url.find('/', url.find("//") + 2)); }

std::string between(const std::string& text, const std::string& from, const std::string& to) {
    const auto begin = text.find(from);
    if (begin == std::string::npos) return "";
    const auto after = begin + from.size();
    return text.substr(after, text.find(to, after) - after);
}

}  // namespace

std::string query_value(const std::string& url, std::string_view name) {
    const auto mark = url.find('?');
    if (mark == std::string::npos) return "";
    const auto fields = net::parse_form(std::string_view(url).substr(mark + 1));
    for (const auto& [field, value] : fields.value_or(net::Fields()))
        if (field == name) return value;
    return "";
}

Page Browser::send(net::Method method, const std::string& url, const std::string& body) {
    net::ClientRequest request;
    request.method = method;
    request.url = url;
    request.body = body;
    if (!body.empty()) request.headers.set("Content-Type", "application/x-www-form-urlencoded");
    const auto origin = origin_of(url);
    std::string cookies;
    for (const auto& [name, value] : cookies_[origin]) cookies += fmt::format("{}={}; ", name, value);
    if (!cookies.empty()) request.headers.set("Cookie", cookies);
    auto fetch = [&]() -> Task<Page> {
        SLIPWAY_CO_TRY(const auto response, co_await client_.send(std::move(request)));
        SLIPWAY_CO_TRY(auto text, co_await response->read_all());
        for (const auto& [name, value] : response->headers) {
            if (!equal_ignoring_case(name, "Set-Cookie")) continue;
            const auto pair = value.substr(0, value.find(';'));
            const auto equals = pair.find('=');
            const bool gone = value.find("Max-Age=0") != std::string::npos || pair.size() == equals + 1 ||
                              value.find("01 Jan 1970") != std::string::npos;
            if (gone)
                cookies_[origin].erase(pair.substr(0, equals));
            else
                cookies_[origin][pair.substr(0, equals)] = pair.substr(equals + 1);
        }
        std::string location(response->headers.get("Location"));
        if (location.starts_with('/')) location = origin + location;
        co_return Page{response->status, location, text};
    };
    return must(run_to_end(fetch()));
}

Page Browser::submit(const std::string& url, const net::Fields& form) {
    return send(net::Method::post, url, form_body(form));
}

std::string Browser::sign_in(std::string url, const std::string& person, const std::string& end, bool consents) {
    constexpr int kStepsMax = 20;
    for (int step = 0; step < kStepsMax && !url.starts_with(end); ++step) {
        auto page = get(url);
        if (page.status == 200) {
            auto action = between(page.body, "action=\"", "\"");
            if (action.starts_with('/')) action = origin_of(url) + action;
            const auto prompt = between(page.body, "name=\"prompt\" value=\"", "\"");
            if (action.empty() || prompt.empty()) return url;
            if (!consents && prompt == "consent") {
                page = get(action + "/abort");
            } else {
                page = submit(action, {{"prompt", prompt}, {"login", person}, {"password", "any"}});
            }
        }
        if (page.location.empty()) return url;
        url = page.location;
    }
    return url;
}

}  // namespace slipway::account::testing
