#include "account/issuers.h"

#include <algorithm>

#include "base/json_names.h"
#include "base/text.h"

namespace slipway::account {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::string_view kDiscoveryPath = "/.well-known/openid-configuration";
constexpr std::string_view kKeysLock = "keys", kMetadataLock = "metadata";

std::string without_slash(std::string_view text) {
    while (text.ends_with('/')) text.remove_suffix(1);
    return std::string(text);
}

bool says(const json::object& document, std::string_view name, std::string_view value) {
    const auto* values = array_in(document, name);
    return values != nullptr && std::ranges::any_of(*values, [&](const json::value& one) {
               return one.is_string() && one.get_string() == value;
           });
}

bool was_signed(const std::vector<PublicKey>& keys, const CompactToken& token) {
    return std::ranges::any_of(keys, [&](const PublicKey& key) {
        // A token without a key id may be any key's.
        if (!token.key_id.empty() && key.id() != token.key_id) return false;
        return key.verify(token.algorithm, token.signed_part, token.signature);
    });
}

// Not an access token, a logout token or another kind that the same keys sign
// (RFC 8725, 3.11).
bool is_plain_type(std::string_view type) { return type.empty() || equal_ignoring_case(type, "JWT"); }

bool knows(const std::vector<PublicKey>& keys, const std::string& id) {
    return id.empty() || std::ranges::any_of(keys, [&](const PublicKey& key) { return key.id() == id; });
}

}  // namespace

Result<IssuerMetadata> read_discovery(std::string_view text, std::string_view issuer) {
    constexpr JsonLimits kLimits{.depth_max = 16, .bytes_max = kDiscoveryBytesMax};
    const auto parsed = parse_json(text, kLimits);
    if (!parsed || !parsed->is_object() || has_repeated_names(text))
        return fail(ErrorCode::upstream, "The discovery document of {} is not a JSON object.", issuer);
    const auto& document = parsed->get_object();
    IssuerMetadata read;
    read.issuer = text_or(document, "issuer");
    if (read.issuer != issuer)
        return fail(ErrorCode::upstream, "The discovery document of {} is that of another issuer.", issuer);
    read.authorization_endpoint = text_or(document, "authorization_endpoint");
    read.token_endpoint = text_or(document, "token_endpoint");
    read.userinfo_endpoint = text_or(document, "userinfo_endpoint");
    read.key_set_url = text_or(document, "jwks_uri");
    read.names_itself = bool_or(document, "authorization_response_iss_parameter_supported", false);
    constexpr std::string_view kMethods = "token_endpoint_auth_methods_supported";
    read.takes_secret_in_body =
        says(document, kMethods, "client_secret_post") && !says(document, kMethods, "client_secret_basic");
    for (const auto* url : {&read.authorization_endpoint, &read.token_endpoint, &read.key_set_url})
        if (!url->starts_with("https://") && !url->starts_with("http://"))
            return fail(ErrorCode::upstream, "The discovery document of {} lacks an address that is needed.", issuer);
    return read;
}

// What was fetched, when, and when it was last tried.
struct Issuer::Held {
    std::mutex mutex;
    Keys keys;
    std::optional<IssuerMetadata> metadata;
    SteadyTime keys_at, metadata_at;
    std::optional<SteadyTime> keys_tried_at;
};

Issuer::Issuer(net::Client& client, IssuerOptions options)
    : client_(client), options_(std::move(options)), held_(std::make_unique<Held>()) {}
Issuer::~Issuer() = default;

Task<std::string> Issuer::get(std::string url, std::size_t bytes_max) {
    net::ClientRequest request;
    request.url = std::move(url);
    request.headers.set("Accept", "application/json");
    request.timeouts = {options_.time_max, options_.time_max, options_.time_max, options_.time_max};
    request.response_bytes_max = bytes_max;
    SLIPWAY_CO_TRY(const auto response, co_await client_.send(std::move(request)));
    if (response->status != 200)
        co_return fail(ErrorCode::upstream, "{} answered with status {}.", options_.issuer, response->status);
    co_return co_await response->read_all();
}

