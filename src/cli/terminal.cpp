#include "cli/terminal.h"

#include <cmath>
#include <cstdio>

#include <unistd.h>

#include "base/text.h"

namespace slipway::cli {
namespace {

constexpr std::chrono::seconds kPlainEvery{5};
constexpr std::chrono::milliseconds kTerminalEvery{100};

std::string time_left(std::chrono::steady_clock::time_point began, double share) {
    if (share < 0.02) return "…";
    const auto passed = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    const auto left = std::lround(passed * (1 - share) / share);
    return left >= 60 ? fmt::format("{} min {} s", left / 60, left % 60) : fmt::format("{} s", left);
}

}  // namespace

bool on_terminal() { return ::isatty(STDERR_FILENO) == 1; }

std::string size_text(std::uint64_t bytes) {
    constexpr const char* kUnits[] = {"B", "KB", "MB", "GB", "TB"};
    double value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1000 && unit < 4) {
        value /= 1000;
        ++unit;
    }
    return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

void Progress::show(const json::object& event) {
    if (text_or(event, "type") != "progress") return;
    const auto failure = text_or(event, "failure");
    if (!failure.empty()) {
        if (open_ && terminal_) fmt::print(stderr, "\r\x1b[K");
        fmt::print(stderr, "failed: {}: {}\n", printable(text_or(event, "file")), printable(failure));
    }
    const auto done = integer_or(event, "files_done", integer_or(event, "done", 0)),
               all = integer_or(event, "files_all", integer_or(event, "all", 0));
    const auto moment = std::chrono::steady_clock::now();
    const bool last = done == all;
    if (!last && moment - last_ <
                     (terminal_ ? std::chrono::milliseconds(kTerminalEvery) : std::chrono::milliseconds(kPlainEvery)))
        return;
    last_ = moment;
    std::string line;
    if (find(event, "files_all") != nullptr) {
        const auto bytes_done = static_cast<std::uint64_t>(integer_or(event, "bytes_done", 0)),
                   bytes_all = static_cast<std::uint64_t>(integer_or(event, "bytes_all", 0));
        const double share = bytes_all > 0 ? static_cast<double>(bytes_done) / static_cast<double>(bytes_all) : 1;
        line = fmt::format("{}/{} files, {} of {}, {} chunks, {} left", done, all, size_text(bytes_done),
                           size_text(bytes_all), integer_or(event, "chunks", 0), time_left(began_, share));
    } else {
        const double share = all > 0 ? static_cast<double>(done) / static_cast<double>(all) : 1;
        line = fmt::format("{}/{} chunks, {} left", done, all, time_left(began_, share));
    }
    if (terminal_)
        fmt::print(stderr, "\r\x1b[K{}", line);
    else
        fmt::print(stderr, "{}\n", line);
    std::fflush(stderr);
    open_ = true;
}

void Progress::finish() {
    if (open_ && terminal_) fmt::print(stderr, "\n");
    open_ = false;
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (i >= widths.size()) widths.push_back(0);
            widths[i] = std::max(widths[i], row[i].size());
        }
    std::string text;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}", row[i], widths[i] + 2);
        text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
    return text;
}

std::string printable(std::string_view text) {
    std::string shown(text);
    for (char& c : shown)
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f) c = '?';
    return shown;
}

std::string source_line(const json::object& source) {
    auto line = fmt::format("[{}] {}", integer_or(source, "number", 0), printable(text_or(source, "title")));
    if (const auto place = text_or(source, "place"); !place.empty()) line += fmt::format(", {}", printable(place));
    const auto url = text_or(source, "url");
    if (url.starts_with("http"))
        line += fmt::format(" — {}", printable(url));
    else if (const auto web = text_or(source, "source_url"); !web.empty())
        line += fmt::format(" — {}", printable(web));
    return line;
}

}  // namespace slipway::cli
