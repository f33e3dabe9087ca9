// What a person sees: progress on one line of a terminal, plain lines elsewhere; answers as they come; tables.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/json.h"

namespace slipway::cli {

bool on_terminal();  // standard error is one

// Files, bytes, chunks, time left. On a terminal one line that is written over; else a line per file that failed and
// one every 5 s.
class Progress {
 public:
    explicit Progress(bool terminal) : terminal_(terminal) {}
    void show(const json::object& event);
    void finish();

 private:
    bool terminal_;
    bool open_ = false;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point last_{};
};

// "3.4 MB"
std::string size_text(std::uint64_t bytes);
// Columns as wide as their longest cell.
std::string table(const std::vector<std::vector<std::string>>& rows);
// Text from outside without control characters that could move a terminal's cursor.
std::string printable(std::string_view text);
// "[1] Title, page 3 — where it is"
std::string source_line(const json::object& source);

}  // namespace slipway::cli
