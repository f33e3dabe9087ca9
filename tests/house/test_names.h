// Names of tests as documents give them: Suite.Name of a C++ test below tests/, or file.py::function.
#pragma once

#include <filesystem>
#include <set>
#include <string>

namespace slipway::house {

// Of all C++ tests below tests/.
std::set<std::string> cpp_tests(const std::filesystem::path& root);

// Why `test` can be no proof; empty when it can. `known`: cpp_tests().
std::string fault_of(const std::filesystem::path& root, const std::set<std::string>& known, const std::string& test);

}  // namespace slipway::house
