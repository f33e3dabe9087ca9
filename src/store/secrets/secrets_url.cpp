#include "store/secrets/secrets_url.h"

#include <algorithm>

#include "base/percent.h"
#include "base/text.h"
#include "net/client_target.h"
#include "net/http.h"
#include "store/secrets/variable_name.h"

namespace slipway::store {
namespace {

constexpr std::size_t kItemsMax = 100, kNameBytesMax = 2048;  // an ARN

Result<SecretItem> parse_item(std::string_view text) {
    SecretItem item;
    if (const auto equals = text.find('='); equals != std::string_view::npos) {
        item.variable = text.substr(0, equals);
        SLIPWAY_CHECK(check_variable_name(item.variable));
        text.remove_prefix(equals + 1);
    }
    const auto name = percent_decode(text);
    if (!name || name->empty() || name->size() > kNameBytesMax)
        return fail(ErrorCode::invalid, "The URL of a store of secrets has an empty or a bad name in its list.");
    item.name = *name;
    item.all_below = item.name.ends_with("/*");
    if (item.all_below) item.name.pop_back();
    if (item.all_below && !item.variable.empty())
        return fail(ErrorCode::invalid, "{} cannot be all of {}*.", item.variable, item.name);
    return item;
}

}  // namespace

Result<SecretsPlace> parse_secrets_url(std::string_view url, std::string_view scheme, std::string_view region) {
    const auto begin = std::string(scheme) + "://";
    if (!url.starts_with(begin)) return fail(ErrorCode::invalid, "The URL of the secrets begins with {}.", begin);
    url.remove_prefix(begin.size());
    const auto question = std::min(url.find('?'), url.size());
    const auto options = net::parse_form(url.substr(std::min(question + 1, url.size())));
    if (!options) return fail(ErrorCode::invalid, "The options of the {} URL are not valid.", scheme);
    SecretsPlace place{.region = std::string(region)};
    for (const auto& [name, value] : *options) {
        if (name == "region") {
            place.region = value;
        } else if (name == "endpoint") {
            place.endpoint = value;
        } else {
            return fail(ErrorCode::invalid, "A {} URL has the options region and endpoint, not {}.", scheme, name);
        }
    }
    for (const auto part : split(url.substr(0, question), ',')) {
        SLIPWAY_TRY(auto item, parse_item(part));
        place.items.push_back(std::move(item));
    }
    if (place.items.size() > kItemsMax)
        return fail(ErrorCode::invalid, "A list of secrets has at most {} names.", kItemsMax);
    if (!place.endpoint.empty() && !net::parse_target(place.endpoint))
        return fail(ErrorCode::invalid, "The endpoint of the {} URL is http://host:port or https://host:port.", scheme);
    if (place.region.empty() && place.endpoint.empty())
        return fail(ErrorCode::invalid, "The {} URL needs a region: add ?region=… or set AWS_REGION.", scheme);
    if (place.region.empty()) place.region = "us-east-1";
    return place;
}

}  // namespace slipway::store
