#include "app/manifest/values.h"

#include <array>
#include <charconv>
#include <cmath>

#include "base/json.h"
#include "base/text.h"

namespace slipway::app {
namespace {

struct ByteUnit {
    std::string_view name;
    std::uint64_t factor;
};
constexpr std::array<ByteUnit, 11> kByteUnits{{{"gb", 1ULL << 30},
                                               {"mb", 1ULL << 20},
                                               {"kb", 1ULL << 10},
                                               {"b", 1},
                                               {"", 1},
                                               {"g", 1ULL << 30},
                                               {"m", 1ULL << 20},
                                               {"k", 1ULL << 10},
                                               {"gib", 1ULL << 30},
                                               {"mib", 1ULL << 20},
                                               {"kib", 1ULL << 10}}};
constexpr double kBytesMax = 1ULL << 50;

// Reads a decimal number at the front; the rest of `text` is left.
std::optional<double> take_decimal(std::string_view& text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) {
    const auto digits = replace_all(std::string(trim(text)), "_", "");
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return value;
}

std::optional<double> parse_number(std::string_view text) {
    text = trim(text);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
    return value;
}

std::optional<bool> parse_boolean(std::string_view text) {
    const auto word = lower_ascii(trim(text));
    if (word == "true" || word == "yes" || word == "on" || word == "1") return true;
    if (word == "false" || word == "no" || word == "off" || word == "0") return false;
    return std::nullopt;
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
    text = trim(text);
    const auto value = take_decimal(text);
    if (!value || *value < 0) return std::nullopt;
    const auto unit = lower_ascii(trim(text));
    for (const auto& [name, factor] : kByteUnits) {
        const double bytes = *value * static_cast<double>(factor);
        if (unit == name && bytes <= kBytesMax && bytes == std::floor(bytes)) return static_cast<std::uint64_t>(bytes);
    }
    return std::nullopt;
}

std::optional<std::vector<std::string>> parse_list(std::string_view text) {
    std::vector<std::string> items;
    text = trim(text);
    if (!text.starts_with('[')) {
        for (const auto part : split(text, ','))
            if (const auto item = trim(part); !item.empty()) items.emplace_back(item);
        return items;
    }
    const auto parsed = parse_json(text);
    if (!parsed || !parsed->is_array()) return std::nullopt;
    for (const auto& item : parsed->get_array()) {
        if (!item.is_string()) return std::nullopt;
        items.push_back(to_text(item.get_string()));
    }
    return items;
}

std::string format_bytes(std::uint64_t bytes) {
    for (const auto& [name, factor] : kByteUnits)
        if (factor > 1 && bytes >= factor && bytes % factor == 0) {
            std::string unit(name);
            for (auto& c : unit) c = static_cast<char>(c - 'a' + 'A');
            return fmt::format("{}{}", bytes / factor, unit);
        }
    return fmt::format("{}", bytes);
}

std::string format_duration(std::chrono::milliseconds milliseconds) {
    struct Unit {
        std::int64_t factor;
        std::string_view name;
    };
    // A day is written in hours until two of them: "24h" is what people write for a token.
    constexpr std::array<Unit, 4> kUnits{{{86'400'000, "d"}, {3'600'000, "h"}, {60'000, "m"}, {1000, "s"}}};
    const auto value = milliseconds.count();
    for (const auto& [factor, name] : kUnits)
        if (value > 0 && value % factor == 0 && !(name == "d" && value < 2 * factor))
            return fmt::format("{}{}", value / factor, name);
    return value == 0 ? "0s" : fmt::format("{}ms", value);
}

}  // namespace slipway::app
