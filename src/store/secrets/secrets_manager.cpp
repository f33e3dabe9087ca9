// AWS Secrets Manager, API version 2017-10-17.
#include <algorithm>

#include "base/crypto.h"
#include "store/secrets/aws_secrets.h"
#include "store/secrets/variable_name.h"

namespace slipway::store {
namespace {

constexpr std::size_t kBatchMax = 20;  // of one BatchGetSecretValue
constexpr int kPagesMax = 50;

struct Found {
    std::string name, arn, text;
};

bool is_meant(const Found& secret, const SecretItem& item) {
    if (item.all_below) return secret.name.starts_with(item.name);
    // An ARN may be given without the six characters that Secrets Manager adds.
    return secret.name == item.name || secret.arn == item.name || secret.arn.starts_with(item.name + "-");
}

std::string text_of(const json::object& secret) {
    if (const auto text = text_or(secret, "SecretString"); !text.empty()) return std::string(text);
    std::string binary(text_or(secret, "SecretBinary"));
    std::ranges::replace(binary, '+', '-');
    std::ranges::replace(binary, '/', '_');
    while (binary.ends_with('=')) binary.pop_back();
    return from_base64url(binary).value_or("");
}

class SecretsManager final : public AwsSecretsSource {
 public:
    using AwsSecretsSource::AwsSecretsSource;
    Task<SecretValues> fetch() override;

 private:
    // Appends to `found`; by names or by the filter.
    Task<void> batch(json::object input, std::vector<Found>& found);
    Task<void> one(std::string name, std::vector<Found>& found);
    Task<void> named(std::span<const SecretItem> items, std::vector<Found>& found);
};

std::unexpected<Error> not_there(std::string_view name) {
    return fail(ErrorCode::unavailable,
                "There is no secret {} in Secrets Manager; create it, or change stores.secrets.", name);
}

Task<void> SecretsManager::batch(json::object input, std::vector<Found>& found) {
    for (int page = 0; page < kPagesMax; ++page) {
        SLIPWAY_CO_TRY(const auto answer, co_await call("secretsmanager.BatchGetSecretValue", input));
        if (const auto* errors = array_in(answer, "Errors"); errors != nullptr && !errors->empty()) {
            const auto& error = errors->front();
            if (!error.is_object()) co_return fail(ErrorCode::upstream, "Secrets Manager named an error of no form.");
            const auto& first = error.get_object();
            if (text_or(first, "ErrorCode") == "ResourceNotFoundException")
                co_return not_there(text_or(first, "SecretId"));
            co_return fail(ErrorCode::unavailable, "The secret {} cannot be read: {}.", text_or(first, "SecretId"),
                           text_or(first, "ErrorCode"));
        }
        if (const auto* values = array_in(answer, "SecretValues"))
            for (const auto& value : *values)
                if (value.is_object())
                    found.push_back({std::string(text_or(value.get_object(), "Name")),
                                     std::string(text_or(value.get_object(), "ARN")), text_of(value.get_object())});
        const auto next = text_or(answer, "NextToken");
        if (next.empty()) co_return Result<void>();
        input["NextToken"] = next;
    }
    co_return fail(ErrorCode::invalid, "There are more than {} secrets; name fewer of them.", kPagesMax * kBatchMax);
}

Task<void> SecretsManager::one(std::string name, std::vector<Found>& found) {
    json::object input{{"SecretId", name}};
    auto answer = co_await call("secretsmanager.GetSecretValue", std::move(input));
    if (!answer && answer.error().code == ErrorCode::not_found) co_return not_there(name);
    if (!answer) co_return pass(answer);
    found.push_back({std::string(text_or(*answer, "Name")), std::string(text_or(*answer, "ARN")), text_of(*answer)});
    co_return Result<void>();
}

Task<void> SecretsManager::named(std::span<const SecretItem> items, std::vector<Found>& found) {
    json::array names;
    for (const auto& item : items) names.push_back(json::string_view(item.name));
    json::object input{{"SecretIdList", std::move(names)}};
    Result<void> all;
    if (items.size() > 1) all = co_await batch(std::move(input), found);
    const bool alone = items.size() == 1;
    // Roles are often allowed to read the secrets, but not to read many at once.
    const bool denied = !all && text_or(all.error().details, "aws_code") == "AccessDeniedException";
    if (!alone && !denied) co_return all;
    for (const auto& item : items) {
        SLIPWAY_CO_CHECK(co_await one(item.name, found));
    }
    co_return Result<void>();
}

Task<SecretValues> SecretsManager::fetch() {
    std::vector<Found> found;
    const auto names = named_items();
    for (const auto& item : items()) {
        if (!item.all_below) continue;
        json::object filter{{"Key", "name"}, {"Values", json::array{json::string_view(item.name)}}};
        json::object input{{"Filters", json::array{std::move(filter)}}, {"MaxResults", kBatchMax}};
        SLIPWAY_CO_CHECK(co_await batch(std::move(input), found));
    }
    for (std::span<const SecretItem> rest = names; !rest.empty();) {
        const auto some = rest.first(std::min(rest.size(), kBatchMax));
        SLIPWAY_CO_CHECK(co_await named(some, found));
        rest = rest.subspan(some.size());
    }
    SecretValues values;
    for (const auto& item : items())
        for (const auto& secret : found) {
            if (!is_meant(secret, item)) continue;
            if (item.variable.empty()) add_secret(values, variable_of(secret.name), secret.text);
            if (!item.variable.empty()) values.try_emplace(item.variable, secret.text);
        }
    co_return values;
}

}  // namespace

std::unique_ptr<SecretsSource> secrets_manager_source(std::unique_ptr<AwsClient> aws, AwsEndpoint endpoint,
                                                      std::vector<SecretItem> items) {
    return std::make_unique<SecretsManager>(std::move(aws), std::move(endpoint), std::move(items));
}

}  // namespace slipway::store
