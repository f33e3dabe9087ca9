#include "store/secrets/variable_name.h"

#include <algorithm>

namespace slipway::store {
namespace {

constexpr std::size_t kNameBytesMax = 256;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

bool is_variable_name(std::string_view name) {
    const auto allowed = [](char c) { return is_letter(c) || is_digit(c); };
    return !name.empty() && name.size() <= kNameBytesMax && is_letter(name.front()) &&
           std::ranges::all_of(name, allowed);
}

Result<void> check_variable_name(std::string_view name) {
    if (is_variable_name(name)) return {};
    return fail(ErrorCode::invalid, "The name of a secret consists of letters, digits and _.");
}

std::string variable_of(std::string_view name) {
    name = name.substr(name.rfind('/') + 1);
    std::string variable;
    for (const char c : name) {
        const bool lower = c >= 'a' && c <= 'z';
        variable += lower ? static_cast<char>(c - 'a' + 'A') : is_letter(c) || is_digit(c) ? c : '_';
    }
    return is_variable_name(variable) ? variable : "";
}

}  // namespace slipway::store
