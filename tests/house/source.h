// A file of the tree as the checks read it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "house/house.h"

namespace slipway::house {

struct Source {
    std::string path;  // relative to the root, with '/'
    std::string text;
    std::string code;  // as long as text; comments and the contents of literals are blank

    bool is_cpp() const { return path.ends_with(".cpp") || path.ends_with(".h"); }
};

std::string read_text(const std::filesystem::path& path);
// Same length and same line breaks, but comments, strings, characters and raw strings hold only spaces.
std::string code_only(std::string_view text);
// All files below `folder` in the order of their names; none when it does not exist.
std::vector<Source> sources_below(const std::filesystem::path& root, const std::string& folder);
std::size_t line_of(std::string_view text, std::size_t offset);
std::string place_of(const Source& source, std::size_t line);
bool is_word_character(char c);
// Offsets of `word` where it stands alone.
std::vector<std::size_t> find_word(std::string_view text, std::string_view word);

}  // namespace slipway::house
