// Name it before you await it: temporaries with a life of their own inside a co_await expression are where compilers go
// wrong and readers lose track of who owns what.
#include <algorithm>

#include "house/checks.h"

namespace slipway::house {
namespace {

bool opens(char c) { return c == '(' || c == '[' || c == '{'; }
bool closes(char c) { return c == ')' || c == ']' || c == '}'; }

// From the offset to the end of the full expression: the ';' of its statement, or the bracket that encloses it.
std::size_t end_of_expression(std::string_view code, std::size_t from) {
    int depth = 0;
    for (auto i = from; i < code.size(); ++i) {
        if (opens(code[i])) ++depth;
        if (closes(code[i]) && --depth < 0) return i;
        if (code[i] == ';' && depth == 0) return i;
    }
    return code.size();
}

// Back to the beginning of the statement that holds the offset.
std::size_t begin_of_statement(std::string_view code, std::size_t from) {
    auto i = from;
    while (i > 0 && code[i - 1] != ';' && code[i - 1] != '{' && code[i - 1] != '}') --i;
    return i;
}

char before(std::string_view code, std::size_t at) {
    const auto last = code.substr(0, at).find_last_not_of(" \n\t");
    return last == std::string_view::npos ? '\0' : code[last];
}

// A '[' that follows a value is an index; one at the beginning of an expression opens a lambda. "[[" is an attribute.
bool is_lambda(std::string_view code, std::size_t at) {
    if (code[at] != '[' || code.substr(at, 2) == "[[" || before(code, at) == '[') return false;
    const char previous = before(code, at);
    return !is_word_character(previous) && previous != ')' && previous != ']';
}

// `Type{…}`, `({…}` and `, {…}` are temporaries; the '{' of a block follows ')' or a keyword and is not met inside an
// expression.
bool is_braced_temporary(std::string_view code, std::size_t at) {
    if (code[at] != '{') return false;
    const char previous = before(code, at);
    return is_word_character(previous) || previous == '(' || previous == ',' || previous == '>' || previous == ':';
}

std::string fault_of(std::string_view code, std::size_t begin, std::size_t end) {
    for (auto i = begin; i < end; ++i) {
        if (is_lambda(code, i)) return "a lambda";
        if (is_braced_temporary(code, i)) return "a braced temporary";
        if (code[i] == '?') return "a ternary";
    }
    return {};
}

}  // namespace

void check_awaits(const std::vector<Source>& sources, std::vector<Finding>& findings) {
    for (const auto& source : sources) {
        if (!source.is_cpp()) continue;
        for (const auto at : find_word(source.code, "co_await")) {
            auto fault = fault_of(source.code, at, end_of_expression(source.code, at));
            const auto begin = begin_of_statement(source.code, at);
            if (fault.empty() &&
                std::string_view(source.code).substr(begin, at - begin).find('?') != std::string_view::npos)
                fault = "a ternary";
            if (fault.empty()) continue;
            findings.push_back({"await", place_of(source, line_of(source.code, at)),
                                fault + " beside co_await; give it a name first"});
        }
    }
}

}  // namespace slipway::house
