#include "store/queue/sqs_place.h"

#include <algorithm>

#include "net/client_target.h"
#include "net/http.h"
#include "store/queue/queue.h"

namespace slipway::store {
namespace {

constexpr std::string_view kScheme = "sqs://";
constexpr std::size_t kNameBytesMax = 80;
constexpr std::size_t kAccountDigits = 12;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

Result<void> take_option(SqsPlace& place, std::string_view name, const std::string& value) {
    if (name == "endpoint") {
        if (!net::parse_target(value))
            return fail(ErrorCode::invalid, "The endpoint of the sqs URL is http://host:port or https://host:port.");
        place.endpoint = value;
    } else if (name == "account") {
        if (value.size() != kAccountDigits || !std::ranges::all_of(value, is_digit))
            return fail(ErrorCode::invalid, "The account of the sqs URL has {} digits.", kAccountDigits);
        place.account = value;
    } else if (name == "workspace") {
        if (value.empty()) return fail(ErrorCode::invalid, "The workspace of the sqs URL is empty.");
        place.workspace = value;
    } else if (name == "fifo") {
        if (value != "true" && value != "false")
            return fail(ErrorCode::invalid, "In the sqs URL fifo is true or false.");
        place.fifo = value == "true";
    } else {
        return fail(ErrorCode::invalid, "An sqs URL has the options fifo, workspace, account and endpoint, not {}.",
                    name);
    }
    return {};
}

}  // namespace

Result<SqsPlace> parse_sqs_url(std::string_view url, std::string_view region) {
    if (!url.starts_with(kScheme)) return fail(ErrorCode::invalid, "The URL of SQS is sqs://REGION/PREFIX.");
    url.remove_prefix(kScheme.size());
    const auto question = std::min(url.find('?'), url.size());
    const auto options = net::parse_form(url.substr(std::min(question + 1, url.size())));
    if (!options) return fail(ErrorCode::invalid, "The options of the sqs URL are not valid.");
    const auto path = url.substr(0, question);
    const auto slash = std::min(path.find('/'), path.size());
    SqsPlace place;
    place.region = path.substr(0, slash);
    if (place.region.empty()) place.region = region;
    if (const auto prefix = path.substr(std::min(slash + 1, path.size())); !prefix.empty()) place.prefix = prefix;
    for (const auto& [name, value] : *options) SLIPWAY_CHECK(take_option(place, name, value));
    const auto fits = [](char c) { return is_letter(c) || is_digit(c) || c == '-'; };
    if (!std::ranges::all_of(place.region, fits))
        return fail(ErrorCode::invalid, "The region of the sqs URL is not one: sqs://us-east-1/PREFIX.");
    if (!std::ranges::all_of(place.prefix, [&](char c) { return fits(c) || c == '_'; }))
        return fail(ErrorCode::invalid, "The prefix of the sqs URL has letters, digits, '-' and '_'.");
    if (place.region.empty() && place.endpoint.empty())
        return fail(ErrorCode::invalid, "The sqs URL needs a region: sqs://us-east-1/PREFIX, or set AWS_REGION.");
    if (place.region.empty()) place.region = "us-east-1";
    return place;
}

Result<std::string> sqs_queue_name(const SqsPlace& place, std::string_view queue, bool dead) {
    SLIPWAY_CHECK(check_queue_name(queue));
    auto name = place.prefix + "-";
    for (const char c : queue) {
        if (c == '.') {
            name += "_-";
        } else if (c == '_') {
            name += "__";
        } else {
            name += c;
        }
    }
    if (dead) name += "_dead";
    if (place.fifo) name += ".fifo";
    if (name.size() > kNameBytesMax)
        return fail(ErrorCode::invalid, "In SQS the queue would be called {}; that may have {} characters at most.",
                    name, kNameBytesMax);
    return name;
}

}  // namespace slipway::store
