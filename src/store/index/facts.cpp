#include "store/index/facts.h"

#include <algorithm>
#include <bit>

#include "base/crypto.h"

namespace slipway::store {
namespace {

constexpr std::size_t kFieldBytesMax = 128, kValueBytesMax = 256;

// '=' ends a field; '#' is how a hash begins.
std::string field_name(std::string_view field) {
    if (field.size() > kFieldBytesMax || field.starts_with('#')) return "#" + sha256_hex(field);
    std::string name;
    for (const char c : field) {
        if (c == '=' || c == '\\') name += '\\';
        name += c;
    }
    return name;
}

std::string fact(char kind, std::string_view field, std::string_view value) {
    const bool hashed = value.size() > kValueBytesMax || value.starts_with('#');
    return fmt::format("{}:{}={}", kind, field_name(field), hashed ? "#" + sha256_hex(value) : std::string(value));
}

std::string integer_text(const json::value& value) {
    return value.is_int64() ? fmt::format("{}", value.get_int64()) : fmt::format("{}", value.get_uint64());
}

void add_number(std::vector<std::string>& facts, std::string_view field, const json::value& value, bool ordered) {
    const auto bits = sortable_bits(value.to_number<double>());
    facts.push_back(value.is_double() ? fact('f', field, bits) : fact('i', field, integer_text(value)));
    facts.push_back(fact('d', field, bits));
    if (ordered) facts.push_back(fact('r', field, bits));
}

void add_value(std::vector<std::string>& facts, std::string_view field, const json::value& value, bool ordered) {
    if (value.is_string()) facts.push_back(fact('s', field, value.get_string()));
    if (value.is_bool()) facts.push_back(fact('b', field, value.get_bool() ? "true" : "false"));
    if (value.is_number()) add_number(facts, field, value, ordered);
    if (value.is_array())
        for (const auto& element : value.get_array()) add_value(facts, field, element, false);
}

// The stricter of two ends; `sign` −1 turns the order round.
std::optional<RangeEnd> stricter(std::optional<double> included, std::optional<double> excluded, double sign) {
    if (!included && !excluded) return std::nullopt;
    if (!excluded) return RangeEnd{*included, true};
    if (!included || *excluded * sign >= *included * sign) return RangeEnd{*excluded, false};
    return RangeEnd{*included, true};
}

}  // namespace

std::string sortable_bits(double number) {
    constexpr std::uint64_t kSign = 1ULL << 63;
    const auto bits = std::bit_cast<std::uint64_t>(number == 0 ? 0.0 : number);
    return fmt::format("{:016x}", bits & kSign ? ~bits : bits | kSign);
}

std::vector<std::string> facts_of(const json::object& metadata, bool ordered) {
    std::vector<std::string> facts;
    for (const auto& [key, value] : metadata) {
        if (value.is_null()) continue;
        facts.push_back(fact_exists(key));
        add_value(facts, key, value, ordered);
    }
    std::ranges::sort(facts);
    const auto repeated = std::ranges::unique(facts);
    facts.erase(repeated.begin(), repeated.end());
    return facts;
}

std::string fact_exists(std::string_view field) { return "e:" + field_name(field); }

std::vector<std::string> facts_equal(std::string_view field, const std::vector<json::value>& values) {
    std::vector<std::string> facts;
    for (const auto& value : values) {
        if (!value.is_number()) {
            add_value(facts, field, value, false);
            continue;
        }
        const auto bits = sortable_bits(value.to_number<double>());
        if (value.is_double()) {
            facts.push_back(fact('d', field, bits));
        } else {
            facts.push_back(fact('i', field, integer_text(value)));
            facts.push_back(fact('f', field, bits));
        }
    }
    return facts;
}

std::optional<RangeEnd> lower_end(const Filter& range) { return stricter(range.at_least, range.above, 1); }
std::optional<RangeEnd> upper_end(const Filter& range) { return stricter(range.at_most, range.below, -1); }
std::string fact_ordered(std::string_view field, double number) { return fact('r', field, sortable_bits(number)); }
std::string fact_ordered_least(std::string_view field) { return fact('r', field, ""); }
std::string fact_ordered_most(std::string_view field) { return fact('r', field, "g"); }

std::vector<std::string> texts_of(const std::vector<json::value>& values) {
    std::vector<std::string> texts;
    for (const auto& value : values)
        if (value.is_string()) texts.push_back(to_text(value.get_string()));
    return texts;
}

}  // namespace slipway::store
