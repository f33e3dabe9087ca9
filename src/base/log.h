// One structured line per event on standard error: JSON when it is a pipe or a file, readable when it is a terminal.
// Never a secret, never a request or message body. Thread safe; a line is written with one call.
#pragma once

#include <string_view>

#include <boost/json/object.hpp>

namespace slipway::log {

enum class Level : unsigned char { debug, info, warning, error };

void set_level(Level level);
bool enabled(Level level);

// `event` is a short fixed phrase ("request", "document indexed"); what varies goes into the fields.
void write(Level level, std::string_view event, boost::json::object fields = {});

inline void debug(std::string_view event, boost::json::object fields = {}) {
    write(Level::debug, event, std::move(fields));
}
inline void info(std::string_view event, boost::json::object fields = {}) {
    write(Level::info, event, std::move(fields));
}
inline void warning(std::string_view event, boost::json::object fields = {}) {
    write(Level::warning, event, std::move(fields));
}
inline void error(std::string_view event, boost::json::object fields = {}) {
    write(Level::error, event, std::move(fields));
}

}  // namespace slipway::log
