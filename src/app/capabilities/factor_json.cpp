#include "app/capabilities/factor_json.h"

namespace slipway::app {
namespace {

json::object codes_json(const std::vector<std::string>& codes) {
    json::array items;
    for (const auto& code : codes) items.emplace_back(code);
    return {{"recovery_codes", std::move(items)}};
}

}  // namespace

json::object factor_json(const account::Factor& factor) {
    return {
        {"id", factor.id},
        {"kind", factor.kind},
        {"name", factor.name},
        {"confirmed", factor.confirmed_at.has_value()},
        {"created_at", to_iso8601(factor.created_at)},
        {"last_used_at", factor.last_used_at ? json::value(to_iso8601(*factor.last_used_at)) : json::value(nullptr)}};
}

json::array factors_json(const std::vector<account::Factor>& factors) {
    json::array items;
    for (const auto& factor : factors) items.push_back(factor_json(factor));
    return items;
}

json::object challenge_json(const account::Challenge& challenge) {
    json::array factors;
    for (const auto& factor : challenge.factors)
        factors.push_back(json::object{{"id", factor.id}, {"kind", factor.kind}, {"name", factor.name}});
    return {{"factor_token", challenge.token},
            {"factors", std::move(factors)},
            {"expires_in", account::kFactorTokenValidFor.count()}};
}

Task<json::object> described_factors(const Capabilities& capabilities, account::Principal principal) {
    SLIPWAY_CO_TRY(const auto factors, co_await capabilities.factors.list(principal.user.id));
    SLIPWAY_CO_TRY(const auto left, co_await capabilities.factors.recovery_codes_left(principal.user.id));
    co_return json::object{{"factors", factors_json(factors)},
                           {"recovery_codes_left", left},
                           {"required", capabilities.factors.is_required(principal.user)},
                           {"offered", capabilities.factors.offered()}};
}

Task<json::object> add_factor(const Capabilities& capabilities, account::Principal principal, std::string name,
                              account::Visit visit) {
    SLIPWAY_CO_TRY(const auto made,
                   co_await capabilities.factors.add(std::move(principal), std::move(name), std::move(visit)));
    auto answer = factor_json(made.factor);
    answer["secret"] = made.secret;
    answer["uri"] = made.uri;
    co_return answer;
}

Task<json::object> confirm_factor(const Capabilities& capabilities, account::Principal principal, std::string id,
                                  std::string code, account::Visit visit) {
    SLIPWAY_CO_TRY(const auto codes,
                   co_await capabilities.factors.confirm(principal, std::move(id), std::move(code), std::move(visit)));
    SLIPWAY_CO_CHECK(co_await capabilities.accounts.sessions().note_authentication(principal.session_id, 2));
    co_return codes_json(codes);
}

Task<json::object> new_recovery_codes(const Capabilities& capabilities, account::Principal principal,
                                      account::Visit visit) {
    SLIPWAY_CO_TRY(const auto codes,
                   co_await capabilities.factors.make_recovery_codes(std::move(principal), std::move(visit)));
    co_return codes_json(codes);
}

}  // namespace slipway::app
