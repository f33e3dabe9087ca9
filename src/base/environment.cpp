#include "base/environment.h"

#include <fstream>

#include "base/text.h"

extern char** environ;

namespace slipway {
namespace {

constexpr int kExpansionDepthMax = 8;

bool is_name_start(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }
bool is_name(char c) { return is_name_start(c) || (c >= '0' && c <= '9'); }

std::size_t name_length(std::string_view text) {
    if (text.empty() || !is_name_start(text.front())) return 0;
    std::size_t length = 1;
    while (length < text.size() && is_name(text[length])) ++length;
    return length;
}

// Index of the brace that closes the one before `text`.
std::size_t closing_brace(std::string_view text) {
    int depth = 1;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '{' && i > 0 && text[i - 1] == '$') ++depth;
        if (text[i] == '}' && --depth == 0) return i;
    }
    return std::string_view::npos;
}

Result<std::string> expand_at(const Environment& environment, std::string_view text, int depth);

Result<std::string> expand_braced(const Environment& environment, std::string_view inside, int depth) {
    const auto length = name_length(inside);
    const auto rest = inside.substr(length);
    if (length == 0 || !(rest.empty() || rest.starts_with(":-") || rest.starts_with(":+")))
        return fail(ErrorCode::invalid,
                    "${{{}}} is not understood; write ${{NAME}}, ${{NAME:-default}} or ${{NAME:+text}}.", inside);
    auto value = environment.get(inside.substr(0, length));
    if (rest.empty()) return value.value_or("");
    if (rest[1] == '-') return value ? Result<std::string>(*value) : expand_at(environment, rest.substr(2), depth + 1);
    return value ? expand_at(environment, rest.substr(2), depth + 1) : Result<std::string>("");
}

Result<std::string> expand_at(const Environment& environment, std::string_view text, int depth) {
    if (depth > kExpansionDepthMax)
        return fail(ErrorCode::invalid, "Variables are nested more than {} deep.", kExpansionDepthMax);
    std::string expanded;
    while (!text.empty()) {
        const auto dollar = text.find('$');
        expanded += text.substr(0, dollar);
        if (dollar == std::string_view::npos) break;
        text.remove_prefix(dollar + 1);
        if (text.starts_with('$')) {
            expanded += '$';
            text.remove_prefix(1);
        } else if (text.starts_with('{')) {
            const auto end = closing_brace(text.substr(1));
            if (end == std::string_view::npos) return fail(ErrorCode::invalid, "A ${{ is not closed by }}.");
            SLIPWAY_TRY(const auto value, expand_braced(environment, text.substr(1, end), depth));
            expanded += value;
            text.remove_prefix(end + 2);
        } else if (const auto length = name_length(text); length > 0) {
            expanded += environment.get(text.substr(0, length)).value_or("");
            text.remove_prefix(length);
        } else {
            expanded += '$';
        }
    }
    return expanded;
}

}  // namespace

Environment Environment::of_process() {
    Environment environment;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view line(*entry);
        const auto equals = line.find('=');
        if (equals != std::string_view::npos)
            environment.set(std::string(line.substr(0, equals)), std::string(line.substr(equals + 1)));
    }
    return environment;
}

std::optional<std::string> Environment::get(std::string_view name) const {
    if (source_)
        if (auto value = source_(name); value && !value->empty()) return value;
    const auto found = values_.find(name);
    if (found == values_.end() || found->second.empty()) return std::nullopt;
    return found->second;
}

std::string Environment::get_or(std::string_view name, std::string_view otherwise) const {
    return get(name).value_or(std::string(otherwise));
}

Result<void> Environment::add_file(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::string raw;
    for (int number = 1; std::getline(file, raw); ++number) {
        auto line = trim(raw);
        if (line.empty() || line.front() == '#') continue;
        if (line.starts_with("export ")) line = trim(line.substr(7));
        const auto equals = line.find('=');
        const auto name = line.substr(0, equals);
        if (equals == std::string_view::npos || name_length(name) != name.size() || name.empty())
            return fail(ErrorCode::invalid, "{}:{}: expected NAME=value.", path.string(), number);
        auto value = trim(line.substr(equals + 1));
        const bool quoted =
            value.size() >= 2 && value.front() == value.back() && (value.front() == '"' || value.front() == '\'');
        if (quoted) value = value.substr(1, value.size() - 2);
        if (!has(name)) set(std::string(name), std::string(value));
    }
    return {};
}

Result<std::string> Environment::expand(std::string_view text) const { return expand_at(*this, text, 0); }

}  // namespace slipway
