// The scalar values of a manifest as text: how they are read, and how they are written in the reference and in
// messages.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::app {

// A value that is never printed: nothing formats it, and who wants the text must ask for it by name.
class Secret {
 public:
    Secret() = default;
    explicit Secret(std::string value) : value_(std::move(value)) {}

    const std::string& reveal() const { return value_; }
    bool empty() const { return value_.empty(); }
    std::size_t size() const { return value_.size(); }

 private:
    std::string value_;
};

std::optional<std::int64_t> parse_integer(std::string_view text);  // 10000, 10_000
std::optional<double> parse_number(std::string_view text);         // finite
std::optional<bool> parse_boolean(std::string_view text);          // true false yes no on off 1 0, any case
// "512", "64KB", "20MB", "1.5GB"; K, M and G are powers of 1024, KiB is understood too.
std::optional<std::uint64_t> parse_bytes(std::string_view text);
// One text for a whole list: a JSON array of strings, or parts separated by commas. Nothing when it looks like JSON and
// is not.
std::optional<std::vector<std::string>> parse_list(std::string_view text);

std::string format_bytes(std::uint64_t bytes);                        // "20MB"
std::string format_duration(std::chrono::milliseconds milliseconds);  // "24h"

}  // namespace slipway::app
