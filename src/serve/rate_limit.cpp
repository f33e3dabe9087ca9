#include "serve/rate_limit.h"

#include <boost/asio/ip/address.hpp>

#include "face/api/access.h"

namespace slipway::serve {
namespace {

constexpr std::size_t kNetworkBytes = 8;  // of an IPv6 address

std::string network_of(const std::string& address) {
    boost::system::error_code error;
    const auto parsed = asio::ip::make_address(address, error);
    if (error || !parsed.is_v6()) return address;
    auto bytes = parsed.to_v6().to_bytes();
    std::fill(bytes.begin() + kNetworkBytes, bytes.end(), 0);
    return asio::ip::address_v6(bytes).to_string();
}

}  // namespace

RateLimit::RateLimit(const Application& application)
    : section_(application.manifest().server),
      keys_(application.signing_keys()),
      cache_(application.capabilities().cache),
      workspace_(application.workspace()) {}

std::string RateLimit::subject_of(const net::Request& request) const {
    const auto token = face::bearer_of(request);
    if (!token.empty())
        if (const auto claims = keys_.verify_now(token))
            return fmt::format("user {}", text_or(*claims, "sub"));
    return "address " + network_of(request.remote_address);
}

Task<void> RateLimit::take(std::string subject) {
    using std::chrono::seconds;
    const auto& limit = section_.rate_limit;
    store::CacheKey key{"requests", std::move(subject)};
    store::Limit bounds{limit.requests, limit.period};
    SLIPWAY_CO_TRY(const auto admission, co_await cache_.admit(workspace_, std::move(key), bounds));
    if (admission.admitted) co_return Result<void>();
    const auto wait = std::max<std::int64_t>(1, std::chrono::ceil<seconds>(admission.retry_after).count());
    Error error{ErrorCode::rate_limited,
                fmt::format("Too many requests: at most {} in {} seconds. Try again in {} seconds.", limit.requests,
                            std::chrono::duration_cast<seconds>(limit.period).count(), wait),
                {}};
    co_return std::unexpected(std::move(error).with("retry_after_seconds", wait));
}

Task<void> RateLimit::admit(const net::Request& request) {
    if (request.private_socket || is_probe(section_, request)) co_return Result<void>();
    co_return co_await take(subject_of(request));
}

Task<void> RateLimit::admit(const account::User& user) { return take(fmt::format("user {}", user.id)); }

std::unique_ptr<RateLimit> make_rate_limit(const Application& application) {
    if (application.manifest().server.rate_limit.requests == 0) return nullptr;
    return std::make_unique<RateLimit>(application);
}

bool is_probe(const app::ServerSection& section, const net::Request& request) {
    return request.route == section.health || request.route == section.readiness || request.route == section.liveness;
}

}  // namespace slipway::serve
