// What a mail server answers (RFC 5321 section 4.2): one or more lines "250-text", the last "250 text".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace slipway::store {

struct SmtpReply {
    int code = 0;  // 200 … 599
    std::vector<std::string> lines;
    // All lines for a person: printable, at most 300 bytes.
    std::string text() const;
};

inline constexpr std::size_t kSmtpLineMax = 2048;  // bytes; the RFC has 512, some servers more
inline constexpr std::size_t kSmtpLinesMax = 128;  // of one reply

// Fed with bytes as they come.
class SmtpReplyParser {
 public:
    // Takes bytes up to the end of a reply and returns how many; `upstream` when they are none. A lone LF ends a line,
    // too.
    Result<std::size_t> feed(std::string_view bytes);
    bool done() const { return done_; }
    // Once done(); then the next reply may be fed.
    SmtpReply take();

 private:
    Result<void> end_line();

    std::string line_;
    SmtpReply reply_;
    bool done_ = false;
};

// What the answer to EHLO offers.
struct SmtpExtensions {
    bool start_tls = false;
    bool pipelining = false;
    bool utf8 = false;
    bool auth_plain = false;
    bool auth_login = false;
    std::optional<std::uint64_t> size_max;  // absent: not said, or no limit
};
SmtpExtensions extensions_of(const SmtpReply& reply);

}  // namespace slipway::store
