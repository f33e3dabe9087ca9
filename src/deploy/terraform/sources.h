// The HCL of a stack as text: which folders it needs, and the few things that Terraform leaves out of a plan.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace slipway::deploy {

inline constexpr std::size_t kSourceBytesMax = 1 << 20;
inline constexpr std::size_t kSourceFilesMax = 2000;

struct Sources {
    std::filesystem::path stack;                        // absolute
    std::vector<std::filesystem::path> folders;         // the stack and the local modules that it calls, absolute
    std::map<std::filesystem::path, std::string> text;  // of each .tf

    // `not_found` when the folder has no .tf; `invalid` when a module lies nowhere.
    static Result<Sources> read(const std::filesystem::path& stack);

    // "s3"; empty: state lies in a file beside.
    std::string backend() const;
    bool locks_state() const;                           // use_lockfile or a DynamoDB table
    std::vector<std::string> provider_aliases() const;  // of aws, in the stack's own files; "" for the one without
    // Files with a URL of a database whose password goes in without urlencode().
    std::vector<std::string> unencoded_passwords() const;
    bool ignores_changes_of(std::string_view attribute) const;
};

// The text of each block that begins with `head` at a line's beginning: `provider "aws" {`. Comments are gone.
std::vector<std::string> blocks_with(std::string_view text, std::string_view head);
std::string without_comments(std::string_view text);

}  // namespace slipway::deploy
