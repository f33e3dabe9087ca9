// Names of domains as DNS has them. Letters beyond ASCII become punycode (RFC 3492) after NFKC and case folding, which
// is what UTS #46 does to the letters that names are made of.
#include <algorithm>
#include <array>
#include <cstdlib>

#include <utf8proc.h>

#include "account/domains.h"
#include "base/text.h"

namespace slipway::account {
namespace {

constexpr std::size_t kDomainBytesMax = 253, kLabelBytesMax = 63;
// RFC 3492, section 5.
constexpr std::uint32_t kBase = 36, kTMin = 1, kTMax = 26, kSkew = 38, kDamp = 700, kInitialBias = 72, kInitialN = 128;

std::uint32_t adapt(std::uint32_t delta, std::uint32_t points, bool first) {
    delta = first ? delta / kDamp : delta / 2;
    delta += delta / points;
    std::uint32_t k = 0;
    while (delta > ((kBase - kTMin) * kTMax) / 2) {
        delta /= kBase - kTMin;
        k += kBase;
    }
    return k + (kBase - kTMin + 1) * delta / (delta + kSkew);
}

char digit(std::uint32_t value) { return static_cast<char>(value < 26 ? 'a' + value : '0' + (value - 26)); }

void append_number(std::string& encoded, std::uint32_t number, std::uint32_t bias) {
    for (std::uint32_t k = kBase;; k += kBase) {
        const auto t = std::clamp(k <= bias ? kTMin : k - bias, kTMin, kTMax);
        if (number < t) break;
        encoded += digit(t + (number - t) % (kBase - t));
        number = (number - t) / (kBase - t);
    }
    encoded += digit(number);
}

// A label is at most a few hundred points, so no sum overflows.
std::string punycode(const std::vector<std::uint32_t>& points) {
    std::string encoded;
    for (const auto point : points)
        if (point < kInitialN) encoded += static_cast<char>(point);
    const auto basic = static_cast<std::uint32_t>(encoded.size());
    auto handled = basic;
    if (basic > 0) encoded += '-';
    std::uint32_t n = kInitialN, delta = 0, bias = kInitialBias;
    while (handled < points.size()) {
        auto next = UINT32_MAX;
        for (const auto point : points)
            if (point >= n) next = std::min(next, point);
        delta += (next - n) * (handled + 1);
        n = next;
        for (const auto point : points) {
            if (point < n) ++delta;
            if (point != n) continue;
            append_number(encoded, delta, bias);
            bias = adapt(delta, handled + 1, handled == basic);
            delta = 0;
            ++handled;
        }
        ++delta;
        ++n;
    }
    return encoded;
}

// nullopt: not UTF-8.
std::optional<std::string> folded(std::string_view text) {
    utf8proc_uint8_t* mapped = nullptr;
    const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT |
                                                        UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
    const auto length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                     static_cast<utf8proc_ssize_t>(text.size()), &mapped, options);
    if (length < 0) return std::nullopt;
    std::string result(reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(length));
    std::free(mapped);
    return result;
}

std::vector<std::uint32_t> points_of(std::string_view text) {
    std::vector<std::uint32_t> points;
    std::size_t at = 0;
    while (at < text.size()) {
        utf8proc_int32_t point = 0;
        const auto taken = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data() + at),
                                            static_cast<utf8proc_ssize_t>(text.size() - at), &point);
        if (taken <= 0) return {};
        points.push_back(static_cast<std::uint32_t>(point));
        at += static_cast<std::size_t>(taken);
    }
    return points;
}

// Only letters, marks and digits: nothing that could be taken for a dot, a slash or a port.
bool is_letter(std::uint32_t point) {
    switch (utf8proc_category(static_cast<utf8proc_int32_t>(point))) {
        case UTF8PROC_CATEGORY_LL:
        case UTF8PROC_CATEGORY_LM:
        case UTF8PROC_CATEGORY_LO:
        case UTF8PROC_CATEGORY_MN:
        case UTF8PROC_CATEGORY_MC:
        case UTF8PROC_CATEGORY_ND:
            return true;
        default:
            return point == '-';
    }
}

std::optional<std::string> label_of(std::string_view text) {
    const auto points = points_of(text);
    if (points.empty() || !std::ranges::all_of(points, is_letter)) return std::nullopt;
    const bool plain = std::ranges::all_of(points, [](auto point) { return point < kInitialN; });
    auto label = plain ? std::string(text) : "xn--" + punycode(points);
    if (label.size() > kLabelBytesMax || label.front() == '-' || label.back() == '-') return std::nullopt;
    return label;
}

}  // namespace

Result<std::string> dns_name(std::string_view domain) {
    const auto refused = fail(ErrorCode::invalid,
                              "A domain is a name such as www.example.org: letters, digits and '-' between dots, "
                              "neither an address nor a port.");
    domain = trim(domain);
    if (domain.ends_with('.')) domain.remove_suffix(1);
    if (domain.size() > 4 * kDomainBytesMax) return refused;
    const auto text = folded(domain);
    if (!text) return refused;
    std::string name;
    std::size_t labels = 0;
    std::string last;
    for (const auto part : split(*text, '.')) {
        const auto label = label_of(part);
        if (!label) return refused;
        if (!name.empty()) name += '.';
        name += *label;
        last = *label;
        ++labels;
    }
    const bool digits = std::ranges::all_of(last, [](char c) { return c >= '0' && c <= '9'; });
    if (labels < 2 || digits || name.size() > kDomainBytesMax) return refused;
    return name;
}

}  // namespace slipway::account
