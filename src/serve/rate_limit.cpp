#include "serve/rate_limit.h"

#include <boost/asio/ip/address.hpp>

#include "account/jwt.h"
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
      token_secret_(application.token_secret().value_or("")),
      buckets_(section_.rate_limit.requests, section_.rate_limit.period) {}

std::string RateLimit::subject_of(const net::Request& request) const {
    const auto token = face::bearer_of(request);
    if (!token.empty() && !token_secret_.empty())
        if (const auto claims = account::verify_token(token, token_secret_))
            return fmt::format("user {}", text_or(*claims, "sub"));
    return "address " + network_of(request.remote_address);
}

Result<void> RateLimit::take(const std::string& subject) {
    const auto wait = buckets_.take(subject);
    if (!wait) return {};
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*wait).count();
    Error error{ErrorCode::rate_limited,
                fmt::format("Too many requests: at most {} in {} seconds. Try again in {} seconds.", buckets_.burst(),
                            std::chrono::duration_cast<std::chrono::seconds>(buckets_.period()).count(), seconds),
                {}};
    return std::unexpected(std::move(error).with("retry_after_seconds", seconds));
}

Result<void> RateLimit::admit(const net::Request& request) {
    if (request.private_socket) return {};
    for (const auto* probe : {&section_.health, &section_.readiness, &section_.liveness})
        if (request.route == *probe) return {};
    return take(subject_of(request));
}

Result<void> RateLimit::admit(const account::User& user) { return take(fmt::format("user {}", user.id)); }

std::unique_ptr<RateLimit> make_rate_limit(const Application& application) {
    if (application.manifest().server.rate_limit.requests == 0) return nullptr;
    return std::make_unique<RateLimit>(application);
}

}  // namespace slipway::serve
