#include "store/secrets/kept_secrets.h"

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "store/secrets/variable_name.h"

namespace slipway::store {

KeptSecrets::Kept KeptSecrets::kept() const {
    const std::lock_guard lock(mutex_);
    return kept_;
}

Task<bool> KeptSecrets::fetch(Clock::time_point since) {
    SLIPWAY_CO_TRY(const auto alone, co_await fetching_.acquire("", times_.patience));
    const auto before = kept();
    if (before.values && before.fetched > since) co_return true;  // another one was faster
    auto fetched = co_await source_->fetch();
    const std::lock_guard lock(mutex_);
    kept_.asked = Clock::now();
    if (!fetched) co_return pass(fetched);
    const bool changed = !kept_.values || *kept_.values != *fetched;
    kept_.fetched = kept_.asked;
    kept_.values = std::make_shared<const SecretValues>(*std::move(fetched));
    co_return changed;
}

Task<bool> KeptSecrets::refresh() {
    const auto before = kept();
    const auto at = Clock::now();
    if (before.values && at - before.asked < times_.pause) co_return false;
    co_return co_await fetch(at);
}

Task<std::optional<std::string>> KeptSecrets::get(std::string name) {
    SLIPWAY_CO_CHECK(check_variable_name(name));
    const auto at = Clock::now();
    const auto before = kept();
    const bool old = before.values && at - before.fetched > times_.fresh && at - before.asked > times_.pause;
    if (!before.values || old) {
        const auto fetched = co_await fetch(at);
        if (!fetched && !before.values) co_return std::unexpected(fetched.error());
        if (!fetched) log::warning("secrets not refreshed", {{"reason", fetched.error().message}});
    }
    const auto values = kept().values;
    const auto found = values->find(name);
    if (found == values->end() || found->second.empty()) co_return std::nullopt;
    co_return found->second;
}

void add_secret(SecretValues& values, std::string_view variable, std::string_view text) {
    const auto value = trim(text).starts_with('{') ? parse_json(text) : Result<json::value>(nullptr);
    if (!value || !value->is_object()) {
        if (!variable.empty()) values.try_emplace(std::string(variable), text);
        return;
    }
    for (const auto& [key, member] : value->get_object()) {
        const auto name = is_variable_name(key) ? std::string(key) : variable_of(key);
        if (name.empty() || member.is_null()) continue;
        values.try_emplace(name, member.is_string() ? to_text(member.get_string()) : write_json(member));
    }
}

}  // namespace slipway::store
