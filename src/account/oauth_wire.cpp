#include "account/oauth_wire.h"

#include <algorithm>
#include <array>

#include "base/crypto.h"
#include "base/email.h"
#include "base/json_names.h"
#include "base/percent.h"
#include "base/text.h"

namespace slipway::account {
namespace {

constexpr std::size_t kVerifierMin = 43, kVerifierMax = 128, kChallengeLength = 43;
constexpr std::size_t kFieldBytesMax = 8 << 10;
constexpr std::size_t kSubjectBytesMax = 255;  // OpenID Connect Core, 2
constexpr std::size_t kDisplayNameBytesMax = 200;
constexpr JsonLimits kAnswerJson{.depth_max = 16, .bytes_max = 256 << 10};
constexpr auto kErrors = std::to_array<std::string_view>(
    {"access_denied", "invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_scope",
     "server_error", "temporarily_unavailable", "interaction_required", "login_required", "account_selection_required",
     "consent_required"});

bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

// The value of a name that may stand once.
std::optional<std::string> once(const net::Fields& fields, std::string_view name) {
    std::string value;
    int found = 0;
    for (const auto& [field, text] : fields)
        if (field == name && ++found == 1) value = text;
    if (found > 1 || value.size() > kFieldBytesMax) return std::nullopt;
    return value;
}

bool is_true(const json::object& object, std::string_view name) {
    // Some providers write it as a text.
    return bool_or(object, name, false) || text_or(object, name) == "true";
}

std::unexpected<Error> strange(std::string_view what) {
    return fail(ErrorCode::upstream, "The provider's {} could not be understood.", what);
}

Result<json::value> read(std::string_view text, std::string_view what) {
    auto value = parse_json(text, kAnswerJson);
    if (!value || has_repeated_names(text)) return strange(what);
    return *std::move(value);
}

}  // namespace

std::string pkce_challenge(std::string_view verifier) { return to_base64url(sha256(verifier)); }

bool is_pkce_verifier(std::string_view verifier) {
    return verifier.size() >= kVerifierMin && verifier.size() <= kVerifierMax &&
           std::ranges::all_of(verifier, is_unreserved);
}

bool is_pkce_challenge(std::string_view challenge) {
    return challenge.size() == kChallengeLength && from_base64url(challenge).has_value();
}

std::string form_body(const net::Fields& fields) {
    std::string body;
    for (const auto& [name, value] : fields) {
        if (!body.empty()) body += '&';
        body += percent_encode(name) + "=" + percent_encode(value);
    }
    return body;
}

std::string with_query(std::string_view url, const net::Fields& fields) {
    const auto fragment = url.substr(0, url.find('#'));
    const char joint = fragment.find('?') == std::string_view::npos ? '?' : '&';
    return fmt::format("{}{}{}", fragment, joint, form_body(fields));
}

std::string client_authorization(std::string_view id, std::string_view secret) {
    return "Basic " + to_base64(percent_encode(id) + ":" + percent_encode(secret));
}

Result<ProviderAnswer> read_provider_answer(const net::Fields& query) {
    const auto refused = [] {
        return fail(ErrorCode::invalid, "This is not the answer of a sign-in provider; begin the sign-in again.");
    };
    const auto state = once(query, "state"), code = once(query, "code"), error = once(query, "error"),
               issuer = once(query, "iss");
    if (!state || !code || !error || !issuer || state->empty() || code->empty() == error->empty()) return refused();
    ProviderAnswer answer{.state = *state, .code = *code, .error = *error, .issuer = *issuer};
    answer.has_issuer = std::ranges::any_of(query, [](const auto& field) { return field.first == "iss"; });
    // Another text would be the provider's, or anybody's, on a page of ours.
    if (!answer.error.empty() && std::ranges::find(kErrors, answer.error) == kErrors.end()) answer.error = "other";
    return answer;
}

Result<TokenAnswer> read_token_answer(int status, std::string_view body) {
    const auto parsed = parse_json(body, kAnswerJson);
    if (!parsed || !parsed->is_object() || has_repeated_names(body)) return strange("answer for a token");
    const auto& answer = parsed->get_object();
    // GitHub answers errors with status 200.
    if (answer.contains("error") && status < 500)
        return fail(ErrorCode::unauthorized, "The provider did not accept its code; begin the sign-in again.");
    TokenAnswer tokens{std::string(text_or(answer, "access_token")), std::string(text_or(answer, "id_token"))};
    if (status != 200 || tokens.access_token.empty() || !equal_ignoring_case(text_or(answer, "token_type"), "bearer"))
        return strange("answer for a token");
    return tokens;
}

Result<ProvidedIdentity> identity_of_claims(const json::object& claims) {
    ProvidedIdentity identity;
    identity.subject = text_or(claims, "sub");
    if (identity.subject.empty() || identity.subject.size() > kSubjectBytesMax) return strange("ID token");
    identity.email = lower_ascii(text_or(claims, "email"));
    if (!is_email(identity.email)) identity.email.clear();
    identity.email_verified = !identity.email.empty() && is_true(claims, "email_verified");
    identity.display_name = cut_utf8(collapse_spaces(text_or(claims, "name")), kDisplayNameBytesMax);
    return identity;
}

Result<ProvidedIdentity> identity_of_github(std::string_view user_text, std::string_view emails_text) {
    SLIPWAY_TRY(const auto user, read(user_text, "user"));
    SLIPWAY_TRY(const auto emails, read(emails_text, "addresses"));
    if (!user.is_object() || !emails.is_array()) return strange("user");
    const auto number = integer_or(user.get_object(), "id", 0);
    if (number <= 0) return strange("user");
    ProvidedIdentity identity;
    identity.subject = std::to_string(number);
    const auto name = text_or(user.get_object(), "name", text_or(user.get_object(), "login"));
    identity.display_name = cut_utf8(collapse_spaces(name), kDisplayNameBytesMax);
    for (const auto& value : emails.get_array()) {
        const auto* one = value.if_object();
        if (one == nullptr || !bool_or(*one, "primary", false)) continue;
        identity.email = lower_ascii(text_or(*one, "email"));
        if (!is_email(identity.email)) identity.email.clear();
        identity.email_verified = !identity.email.empty() && bool_or(*one, "verified", false);
    }
    return identity;
}

std::optional<std::string> cookie_of(const net::Headers& headers, std::string_view name) {
    std::optional<std::string> value;
    for (const auto& [field, text] : headers) {
        if (!equal_ignoring_case(field, "Cookie")) continue;
        for (const auto part : split(text, ';')) {
            const auto pair = trim(part);
            if (!pair.starts_with(name) || !pair.substr(name.size()).starts_with('=')) continue;
            if (value) return std::nullopt;  // which one is ours nobody can tell
            value = std::string(pair.substr(name.size() + 1));
        }
    }
    return value;
}

}  // namespace slipway::account
