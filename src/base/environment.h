// Where configuration values come from: the process environment over an optional .env file, and while a manifest is
// read a store of secrets before both. Tests give their own map.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace slipway {

class Environment {
 public:
    Environment() = default;
    explicit Environment(std::map<std::string, std::string, std::less<>> values) : values_(std::move(values)) {}

    // The process environment as it is now.
    static Environment of_process();

    // An empty value counts as not set, as in the shell's ${NAME:-default}.
    std::optional<std::string> get(std::string_view name) const;
    std::string get_or(std::string_view name, std::string_view otherwise) const;
    bool has(std::string_view name) const { return get(name).has_value(); }

    // Adds the NAME=value lines of a .env file for names that are not set yet. Quotes and `export` are understood.
    // A missing file is fine; a bad line is `invalid` with its number.
    Result<void> add_file(const std::filesystem::path& path);
    void set(std::string name, std::string value) { values_[std::move(name)] = std::move(value); }

    // Asked by get() before the values that are set here; nullopt when it has none of this name. Called on the thread
    // of get().
    using Source = std::function<std::optional<std::string>(std::string_view name)>;
    void ask_first(Source source) { source_ = std::move(source); }

    // Replaces ${NAME}, ${NAME:-default}, ${NAME:+text} and $NAME inside those texts; nesting is allowed up to 8
    // levels. A name without value and default becomes empty. `invalid` for an unclosed brace.
    Result<std::string> expand(std::string_view text) const;

 private:
    std::map<std::string, std::string, std::less<>> values_;
    Source source_;
};

}  // namespace slipway
