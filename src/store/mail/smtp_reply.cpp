#include "store/mail/smtp_reply.h"

#include <charconv>

#include "base/text.h"

namespace slipway::store {
namespace {

constexpr std::size_t kShownMax = 300;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::unexpected<Error> no_reply(std::string_view reason) {
    return fail(ErrorCode::upstream, "What the mail server answers is not SMTP: {}.", reason);
}

void read_auth(std::string_view methods, SmtpExtensions& found) {
    for (const auto method : split(methods, ' ')) {
        found.auth_plain = found.auth_plain || equal_ignoring_case(method, "PLAIN");
        found.auth_login = found.auth_login || equal_ignoring_case(method, "LOGIN");
    }
}

}  // namespace

std::string SmtpReply::text() const {
    std::string shown;
    for (const auto& line : lines) {
        if (!shown.empty()) shown += ' ';
        shown += line;
        if (shown.size() > kShownMax) break;
    }
    shown = to_valid_utf8(shown);
    for (char& c : shown)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    return std::string(cut_utf8(shown, kShownMax));
}

Result<std::size_t> SmtpReplyParser::feed(std::string_view bytes) {
    std::size_t used = 0;
    while (!done_ && used < bytes.size()) {
        const char c = bytes[used++];
        if (c == '\n') {
            SLIPWAY_CHECK(end_line());
            continue;
        }
        if (line_.size() == kSmtpLineMax) return no_reply("a line is too long");
        line_ += c;
    }
    return used;
}

Result<void> SmtpReplyParser::end_line() {
    auto line = std::exchange(line_, {});
    if (line.ends_with('\r')) line.pop_back();
    if (line.size() < 3 || !is_digit(line[0]) || !is_digit(line[1]) || !is_digit(line[2]))
        return no_reply("a line does not begin with a code");
    const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    if (code < 200 || code > 599) return no_reply("a code is none");
    if (line.size() > 3 && line[3] != ' ' && line[3] != '-') return no_reply("a code is not followed by a space");
    if (!reply_.lines.empty() && code != reply_.code) return no_reply("the lines of an answer have different codes");
    if (reply_.lines.size() == kSmtpLinesMax) return no_reply("an answer has too many lines");
    reply_.code = code;
    done_ = line.size() == 3 || line[3] == ' ';
    reply_.lines.push_back(line.size() > 4 ? line.substr(4) : std::string());
    return {};
}

SmtpReply SmtpReplyParser::take() {
    done_ = false;
    return std::exchange(reply_, {});
}

SmtpExtensions extensions_of(const SmtpReply& reply) {
    SmtpExtensions found;
    for (std::size_t i = 1; i < reply.lines.size(); ++i) {
        const auto line = trim(reply.lines[i]);
        const auto end = std::min(line.find_first_of(" ="), line.size());
        const auto word = line.substr(0, end);
        const auto rest = line.substr(std::min(end + 1, line.size()));
        if (equal_ignoring_case(word, "STARTTLS")) found.start_tls = true;
        if (equal_ignoring_case(word, "PIPELINING")) found.pipelining = true;
        if (equal_ignoring_case(word, "SMTPUTF8")) found.utf8 = true;
        if (equal_ignoring_case(word, "AUTH")) read_auth(rest, found);
        std::uint64_t size = 0;
        if (equal_ignoring_case(word, "SIZE") &&
            std::from_chars(rest.data(), rest.data() + rest.size(), size).ec == std::errc() && size > 0)
            found.size_max = size;
    }
    return found;
}

}  // namespace slipway::store
