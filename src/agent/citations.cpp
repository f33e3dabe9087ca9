#include "agent/citations.h"

#include <charconv>
#include <optional>

#include "base/text.h"

namespace slipway::agent {
namespace {

constexpr std::size_t kDigitsMax = 3;
constexpr std::size_t kBracketBytesMax = 60;

// Takes a number off the front.
std::optional<int> take_number(std::string_view& text) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const auto digits = static_cast<std::size_t>(end - text.data());
    if (error != std::errc() || digits > kDigitsMax || text.front() == '-') return std::nullopt;
    text = trim(text.substr(digits));
    return number;
}

// Takes the first of these off the front.
bool take_one(std::string_view& text, std::initializer_list<std::string_view> marks) {
    for (const auto mark : marks) {
        if (!text.starts_with(mark)) continue;
        text = trim(text.substr(mark.size()));
        return true;
    }
    return false;
}

// "1", "1, 3", "1-3"; empty when it is anything else.
std::set<int> numbers_of(std::string_view inside) {
    std::set<int> numbers;
    auto rest = trim(inside);
    while (true) {
        const auto first = take_number(rest);
        if (!first) return {};
        auto last = first;
        if (take_one(rest, {"-", "–"})) last = take_number(rest);
        if (!last) return {};
        for (int number = *first; number <= *last; ++number) numbers.insert(number);
        if (rest.empty()) return numbers;
        if (!take_one(rest, {",", ";"})) return {};
    }
}

}  // namespace

std::set<int> cited_in(std::string_view answer) {
    std::set<int> cited;
    for (auto open = answer.find('['); open != std::string_view::npos; open = answer.find('[', open + 1)) {
        const auto inside = answer.substr(open + 1, kBracketBytesMax);
        const auto close = inside.find(']');
        if (close != std::string_view::npos) cited.merge(numbers_of(inside.substr(0, close)));
    }
    return cited;
}

json::array to_json(const std::vector<knowledge::Source>& sources, std::string_view answer) {
    const auto cited = cited_in(answer);
    json::array list;
    for (const auto& source : sources) {
        auto object = knowledge::to_json(source);
        object["cited"] = cited.contains(source.number);
        list.push_back(std::move(object));
    }
    return list;
}

}  // namespace slipway::agent