Task<IssuerMetadata> Issuer::fetch_metadata() {
    SLIPWAY_CO_TRY(const auto text,
                   co_await get(without_slash(options_.issuer) + std::string(kDiscoveryPath), kDiscoveryBytesMax));
    co_return read_discovery(text, options_.issuer);
}

Task<IssuerMetadata> Issuer::metadata() {
    SLIPWAY_CO_TRY(const auto turn, co_await fetching_.acquire(std::string(kMetadataLock), 2 * options_.time_max));
    std::optional<IssuerMetadata> known;
    SteadyTime known_at;
    {
        const std::lock_guard lock(held_->mutex);
        known = held_->metadata;
        known_at = held_->metadata_at;
    }
    const auto age = std::chrono::steady_clock::now() - known_at;
    if (known && age < options_.fresh_for) co_return *std::move(known);
    auto fetched = co_await fetch_metadata();
    if (!fetched) {
        if (known && age < options_.stale_for) co_return *std::move(known);
        co_return pass(fetched);
    }
    const std::lock_guard lock(held_->mutex);
    held_->metadata = *fetched;
    held_->metadata_at = std::chrono::steady_clock::now();
    co_return fetched;
}

Task<Issuer::Keys> Issuer::fetch_keys() {
    auto url = options_.key_set_url;
    if (url.empty()) {
        SLIPWAY_CO_TRY(auto described, co_await metadata());
        url = std::move(described.key_set_url);
    }
    SLIPWAY_CO_TRY(const auto text, co_await get(std::move(url), kKeySetBytesMax));
    SLIPWAY_CO_TRY(auto read, read_key_set(text));
    co_return std::make_shared<const std::vector<PublicKey>>(std::move(read));
}

Task<Issuer::Keys> Issuer::keys(bool unknown_key) {
    SLIPWAY_CO_TRY(const auto turn, co_await fetching_.acquire(std::string(kKeysLock), 4 * options_.time_max));
    Keys known;
    SteadyTime known_at;
    const auto current = std::chrono::steady_clock::now();
    {
        const std::lock_guard lock(held_->mutex);
        known = held_->keys;
        known_at = held_->keys_at;
        const bool rests = held_->keys_tried_at && current - *held_->keys_tried_at < options_.refetch_at_most_every;
        const bool fresh = known && current - known_at < options_.fresh_for;
        if (known && current - known_at >= options_.stale_for) known = nullptr;
        if (known && (rests || (fresh && !unknown_key))) co_return known;
        if (rests) co_return fail(ErrorCode::unavailable, "The keys of {} could not be had a moment ago.", name());
        held_->keys_tried_at = current;
    }
    auto fetched = co_await fetch_keys();
    if (!fetched && known) co_return known;
    if (!fetched) co_return pass(fetched);
    const std::lock_guard lock(held_->mutex);
    held_->keys = *fetched;
    held_->keys_at = std::chrono::steady_clock::now();
    co_return fetched;
}

Task<json::object> Issuer::verify(std::string token, TokenDemands demands) {
    SLIPWAY_CO_TRY(auto read, read_token(token, kTokenBytesMax));
    SLIPWAY_CO_TRY(auto known, co_await keys(false));
    if (!knows(*known, read.key_id)) {
        SLIPWAY_CO_TRY(known, co_await keys(true));
    }
    if (!is_plain_type(read.type) || !was_signed(*known, read)) co_return token_refused();
    SLIPWAY_CO_CHECK(check_times(read.claims));
    const auto& claims = read.claims;
    if (text_or(claims, "iss") != options_.issuer || demands.audience.empty() ||
        !is_for_audience(claims, demands.audience))
        co_return token_refused();
    if (claims.contains("azp") && text_or(claims, "azp") != demands.audience) co_return token_refused();
    if (!demands.nonce.empty() && text_or(claims, "nonce") != demands.nonce) co_return token_refused();
    co_return std::move(read.claims);
}

}  // namespace slipway::account
