// The Parameter Store of AWS Systems Manager, API version 2014-11-06.
#include <algorithm>
#include <map>

#include "store/secrets/aws_secrets.h"
#include "store/secrets/variable_name.h"

namespace slipway::store {
namespace {

constexpr std::size_t kBatchMax = 10;  // of one GetParameters, and of one page
constexpr int kPagesMax = 100;

using Parameters = std::map<std::string, std::string, std::less<>>;  // text by name

class ParameterStore final : public AwsSecretsSource {
 public:
    using AwsSecretsSource::AwsSecretsSource;
    Task<SecretValues> fetch() override;

 private:
    Task<void> below(std::string path, Parameters& found);
    Task<void> named(std::span<const SecretItem> items, Parameters& found);
};

void take(const json::object& answer, Parameters& found) {
    if (const auto* parameters = array_in(answer, "Parameters"))
        for (const auto& parameter : *parameters)
            if (parameter.is_object())
                found.emplace(text_or(parameter.get_object(), "Name"), text_or(parameter.get_object(), "Value"));
}

Task<void> ParameterStore::below(std::string path, Parameters& found) {
    const auto hierarchy = path.size() > 1 ? path.substr(0, path.size() - 1) : path;
    json::object input{{"Path", hierarchy}, {"Recursive", true}, {"WithDecryption", true}, {"MaxResults", kBatchMax}};
    for (int page = 0; page < kPagesMax; ++page) {
        SLIPWAY_CO_TRY(const auto answer, co_await call("AmazonSSM.GetParametersByPath", input));
        take(answer, found);
        const auto next = text_or(answer, "NextToken");
        if (next.empty()) co_return Result<void>();
        input["NextToken"] = next;
    }
    co_return fail(ErrorCode::invalid, "There are more than {} parameters below {}; name fewer of them.",
                   kPagesMax * kBatchMax, path);
}

Task<void> ParameterStore::named(std::span<const SecretItem> items, Parameters& found) {
    json::array names;
    for (const auto& item : items) names.push_back(json::string_view(item.name));
    json::object input{{"Names", std::move(names)}, {"WithDecryption", true}};
    SLIPWAY_CO_TRY(const auto answer, co_await call("AmazonSSM.GetParameters", std::move(input)));
    const auto* unknown = array_in(answer, "InvalidParameters");
    if (unknown != nullptr && !unknown->empty() && unknown->front().is_string())
        co_return fail(ErrorCode::unavailable,
                       "There is no parameter {} in the Parameter Store; create it, or change stores.secrets.",
                       to_text(unknown->front().get_string()));
    take(answer, found);
    co_return Result<void>();
}

Task<SecretValues> ParameterStore::fetch() {
    Parameters found;
    const auto names = named_items();
    for (const auto& item : items()) {
        if (!item.all_below) continue;
        SLIPWAY_CO_CHECK(co_await below(item.name, found));
    }
    for (std::span<const SecretItem> rest = names; !rest.empty();) {
        const auto some = rest.first(std::min(rest.size(), kBatchMax));
        SLIPWAY_CO_CHECK(co_await named(some, found));
        rest = rest.subspan(some.size());
    }
    SecretValues values;
    for (const auto& item : items())
        for (const auto& [name, text] : found) {
            if (item.all_below ? !name.starts_with(item.name) : name != item.name) continue;
            if (item.variable.empty()) add_secret(values, variable_of(name), text);
            if (!item.variable.empty()) values.try_emplace(item.variable, text);
        }
    co_return values;
}

}  // namespace

std::unique_ptr<SecretsSource> parameter_store_source(std::unique_ptr<AwsClient> aws, AwsEndpoint endpoint,
                                                      std::vector<SecretItem> items) {
    return std::make_unique<ParameterStore>(std::move(aws), std::move(endpoint), std::move(items));
}

}  // namespace slipway::store
