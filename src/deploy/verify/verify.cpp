#include "deploy/verify/verify.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "deploy/verify/site.h"

namespace slipway::deploy {
namespace {

struct BuiltIn {
    std::string_view name;
    Task<Seen> (*check)(Site& site);
};

// Later ones use what earlier ones learnt: the document of the API, the token.
constexpr std::array<BuiltIn, 11> kBuiltIn{{{"health", check_health},
                                            {"openapi", check_openapi},
                                            {"closed", check_closed},
                                            {"sign-in", check_sign_in},
                                            {"release", check_release},
                                            {"stores", check_stores},
                                            {"database", check_database},
                                            {"files", check_files},
                                            {"websocket", check_websocket},
                                            {"streaming", check_streaming},
                                            {"direct", check_direct}}};

// These are run for what the others need, also when nobody asked for them; they are told only when somebody did.
bool prepares(std::string_view name) { return name == "openapi" || name == "sign-in"; }

bool asked_for(const VerifyOptions& options, std::string_view name) {
    return options.only.empty() || std::ranges::find(options.only, name) != options.only.end();
}

asio::awaitable<Checked> run(std::string name, Task<Seen> check, Milliseconds limit) {
    const auto began = std::chrono::steady_clock::now();
    auto seen = co_await with_timeout(std::move(check), limit, "The check");
    Checked checked{.name = std::move(name)};
    checked.colour = seen ? seen->colour : Colour::red;
    checked.detail = seen ? std::move(seen->detail) : seen.error().message;
    checked.took = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - began);
    co_return checked;
}

// Whether anything but the preparing checks themselves needs them.
bool only_plain(const VerifyOptions& options) {
    return !options.only.empty() && std::ranges::all_of(options.only, [](const std::string& name) {
        return name == "health" || name == "direct";
    });
}

}  // namespace

std::string_view to_string(Colour colour) {
    return colour == Colour::green ? "green" : colour == Colour::red ? "red" : "skipped";
}

bool VerifyReport::is_green() const {
    return red().empty() && std::ranges::find(checks, Colour::green, &Checked::colour) != checks.end();
}

std::string VerifyReport::red() const {
    std::string text;
    for (const auto& check : checks)
        if (check.colour == Colour::red)
            text += fmt::format("{}{}: {}", text.empty() ? "" : " ", check.name, check.detail);
    return text;
}

json::object VerifyReport::to_json() const {
    json::array all;
    for (const auto& check : checks)
        all.push_back(json::object{{"name", check.name},
                                   {"colour", to_string(check.colour)},
                                   {"detail", check.detail},
                                   {"milliseconds", check.took.count()}});
    return {{"green", is_green()}, {"checks", std::move(all)}};
}

std::vector<std::string> verify_check_names() {
    std::vector<std::string> names;
    for (const auto& each : kBuiltIn) names.emplace_back(each.name);
    return names;
}

asio::awaitable<VerifyReport> verify(net::Client& client, VerifyPlan plan, VerifyOptions options,
                                     std::function<void(const Checked&)> told) {
    while (options.url.ends_with('/')) options.url.pop_back();
    Site site{.client = client, .plan = std::move(plan), .options = std::move(options), .token = {}, .document = {}};
    VerifyReport report;
    const auto keep = [&](Checked checked) {
        told(checked);
        report.checks.push_back(std::move(checked));
    };
    for (const auto& each : kBuiltIn) {
        const bool asked = asked_for(site.options, each.name);
        if (!asked && (!prepares(each.name) || only_plain(site.options))) continue;
        auto check = each.check(site);
        auto checked = co_await run(std::string(each.name), std::move(check), site.options.time_max);
        if (asked) keep(std::move(checked));
    }
    for (const auto& wanted : site.plan.requests) {
        if (!asked_for(site.options, wanted.name)) continue;
        auto check = check_request(site, wanted);
        auto checked = co_await run(wanted.name, std::move(check), site.options.time_max);
        keep(std::move(checked));
    }
    co_return report;
}

}  // namespace slipway::deploy
