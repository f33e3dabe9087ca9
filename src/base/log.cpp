#include "base/log.h"

#include <array>
#include <atomic>

#include <fmt/format.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"

namespace slipway::log {
namespace {

std::atomic<Level> minimum{Level::info};
constexpr std::array<std::string_view, 4> kNames{"debug", "info", "warning", "error"};

std::string_view name_of(Level level) { return kNames[static_cast<std::size_t>(level)]; }

std::string as_json(Level level, std::string_view event, boost::json::object fields) {
    boost::json::object line;
    line.reserve(fields.size() + 3);
    line["time"] = to_iso8601(now());
    line["level"] = name_of(level);
    line["event"] = event;
    for (auto& field : fields) line[field.key()] = std::move(field.value());
    return write_json(line) + "\n";
}

// A value from outside must not move the cursor of a terminal, set its title or forge a line. The second row of control
// characters (U+0080 to U+009F) is two bytes in UTF-8.
std::string harmless(std::string text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        const bool second_row = i > 0 && static_cast<unsigned char>(text[i - 1]) == 0xC2 && c < 0xA0;
        if (c < 0x20 || c == 0x7f || second_row) text[i] = ' ';
        if (second_row) text[i - 1] = ' ';
    }
    return text;
}

std::string as_text(Level level, std::string_view event, const boost::json::object& fields) {
    constexpr std::array<std::string_view, 4> kColours{"\x1b[2m", "", "\x1b[33m", "\x1b[31m"};
    auto line = fmt::format("\x1b[2m{}\x1b[0m {}{}\x1b[0m", to_iso8601(now()).substr(11, 12),
                            kColours[static_cast<std::size_t>(level)], event);
    for (const auto& field : fields) {
        const auto& value = field.value();
        const auto shown = value.is_string() ? std::string(value.get_string()) : write_json(value);
        line += fmt::format(" \x1b[2m{}=\x1b[0m{}", std::string_view(field.key()), harmless(shown));
    }
    return line + "\n";
}

}  // namespace

void set_level(Level level) { minimum = level; }
bool enabled(Level level) { return level >= minimum; }

void write(Level level, std::string_view event, boost::json::object fields) {
    if (!enabled(level)) return;
    static const bool terminal = ::isatty(STDERR_FILENO) == 1;
    const auto line = terminal ? as_text(level, event, fields) : as_json(level, event, std::move(fields));
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace slipway::log
