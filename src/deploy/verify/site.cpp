#include "deploy/verify/site.h"

#include "base/text.h"

namespace slipway::deploy {
namespace {

constexpr std::size_t kBodyBytesMax = 8 << 20;
constexpr std::size_t kExcerpt = 160;

}  // namespace

Seen green(std::string detail) { return {Colour::green, std::move(detail)}; }
Seen skipped(std::string why) { return {Colour::skipped, std::move(why)}; }

json::object Answer::object() const {
    auto value = parse_json(body);
    return value && value->is_object() ? std::move(value->get_object()) : json::object();
}

net::ClientRequest Site::request(net::Method method, const std::string& path, bool signed_in) const {
    net::ClientRequest request{.method = method, .url = options.url + path};
    if (signed_in && !token.empty()) request.headers.set("Authorization", "Bearer " + token);
    request.timeouts.total = request.timeouts.first_byte = options.time_max;
    request.response_bytes_max = kBodyBytesMax;
    return request;
}

bool Site::has(std::string_view method, std::string_view path) const {
    const auto* paths = document ? object_in(*document, "paths") : nullptr;
    const auto* operations = paths == nullptr ? nullptr : object_in(*paths, path);
    return operations != nullptr && operations->contains(method);
}

std::string excerpt(std::string_view body) { return collapse_spaces(cut_utf8(body, kExcerpt)); }

Task<Answer> ask(Site& site, net::ClientRequest request) {
    SLIPWAY_CO_TRY(const auto response, co_await site.client.send(std::move(request)));
    SLIPWAY_CO_TRY(auto body, co_await response->read_all());
    co_return Answer{response->status, std::move(response->headers), std::move(body)};
}

Task<Answer> expect(Site& site, net::ClientRequest request, int status) {
    const auto what = fmt::format("{} {}", to_string(request.method), request.url.substr(site.options.url.size()));
    SLIPWAY_CO_TRY(auto answer, co_await ask(site, std::move(request)));
    if (answer.status != status)
        co_return fail(ErrorCode::upstream, "{} answers {} instead of {}: {}", what, answer.status, status,
                       excerpt(answer.body));
    co_return answer;
}

}  // namespace slipway::deploy
