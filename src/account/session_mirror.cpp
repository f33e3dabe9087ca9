#include "account/session_mirror.h"

#include "base/json.h"

namespace slipway::account {
namespace {

constexpr Milliseconds kKeptFor{60'000};
constexpr std::string_view kEnded = "ended";

// Sessions are above workspaces; the cache wants one.
const WorkspaceId kPlace{"-"};

store::CacheKey key_of(std::string session_id) { return {"session", std::move(session_id)}; }

std::optional<SessionState> state_of(std::string_view text) {
    const auto parsed = parse_json(text);
    if (!parsed || !parsed->is_object()) return std::nullopt;
    const auto& object = parsed->get_object();
    SessionState state;
    state.user_id = text_or(object, "user");
    state.device_id = text_or(object, "device");
    state.ends_at = from_unix_ms(integer_or(object, "ends_at", 0));
    state.authenticated_at = from_unix_ms(integer_or(object, "authenticated_at", 0));
    state.assurance = static_cast<int>(integer_or(object, "assurance", 1));
    state.used_generation = integer_or(object, "used_generation", 0);
    return state;
}

std::string text_of(const SessionState& state) {
    return write_json(json::object{{"user", state.user_id},
                                   {"device", state.device_id},
                                   {"ends_at", to_unix_ms(state.ends_at)},
                                   {"authenticated_at", to_unix_ms(state.authenticated_at)},
                                   {"assurance", state.assurance},
                                   {"used_generation", state.used_generation}});
}

}  // namespace

Task<std::optional<SessionState>> SessionMirror::find(std::string session_id) const {
    std::optional<SessionState> state;
    if (cache_ == nullptr) co_return state;
    auto key = key_of(std::move(session_id));
    SLIPWAY_CO_TRY(const auto text, co_await cache_->get(kPlace, std::move(key)));
    if (text) state = state_of(*text);
    co_return state;
}

Task<void> SessionMirror::keep(std::string session_id, SessionState state) const {
    if (cache_ == nullptr) co_return Result<void>();
    auto key = key_of(std::move(session_id));
    // Only where there is nothing: what stands there may be the mark of its end. A lost cache keeps nothing.
    static_cast<void>(co_await cache_->add(kPlace, std::move(key), text_of(state), kKeptFor));
    co_return Result<void>();
}

Task<void> SessionMirror::forget(std::vector<std::string> session_ids) const {
    if (cache_ == nullptr) co_return Result<void>();
    for (const auto& id : session_ids) {
        auto key = key_of(id), mark = key_of(id);
        SLIPWAY_CO_CHECK(co_await cache_->erase(kPlace, std::move(key)));
        SLIPWAY_CO_CHECK(co_await cache_->set(kPlace, std::move(mark), std::string(kEnded), kKeptFor));
    }
    co_return Result<void>();
}

}  // namespace slipway::account
