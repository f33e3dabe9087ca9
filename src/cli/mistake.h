// What is wrong with a command line, in a sentence that helps: the word that is not known, and the one that was perhaps
// meant.
#pragma once

#include <string>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace slipway::cli {

// Of an error that app.parse() has just thrown.
std::string mistake_in(const CLI::App& app, const CLI::ParseError& error);

}  // namespace slipway::cli
