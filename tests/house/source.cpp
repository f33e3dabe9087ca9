#include "house/source.h"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace slipway::house {

namespace fs = std::filesystem;

namespace {

// Copies line breaks, blanks the rest.
void blank(std::string& code, std::string_view text, std::size_t begin, std::size_t end) {
    for (auto i = begin; i < end && i < text.size(); ++i) code[i] = text[i] == '\n' ? '\n' : ' ';
}

std::size_t end_of_literal(std::string_view text, std::size_t quote) {
    const char mark = text[quote];
    auto i = quote + 1;
    while (i < text.size() && text[i] != mark && text[i] != '\n') i += text[i] == '\\' ? 2 : 1;
    return i;
}

// R"delimiter( … )delimiter": the offset of the closing quote.
std::size_t end_of_raw(std::string_view text, std::size_t quote) {
    const auto open = text.find('(', quote);
    if (open == std::string_view::npos) return text.size();
    const auto closing = ")" + std::string(text.substr(quote + 1, open - quote - 1)) + "\"";
    const auto close = text.find(closing, open);
    return close == std::string_view::npos ? text.size() : close + closing.size() - 1;
}

bool is_digit_separator(std::string_view text, std::size_t i) {
    return text[i] == '\'' && i > 0 && is_word_character(text[i - 1]) && i + 1 < text.size() &&
           is_word_character(text[i + 1]) && text[i - 1] != 'u' && text[i - 1] != 'U' && text[i - 1] != 'L';
}

}  // namespace

std::string read_text(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

bool is_word_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string code_only(std::string_view text) {
    std::string code(text);
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto end = i;
        if (text.substr(i, 2) == "//") {
            end = std::min(text.find('\n', i), text.size());
            blank(code, text, i, end);
        } else if (text.substr(i, 2) == "/*") {
            const auto close = text.find("*/", i + 2);
            end = close == std::string_view::npos ? text.size() : close + 1;
            blank(code, text, i, end + 1);
        } else if (text[i] == '"' && i > 0 && text[i - 1] == 'R' && (i < 2 || !is_word_character(text[i - 2]))) {
            end = end_of_raw(text, i);
            blank(code, text, i + 1, end);
        } else if (text[i] == '"' || (text[i] == '\'' && !is_digit_separator(text, i))) {
            end = end_of_literal(text, i);
            blank(code, text, i + 1, end);
        }
        i = end;
    }
    return code;
}

std::vector<Source> sources_below(const fs::path& root, const std::string& folder) {
    std::vector<Source> sources;
    std::error_code error;
    for (auto entry = fs::recursive_directory_iterator(root / folder, error);
         !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
        if (!entry->is_regular_file()) continue;
        Source source;
        source.path = entry->path().lexically_relative(root).generic_string();
        source.text = read_text(entry->path());
        if (source.is_cpp()) source.code = code_only(source.text);
        sources.push_back(std::move(source));
    }
    std::ranges::sort(sources, {}, &Source::path);
    return sources;
}

std::size_t line_of(std::string_view text, std::size_t offset) {
    return static_cast<std::size_t>(std::ranges::count(text.substr(0, offset), '\n')) + 1;
}

std::string place_of(const Source& source, std::size_t line) { return source.path + ":" + std::to_string(line); }

std::vector<std::size_t> find_word(std::string_view text, std::string_view word) {
    std::vector<std::size_t> found;
    for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
        const auto end = at + word.size();
        if ((at == 0 || !is_word_character(text[at - 1])) && (end >= text.size() || !is_word_character(text[end])))
            found.push_back(at);
    }
    return found;
}

}  // namespace slipway::house
