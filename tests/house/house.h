// The rules of the house as a function: what a reviewer would have to look for by eye, in one pass over the tree.
//
//   upward include  an #include of a room that its own room may not use (slipway_room in CMakeLists.txt)
//   unknown room    a folder of src/ with sources, or an #include, that is no room
//   room order      a room that may use one which CMakeLists.txt declares below it, or nowhere
//   cycle           rooms that include each other
//   application     src/ names an application
//   size            a file of src/ over 400 lines, a function over 55, a line of C++ over 120 columns
//   manual          a header of src/ that does not begin with what it is for
//   unfinished      words that mark work left undone
//   json            src/ or tools/ write JSON with Boost's serializer
//   await           a lambda, braced temporary or ternary inside an expression with co_await
//   checklist       a row of docs/checklist.tsv, or a promise or a row of ASVS in docs/security.md, that names no
//                   test that exists
//   faults          an adapter of a store and a fault for which no faults.tsv names a test that exists (fault_matrix.h)
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace slipway::house {

inline constexpr std::size_t kLinesMax = 400;
inline constexpr std::size_t kFunctionLinesMax = 55;  // a screen
inline constexpr std::size_t kColumnsMax = 120;

struct Finding {
    std::string rule;   // a name of the list above
    std::string place;  // "src/net/http.cpp:12", relative to the root
    std::string message;
};

// `root` holds CMakeLists.txt and src/, and perhaps apps/, docs/, tests/ and tools/. An empty answer means that the
// house is in order.
std::vector<Finding> check_house(const std::filesystem::path& root);

// Lines of each file of src/ and of each function there, the longest first.
struct Sizes {
    std::vector<std::pair<std::size_t, std::string>> files, functions;
};
Sizes sizes_of(const std::filesystem::path& root);

// One line per finding, for a person.
std::string to_text(const std::vector<Finding>& findings);

}  // namespace slipway::house
