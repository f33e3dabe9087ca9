#include "store/objects/presigned.h"

#include <charconv>

#include "base/crypto.h"
#include "base/json.h"
#include "base/percent.h"
#include "base/text.h"
#include "store/objects/object_key.h"

namespace slipway::store {
namespace {

constexpr std::size_t kTargetBytesMax = 4096;

std::string_view name_of(Access access) { return access == Access::get ? "get" : "put"; }

// Workspaces and keys hold no control characters, so the parts cannot run into each other.
std::string signature(std::string_view signing_key, std::string_view access, std::int64_t expires,
                      std::string_view workspace, std::string_view key, std::string_view file_name) {
    auto text = fmt::format("slipway object 1\n{}\n{}\n{}\n{}", access, expires, workspace, key);
    if (!file_name.empty()) text += fmt::format("\n{}", file_name);
    return to_base64url(hmac_sha256(signing_key, text));
}

struct Query {
    std::string_view access;
    std::string_view signature;
    std::string file_name;
    std::int64_t expires = 0;
};

std::optional<Query> parse_query(std::string_view text) {
    Query query;
    for (const auto part : split(text, '&')) {
        const auto equals = part.find('=');
        if (equals == std::string_view::npos) return std::nullopt;
        const auto name = part.substr(0, equals);
        const auto value = part.substr(equals + 1);
        if (name == "access") query.access = value;
        if (name == "signature") query.signature = value;
        if (name == "name") {
            auto file_name = percent_decode(value);
            if (!file_name) return std::nullopt;
            query.file_name = *std::move(file_name);
        }
        if (name == "expires") {
            const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), query.expires);
            if (error != std::errc() || end != value.data() + value.size()) return std::nullopt;
        }
    }
    return query;
}

std::unexpected<Error> refused() {
    return fail(ErrorCode::forbidden, "The link is not valid; ask for a new one where you found it.");
}

std::string form_signature(std::string_view signing_key, std::string_view policy) {
    return to_base64url(hmac_sha256(signing_key, fmt::format("slipway form 1\n{}", policy)));
}

std::unexpected<Error> expired() {
    return fail(ErrorCode::forbidden, "The link has expired; ask for a new one where you found it.");
}

struct Parts {
    std::string workspace;
    std::string key;
    Query query;
};

std::optional<Parts> parse_target(std::string_view prefix, std::string_view target) {
    if (target.size() > kTargetBytesMax || !target.starts_with(prefix)) return std::nullopt;
    target.remove_prefix(prefix.size());
    const auto question = target.find('?');
    if (!target.starts_with('/') || question == std::string_view::npos) return std::nullopt;
    const auto path = target.substr(1, question - 1);
    const auto slash = path.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    auto workspace = percent_decode(path.substr(0, slash));
    auto key = percent_decode(path.substr(slash + 1));
    auto query = parse_query(target.substr(question + 1));
    if (!workspace || !key || !query) return std::nullopt;
    return Parts{*std::move(workspace), *std::move(key), *std::move(query)};
}

}  // namespace

std::string presigned_target(std::string_view signing_key, std::string_view prefix, const PresignedGrant& grant) {
    const auto expires = std::chrono::ceil<std::chrono::seconds>(grant.expires).time_since_epoch().count();
    const auto access = name_of(grant.access);
    const auto name = grant.file_name.empty() ? std::string() : "&name=" + percent_encode(grant.file_name);
    return fmt::format("{}/{}/{}?access={}&expires={}{}&signature={}", prefix, percent_encode(grant.workspace.value),
                       percent_encode(grant.key, "/"), access, expires, name,
                       signature(signing_key, access, expires, grant.workspace.value, grant.key, grant.file_name));
}

