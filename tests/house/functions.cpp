#include "house/functions.h"

#include <array>

namespace slipway::house {
namespace {

// What stands between the last statement or block and this bracket.
std::string_view head_before(std::string_view code, std::size_t bracket) {
    auto begin = bracket;
    while (begin > 0 && code[begin - 1] != ';' && code[begin - 1] != '{' && code[begin - 1] != '}') --begin;
    return code.substr(begin, bracket - begin);
}

bool is_scope(std::string_view head) {
    constexpr std::array<std::string_view, 6> kScopes{"namespace", "class", "struct", "union", "enum", "concept"};
    const auto list = head.find('(');
    for (const auto word : kScopes)
        for (const auto at : find_word(head, word))
            if (list == std::string_view::npos || at < list) return true;
    return head.find("extern") != std::string_view::npos && list == std::string_view::npos;
}

std::size_t end_of_block(std::string_view code, std::size_t bracket) {
    int depth = 0;
    for (auto i = bracket; i < code.size(); ++i) {
        if (code[i] == '{') ++depth;
        if (code[i] == '}' && --depth == 0) return i;
    }
    return code.size();
}

// The word before the first "(", with its qualification.
std::string name_of(std::string_view head) {
    auto end = head.find('(');
    if (end == std::string_view::npos) return {};
    auto begin = end;
    while (begin > 0 && (is_word_character(head[begin - 1]) || head[begin - 1] == ':' || head[begin - 1] == '~'))
        --begin;
    return std::string(head.substr(begin, end - begin));
}

// Of `: a_(1), b_{2} {` the first bracket is a member's, not the body's.
bool is_of_a_member(std::string_view code, std::size_t end) {
    const auto next = code.find_first_not_of(" \n", end + 1);
    return next != std::string_view::npos && (code[next] == ',' || code[next] == '{');
}

}  // namespace

std::vector<Function> functions_of(const Source& source) {
    const std::string_view code = source.code;
    std::vector<Function> functions;
    std::string pending;  // the name of a constructor whose members are being initialised
    for (auto i = code.find('{'); i != std::string_view::npos; i = code.find('{', i)) {
        const auto head = head_before(code, i);
        if (pending.empty() && is_scope(head)) {
            ++i;
            continue;
        }
        const auto end = end_of_block(code, i);
        const auto name = pending.empty() ? name_of(head) : pending;
        pending.clear();
        if (!name.empty() && is_of_a_member(code, end))
            pending = name;
        else if (!name.empty())
            functions.push_back({place_of(source, line_of(code, i)), name, line_of(code, end) - line_of(code, i) + 1});
        i = std::min(end + 1, code.size());
    }
    return functions;
}

}  // namespace slipway::house
