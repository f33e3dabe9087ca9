// What the tests of extraction share.
#pragma once

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/text.h"
#include "knowledge/extract.h"

namespace slipway::knowledge {

inline std::string fixture(std::string_view name) {
    std::ifstream file(fmt::format("{}/tests/knowledge/fixtures/{}", SLIPWAY_SOURCE_DIR, name), std::ios::binary);
    EXPECT_TRUE(file) << name;
    return {std::istreambuf_iterator<char>(file), {}};
}

// The texts of all blocks of a kind.
inline std::vector<std::string> texts(const Extracted& extracted, BlockKind kind) {
    std::vector<std::string> found;
    for (const auto& block : extracted.blocks)
        if (block.kind == kind) found.push_back(block.text);
    return found;
}

inline std::string all_text(const Extracted& extracted) {
    std::string text;
    for (const auto& block : extracted.blocks) text += block.text + "\n";
    return text;
}

inline std::string reason_of(const Result<Extracted>& result) {
    return result ? "read" : std::string(text_or(result.error().details, "reason"));
}

inline std::string limit_of(const Result<Extracted>& result) {
    return result ? "read" : std::string(text_or(result.error().details, "limit"));
}

inline Extracted read(std::string_view bytes, std::string_view file_name, const ExtractLimits& limits = {}) {
    auto result = extract(bytes, file_name, limits);
    EXPECT_TRUE(result) << (result ? "" : result.error().message);
    return result ? *std::move(result) : Extracted{};
}

using Strings = std::vector<std::string>;

}  // namespace slipway::knowledge