Result<PresignedGrant> verify_presigned(std::string_view signing_key, std::string_view prefix, std::string_view target,
                                        Access access, Instant at) {
    if (signing_key.size() < kSigningKeyBytesMin)
        return fail(ErrorCode::internal, "Links cannot be checked: the signing key is shorter than {} bytes.",
                    kSigningKeyBytesMin);
    auto parts = parse_target(prefix, target);
    if (!parts) return refused();
    WorkspaceId workspace{std::move(parts->workspace)};
    const auto& query = parts->query;
    const auto expected =
        signature(signing_key, query.access, query.expires, workspace.value, parts->key, query.file_name);
    if (!equal_constant_time(expected, query.signature) || query.access != name_of(access)) return refused();
    // Signed by us, so these cannot fail; checked all the same before they meet the file system.
    if (!check_object_key(workspace, parts->key)) return refused();
    if (to_unix_ms(at) / 1000 >= query.expires) return expired();
    return PresignedGrant{.workspace = std::move(workspace),
                          .key = std::move(parts->key),
                          .access = access,
                          .expires = from_unix_ms(query.expires * 1000),
                          .file_name = std::move(parts->query.file_name)};
}

SignedForm signed_form(std::string_view signing_key, std::string_view prefix, const FormGrant& grant) {
    const auto expires = std::chrono::ceil<std::chrono::seconds>(grant.expires).time_since_epoch().count();
    const json::object policy{{"workspace", grant.workspace.value},        {"key", grant.key},
                              {"content_type", grant.limits.content_type}, {"bytes_min", grant.limits.bytes_min},
                              {"bytes_max", grant.limits.bytes_max},       {"expires", expires}};
    SignedForm form{
        .url = fmt::format("{}/{}/{}", prefix, percent_encode(grant.workspace.value), percent_encode(grant.key, "/")),
        .fields = {{"policy", to_base64url(write_json(policy))}},
        .expires = from_unix_ms(expires * 1000)};
    form.fields.emplace_back("signature", form_signature(signing_key, form.fields.front().second));
    if (!grant.limits.content_type.ends_with('/')) form.fields.emplace_back("Content-Type", grant.limits.content_type);
    return form;
}

Result<FormGrant> verify_form(std::string_view signing_key, const PostedForm& form, Instant at) {
    if (signing_key.size() < kSigningKeyBytesMin)
        return fail(ErrorCode::internal, "Links cannot be checked: the signing key is shorter than {} bytes.",
                    kSigningKeyBytesMin);
    if (form.policy.size() > kTargetBytesMax ||
        !equal_constant_time(form_signature(signing_key, form.policy), form.signature))
        return refused();
    const auto text = from_base64url(form.policy);
    const auto value = parse_json(text.value_or(""));
    if (!value || !value->is_object()) return refused();
    const auto& policy = value->get_object();
    FormGrant grant{.workspace = {std::string(text_or(policy, "workspace"))},
                    .key = std::string(text_or(policy, "key")),
                    .limits = {.content_type = std::string(text_or(policy, "content_type")),
                               .bytes_min = static_cast<std::uint64_t>(integer_or(policy, "bytes_min", 0)),
                               .bytes_max = static_cast<std::uint64_t>(integer_or(policy, "bytes_max", 0))},
                    .expires = from_unix_ms(integer_or(policy, "expires", 0) * 1000)};
    // Signed by us, so this cannot fail; checked all the same before it meets the file system.
    if (!check_object_key(grant.workspace, grant.key)) return refused();
    if (at >= grant.expires) return expired();
    const auto& limits = grant.limits;
    if (form.size < limits.bytes_min || form.size > limits.bytes_max)
        return fail(ErrorCode::invalid, "The file has {} bytes; {} to {} are allowed.", form.size, limits.bytes_min,
                    limits.bytes_max);
    const bool fits = limits.content_type.ends_with('/') ? form.content_type.starts_with(limits.content_type)
                                                         : form.content_type == limits.content_type;
    if (!fits) return fail(ErrorCode::invalid, "The file must be of the type {}.", limits.content_type);
    return grant;
}

}  // namespace slipway::store
