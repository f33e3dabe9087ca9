// Server-sent events, https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
#include "net/client.h"

namespace slipway::net {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

// One line without its end. `id` and `retry` serve reconnection, which nobody here does.
void EventParser::take_line(std::string_view line, std::vector<ServerSentEvent>& events) {
    if (at_start_ && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
    at_start_ = false;
    if (line.empty()) {
        if (has_data_) {
            data_.pop_back();  // the newline after the last line of data
            events.push_back({std::move(event_), std::move(data_)});
        }
        event_.clear();
        data_.clear();
        has_data_ = false;
    } else {
        const auto colon = line.find(':');
        const auto name = line.substr(0, colon);
        auto value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
        if (value.starts_with(' ')) value.remove_prefix(1);
        if (name == "data") {
            data_.append(value).push_back('\n');
            has_data_ = true;
        } else if (name == "event") {
            event_ = value;
        }
    }
}

Result<std::vector<ServerSentEvent>> EventParser::feed(std::string_view bytes) {
    std::vector<ServerSentEvent> events;
    while (!bytes.empty()) {
        if (skip_newline_ && bytes.front() == '\n') bytes.remove_prefix(1);
        skip_newline_ = false;
        const auto end = bytes.find_first_of("\r\n");
        const auto piece = bytes.substr(0, end);
        if (line_.size() + piece.size() + data_.size() + event_.size() > event_bytes_max_)
            return fail(ErrorCode::upstream, "An event of the stream is longer than {} bytes.", event_bytes_max_);
        if (end == std::string_view::npos || !line_.empty()) line_ += piece;
        if (end == std::string_view::npos) break;
        // CR LF is one line end, also when the LF comes with the next bytes.
        skip_newline_ = bytes[end] == '\r';
        bytes.remove_prefix(end + 1);
        // Thousands of streams may wait for their next event, and hold nothing meanwhile.
        const auto begun = std::exchange(line_, std::string());
        take_line(begun.empty() ? piece : std::string_view(begun), events);
    }
    return events;
}

}  // namespace slipway::net
