// What needs no user: health, the document of the API, what must be closed.
#include <algorithm>
#include <tuple>
#include <vector>

#include "base/text.h"
#include "deploy/verify/site.h"

namespace slipway::deploy {
namespace {

constexpr std::size_t kNamedMax = 5;

// Parameters stand for something that is not there; digits, since some are numbers.
std::string filled(std::string_view pattern) {
    std::string path;
    bool inside = false;
    for (const char c : pattern) {
        if (c == '{') path += "999999999";
        inside = inside ? c != '}' : c == '{';
        if (!inside && c != '}') path += c;
    }
    return path;
}

struct Operation {
    net::Method method;
    std::string path;

    // How much it could do if nobody refused it: read; change what is not there; change something.
    int weight() const {
        if (method == net::Method::get || method == net::Method::head) return 0;
        return path.contains('{') ? 1 : 2;
    }
};

// Whether a request without a body is one that the operation would take: what is open by mistake must answer.
bool needs_no_body(const json::object& operation) {
    const auto* body = object_in(operation, "requestBody");
    return body == nullptr || !bool_or(*body, "required", false);
}

std::vector<Operation> guarded_operations(const json::object& document) {
    std::vector<Operation> found;
    const auto* paths = object_in(document, "paths");
    if (paths == nullptr) return found;
    for (const auto& [path, item] : *paths) {
        if (!item.is_object()) continue;
        using enum net::Method;
        for (const auto method : {get, head, post, put, patch, del}) {
            const auto* operation = object_in(item.get_object(), lower_ascii(net::to_string(method)));
            const auto* security = operation == nullptr ? nullptr : array_in(*operation, "security");
            if (security != nullptr && !security->empty() && needs_no_body(*operation))
                found.push_back({method, std::string(path)});
        }
    }
    std::ranges::sort(found, {}, [](const Operation& one) {
        return std::tuple(one.weight(), std::string_view(one.path), one.method);
    });
    return found;
}

}  // namespace

Task<Seen> check_health(Site& site) {
    auto request = site.request(net::Method::get, site.plan.health, false);
    SLIPWAY_CO_TRY(const auto answer, co_await expect(site, std::move(request), 200));
    if (answer.object().empty())
        co_return fail(ErrorCode::upstream, "GET {} answers 200 with something that is not the application's: {}",
                       site.plan.health, excerpt(answer.body));
    co_return green("GET " + site.plan.health + " " + excerpt(answer.body));
}

Task<Seen> check_openapi(Site& site) {
    auto request = site.request(net::Method::get, "/openapi.json", false);
    SLIPWAY_CO_TRY(const auto answer, co_await expect(site, std::move(request), 200));
    auto document = answer.object();
    const auto* paths = object_in(document, "paths");
    if (paths == nullptr || paths->empty())
        co_return fail(ErrorCode::upstream, "/openapi.json describes no path: {}", excerpt(answer.body));
    auto told = green(fmt::format("{} paths", paths->size()));
    site.document = std::move(document);
    co_return told;
}

Task<Seen> check_closed(Site& site) {
    if (!site.document) co_return skipped("without /openapi.json nobody knows what must be closed");
    const auto operations = guarded_operations(*site.document);
    std::vector<std::string> open;
    int weight = 0;
    for (const auto& operation : operations) {
        // What lets everybody read is known to be open before anything is asked that could change something.
        if (operation.weight() > weight && !open.empty()) break;
        weight = operation.weight();
        auto request = site.request(operation.method, filled(operation.path), false);
        // Only its head: what is open and should not be may be a stream without an end.
        SLIPWAY_CO_TRY(const auto answer, co_await site.client.send(std::move(request)));
        const bool refused = answer->status == 401 || answer->status == 403;
        if (!refused && open.size() < kNamedMax)
            open.push_back(
                fmt::format("{} {} answers {}", net::to_string(operation.method), operation.path, answer->status));
    }
    if (!open.empty())
        co_return fail(ErrorCode::upstream, "Who is not signed in is not refused: {}.", join(open, ", "));
    if (operations.empty()) co_return skipped("the application guards no path");
    co_return green(fmt::format("{} guarded operations refuse who is not signed in", operations.size()));
}

// The edge must be the only way in.
Task<Seen> check_direct(Site& site) {
    auto url = site.options.direct;
    if (url.empty()) co_return skipped("--direct URL of the load balancer");
    while (url.ends_with('/')) url.pop_back();
    net::ClientRequest request{.url = url + site.plan.health};
    request.timeouts.total = request.timeouts.first_byte = Milliseconds(10'000);
    const auto answer = co_await ask(site, std::move(request));
    if (!answer) co_return green("no answer: " + answer.error().message);
    if (answer->status >= 200 && answer->status < 400)
        co_return fail(ErrorCode::upstream, "{} answers {} past the edge: it must refuse all but the edge.", url,
                       answer->status);
    co_return green(fmt::format("{} refuses with {}", url, answer->status));
}

Task<Seen> check_release(Site& site) {
    const auto& wanted = site.options.release;
    if (wanted.empty()) co_return skipped("--release sha256:… or a version");
    std::string seen;
    if (wanted.starts_with("sha256:")) {
        if (site.token.empty() || site.plan.readiness.empty())
            co_return skipped("which image answers is told to admins alone");
        auto request = site.request(net::Method::get, site.plan.readiness, true);
        SLIPWAY_CO_TRY(const auto answer, co_await ask(site, std::move(request)));
        seen = text_or(answer.object(), "release");
        if (seen.empty()) co_return skipped("the user is no admin, or the server was not told its release");
    } else {
        const auto* info = site.document ? object_in(*site.document, "info") : nullptr;
        seen = info == nullptr ? "" : std::string(text_or(*info, "version"));
    }
    if (seen != wanted)
        co_return fail(ErrorCode::upstream, "{} answers, not {}.", seen.empty() ? "Another" : seen, wanted);
    co_return green(seen);
}

Task<Seen> check_request(Site& site, VerifyRequest wanted) {
    if (wanted.signed_in && site.token.empty()) co_return skipped("needs a user");
    auto request = site.request(wanted.method, wanted.path, wanted.signed_in);
    if (!wanted.body.is_null()) {
        request.headers.set("Content-Type", "application/json");
        request.body = write_json(wanted.body);
    }
    SLIPWAY_CO_TRY(const auto answer, co_await expect(site, std::move(request), wanted.status));
    if (answer.body.find(wanted.contains) == std::string::npos)
        co_return fail(ErrorCode::upstream, "{} does not answer with '{}': {}", wanted.path, wanted.contains,
                       excerpt(answer.body));
    co_return green(fmt::format("{} answers {}", wanted.path, answer.status));
}

}  // namespace slipway::deploy
