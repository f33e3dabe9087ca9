// Names of applications, marks of unfinished work, who writes JSON, sizes.
#include <algorithm>
#include <array>
#include <regex>

#include "house/checks.h"
#include "house/functions.h"

namespace slipway::house {
namespace {

// The applications that ship with Slipway now or later; folders of apps/ join them.
constexpr std::array<std::string_view, 5> kApplications{"wwhd", "rikai", "deepscifi", "postmagiq", "unamentis"};
// Put together, so that this file may stand in a tree that is searched for them.
const std::array<std::string, 4> kUnfinished{std::string("TO") + "DO", std::string("FIX") + "ME",
                                             std::string("X") + "XX", std::string("st") + "ub"};

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

std::set<std::string> application_folders(const std::filesystem::path& root) {
    std::set<std::string> names;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(root / "apps", error))
        if (entry.is_directory()) names.insert(lower(entry.path().filename().string()));
    return names;
}

// Columns as an editor counts them: characters, not bytes.
std::size_t columns_of(std::string_view line) {
    return static_cast<std::size_t>(
        std::ranges::count_if(line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

void check_lines(const Source& source, std::vector<Finding>& findings) {
    std::size_t number = 0;
    for (std::size_t begin = 0; begin < source.text.size();) {
        const auto end = std::min(source.text.find('\n', begin), source.text.size());
        ++number;
        const auto columns = columns_of(std::string_view(source.text).substr(begin, end - begin));
        if (source.is_cpp() && columns > kColumnsMax)
            findings.push_back({"size", place_of(source, number),
                                std::to_string(columns) + " columns, at most " + std::to_string(kColumnsMax)});
        begin = end + 1;
    }
    if (number > kLinesMax)
        findings.push_back(
            {"size", source.path, std::to_string(number) + " lines, at most " + std::to_string(kLinesMax)});
}

}  // namespace

void check_words(const std::filesystem::path& root, const std::vector<Source>& sources,
                 std::vector<Finding>& findings) {
    const auto folders = application_folders(root);
    for (const auto& source : sources) {
        const auto text = lower(source.text);
        const auto tell = [&](std::size_t at, const std::string& rule, std::string_view word) {
            findings.push_back({rule, place_of(source, line_of(text, at)), "\"" + std::string(word) + "\""});
        };
        for (const auto name : kApplications)
            for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + 1))
                tell(at, "application", name);
        for (const auto& name : folders) {
            if (std::ranges::find(kApplications, name) != kApplications.end()) continue;
            for (const auto at : find_word(text, name)) tell(at, "application", name);
        }
        for (const auto& word : kUnfinished)
            for (const auto at : find_word(text, lower(word))) tell(at, "unfinished", word);
    }
}

// Boost.JSON writes 1.0 as 1E0; what leaves the program is written by write_json (base/json.h) alone.
void check_json(const std::filesystem::path& root, const std::vector<Source>& sources, std::vector<Finding>& findings) {
    constexpr std::string_view kForeign = "json::serialize";  // json::serializer too
    auto all = sources_below(root, "tools");
    all.insert(all.begin(), sources.begin(), sources.end());
    for (const auto& source : all)
        for (auto at = source.code.find(kForeign); at != std::string::npos; at = source.code.find(kForeign, at + 1))
            findings.push_back({"json", place_of(source, line_of(source.code, at)),
                                std::string(kForeign) + "; write_json of base/json.h writes JSON"});
}

// A newer release may add columns while this one runs: what does not name its own breaks then, in the middle of work.
void check_columns(const std::vector<Source>& sources, std::vector<Finding>& findings) {
    static const std::regex nameless("select \\* from|returning \\*|insert into [a-z_]+ values");
    for (const auto& source : sources) {
        const auto text = lower(source.text);
        for (std::sregex_iterator at(text.begin(), text.end(), nameless), end; at != end; ++at)
            findings.push_back({"columns", place_of(source, line_of(text, static_cast<std::size_t>(at->position()))),
                                "\"" + at->str() + "\" names no columns, and a newer release may add some"});
    }
}

void check_sizes(const std::vector<Source>& sources, std::vector<Finding>& findings) {
    for (const auto& source : sources) {
        check_lines(source, findings);
        if (!source.is_cpp()) continue;
        for (const auto& function : functions_of(source))
            if (function.lines > kFunctionLinesMax)
                findings.push_back({"size", function.place,
                                    function.name + " has " + std::to_string(function.lines) + " lines, at most " +
                                        std::to_string(kFunctionLinesMax)});
    }
}

void check_manuals(const std::vector<Source>& sources, std::vector<Finding>& findings) {
    for (const auto& source : sources)
        if (source.path.ends_with(".h") && !source.text.starts_with("// "))
            findings.push_back({"manual", source.path, "the first line of a header says what it is for"});
}

}  // namespace slipway::house
