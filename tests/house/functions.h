// The functions of a file, found by their brackets: enough to see which have outgrown a screen.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "house/source.h"

namespace slipway::house {

struct Function {
    std::string place;      // where its body begins: "src/net/http.cpp:12"
    std::string name;       // "Server::listen"; of an operator or a constructor what stands before its "("
    std::size_t lines = 0;  // of its body, both brackets among them
};

// Bodies at the level of namespaces and classes. Lambdas and local types count to the function that holds them.
std::vector<Function> functions_of(const Source& source);

}  // namespace slipway::house
