// What every extractor writes into: blocks under an outline of headings, within the limits.
#pragma once

#include <string>
#include <string_view>

#include "knowledge/extract.h"

namespace slipway::knowledge {

// `invalid` with details.reason. The message begins with the document's name.
template <typename... Arguments>
std::unexpected<Error> reject(std::string_view reason, fmt::format_string<Arguments...> format,
                              Arguments&&... arguments) {
    Error error{ErrorCode::invalid, fmt::format(format, std::forward<Arguments>(arguments)...)};
    error.details["reason"] = reason;
    return std::unexpected(std::move(error));
}

class BlockBuilder {
 public:
    BlockBuilder(std::string_view name, const ExtractLimits& limits) : name_(name), limits_(limits) {}

    // Levels from 1; a heading closes those of its level and deeper.
    void heading(std::size_t level, std::string_view text);
    // White space is collapsed except in code. Empty text is left out. After a limit is passed nothing more is kept.
    void add(BlockKind kind, std::string_view text);
    // Appends to the last block: a paragraph that goes on after a page's end.
    void extend_last(std::string_view text);
    void set_page(int page) { page_ = page; }
    void set_seconds(int seconds) { seconds_ = seconds; }

    bool full() const { return full_; }
    bool empty() const { return extracted_.blocks.empty(); }
    Extracted& extracted() { return extracted_; }
    std::string_view name() const { return name_; }
    const ExtractLimits& limits() const { return limits_; }

    // `too_large` when a limit was passed, `empty` when there is no block.
    Result<Extracted> finish() &&;

 private:
    struct Open {
        std::size_t level;
        std::string text;
    };
    Place place() const;
    bool fits(std::size_t bytes);

    std::string name_;
    const ExtractLimits& limits_;
    Extracted extracted_;
    std::vector<Open> open_;
    std::size_t heading_bytes_ = 0;
    std::size_t text_bytes_ = 0;
    std::size_t place_bytes_ = 0;
    std::optional<int> page_;
    std::optional<int> seconds_;
    bool full_ = false;
    std::string_view passed_ = "text_bytes_max";  // which limit
};

}  // namespace slipway::knowledge
