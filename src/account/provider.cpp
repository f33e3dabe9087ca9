#include "account/provider.h"

#include "base/text.h"

namespace slipway::account {
namespace {

constexpr std::size_t kAnswerBytesMax = 256 << 10;
constexpr std::string_view kUserAgent = "slipway";  // GitHub refuses requests without one

std::unexpected<Error> of_another_issuer() {
    return fail(ErrorCode::invalid, "The answer is of another provider than the one that was asked; begin again.");
}

net::Fields authorization_fields(const ProviderOptions& options, const AuthorizationRequest& request) {
    net::Fields fields{{"response_type", "code"},
                       {"client_id", options.client_id},
                       {"redirect_uri", request.redirect_uri},
                       {"scope", join(options.scopes, " ")},
                       {"state", request.state},
                       {"code_challenge", request.challenge},
                       {"code_challenge_method", "S256"}};
    return fields;
}

class OpenIdProvider final : public Provider {
 public:
    OpenIdProvider(net::Client& client, ProviderOptions options)
        : Provider(client, std::move(options)),
          issuer_(client, {.issuer = options_.issuer, .key_set_url = "", .time_max = options_.time_max}) {
        if (options_.scopes.empty()) options_.scopes = {"openid", "email", "profile"};
    }

    Task<std::string> authorization_url(AuthorizationRequest request) override {
        SLIPWAY_CO_TRY(const auto metadata, co_await issuer_.metadata());
        auto fields = authorization_fields(options_, request);
        fields.emplace_back("nonce", request.nonce);
        co_return with_query(metadata.authorization_endpoint, fields);
    }

    Task<void> check_issuer(ProviderAnswer answer) override {
        if (answer.has_issuer && answer.issuer != issuer_.name()) co_return of_another_issuer();
        if (answer.has_issuer) co_return Result<void>();
        SLIPWAY_CO_TRY(const auto metadata, co_await issuer_.metadata());
        if (metadata.names_itself) co_return of_another_issuer();
        co_return Result<void>();
    }

    Task<ProvidedIdentity> identity(CodeExchange code) override {
        SLIPWAY_CO_TRY(const auto metadata, co_await issuer_.metadata());
        TokenDemands demands{.audience = options_.client_id, .nonce = code.nonce};
        SLIPWAY_CO_TRY(const auto tokens,
                       co_await exchange(metadata.token_endpoint, std::move(code), metadata.takes_secret_in_body));
        SLIPWAY_CO_TRY(auto claims, co_await issuer_.verify(tokens.id_token, std::move(demands)));
        if (claims.contains("email") || metadata.userinfo_endpoint.empty()) co_return identity_of_claims(claims);
        // Where scopes are told at the user information endpoint alone (OpenID Connect Core, 5.4).
        SLIPWAY_CO_TRY(const auto text, co_await get(metadata.userinfo_endpoint, tokens.access_token));
        const auto more = parse_json(text);
        if (!more || !more->is_object() || text_or(more->get_object(), "sub") != text_or(claims, "sub"))
            co_return identity_of_claims(claims);
        co_return identity_of_claims(more->get_object());
    }

 private:
    Issuer issuer_;
};

class GithubProvider final : public Provider {
 public:
    GithubProvider(net::Client& client, ProviderOptions options) : Provider(client, std::move(options)) {
        if (options_.scopes.empty()) options_.scopes = {"read:user", "user:email"};
        site_ = options_.url.empty() ? "https://github.com" : options_.url;
        api_ = options_.url.empty() ? "https://api.github.com" : options_.url + "/api/v3";
    }

    Task<std::string> authorization_url(AuthorizationRequest request) override {
        co_return with_query(site_ + "/login/oauth/authorize", authorization_fields(options_, request));
    }

    Task<void> check_issuer(ProviderAnswer answer) override {
        if (answer.has_issuer && answer.issuer != site_ + "/login/oauth") co_return of_another_issuer();
        co_return Result<void>();
    }

    Task<ProvidedIdentity> identity(CodeExchange code) override {
        SLIPWAY_CO_TRY(const auto tokens,
                       co_await exchange(site_ + "/login/oauth/access_token", std::move(code), true));
        SLIPWAY_CO_TRY(const auto user, co_await get(api_ + "/user", tokens.access_token));
        SLIPWAY_CO_TRY(const auto emails, co_await get(api_ + "/user/emails", tokens.access_token));
        co_return identity_of_github(user, emails);
    }

 private:
    std::string site_, api_;
};

}  // namespace

Task<TokenAnswer> Provider::exchange(std::string url, CodeExchange code, bool secret_in_body) {
    net::Fields fields{{"grant_type", "authorization_code"},
                       {"code", std::move(code.code)},
                       {"redirect_uri", std::move(code.redirect_uri)},
                       {"code_verifier", std::move(code.verifier)}};
    net::ClientRequest request;
    request.method = net::Method::post;
    request.url = std::move(url);
    request.headers.set("Content-Type", "application/x-www-form-urlencoded");
    request.headers.set("Accept", "application/json");
    request.headers.set("User-Agent", std::string(kUserAgent));
    const bool is_public_client = options_.client_secret.empty();
    if (secret_in_body || is_public_client) fields.emplace_back("client_id", options_.client_id);
    if (secret_in_body && !is_public_client) fields.emplace_back("client_secret", options_.client_secret);
    if (!secret_in_body && !is_public_client)
        request.headers.set("Authorization", client_authorization(options_.client_id, options_.client_secret));
    request.body = form_body(fields);
    request.timeouts = {options_.time_max, options_.time_max, options_.time_max, options_.time_max};
    request.response_bytes_max = kAnswerBytesMax;
    SLIPWAY_CO_TRY(const auto response, co_await client_.send(std::move(request)));
    SLIPWAY_CO_TRY(const auto body, co_await response->read_all());
    co_return read_token_answer(response->status, body);
}

Task<std::string> Provider::get(std::string url, std::string access_token) {
    net::ClientRequest request;
    request.url = std::move(url);
    request.headers.set("Authorization", "Bearer " + access_token);
    request.headers.set("Accept", "application/json");
    request.headers.set("User-Agent", std::string(kUserAgent));
    request.timeouts = {options_.time_max, options_.time_max, options_.time_max, options_.time_max};
    request.response_bytes_max = kAnswerBytesMax;
    SLIPWAY_CO_TRY(const auto response, co_await client_.send(std::move(request)));
    if (response->status != 200)
        co_return fail(ErrorCode::upstream, "{} answered with status {}.", name(), response->status);
    co_return co_await response->read_all();
}

std::unique_ptr<Provider> make_provider(net::Client& client, ProviderOptions options) {
    if (options.issuer.empty()) return std::make_unique<GithubProvider>(client, std::move(options));
    return std::make_unique<OpenIdProvider>(client, std::move(options));
}

}  // namespace slipway::account
