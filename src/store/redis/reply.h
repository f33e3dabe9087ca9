// What a Redis server says: RESP3 and RESP2 (https://redis.io/docs/latest/develop/reference/protocol-spec/), read
// piece by piece as it arrives, within limits. One kind of value for both: RESP2's null bulk string and null array are
// `null`; a set is a list; a map is a list of keys and values in turn; attributes are passed over. Streamed strings and
// aggregates, which no server sends, are refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace slipway::store::redis {

struct Reply {
    enum class Kind : unsigned char { null, text, integer, number, truth, error, list, map, push };

    Kind kind = Kind::null;
    std::string text;  // of a text or an error; bytes, not necessarily UTF-8. A big number is its digits.
    std::int64_t integer = 0;
    double number = 0;
    bool truth = false;
    std::vector<Reply> items;

    bool is_null() const { return kind == Kind::null; }
    bool is_error() const { return kind == Kind::error; }
    // The first word of an error: "NOSCRIPT", "MOVED", "ERR". Empty for anything else.
    std::string_view error_name() const;
    // An integer, or digits as text (what scripts return for numbers they keep as strings); nullopt for anything else.
    std::optional<std::int64_t> as_integer() const;
};

struct ReplyLimits {
    std::size_t bytes_max = 64 << 20;   // of one reply with all that is in it
    std::size_t items_max = 256 << 10;  // in one reply, at all depths; an item costs about 100 bytes here
    std::size_t depth_max = 16;
    std::size_t line_bytes_max = 64 << 10;  // of a simple string, an error or a number
};

// After an error the place in the stream is lost: the connection is of no use any more, and every later call fails.
class ReplyParser {
 public:
    explicit ReplyParser(ReplyLimits limits = {}) : limits_(limits) {}

    void feed(std::string_view bytes);
    // The next whole reply; nullopt when more bytes are needed. `upstream` when the bytes are no RESP or pass a limit.
    Result<std::optional<Reply>> next();
    // Bytes that are no whole reply yet.
    bool in_the_middle() const { return at_ < buffer_.size() || !open_.empty(); }

 private:
    struct Open {
        Reply reply;
        std::size_t missing = 0;
        bool attribute = false;  // to be passed over
    };
    enum class Step : unsigned char { value, opened, more };

    Result<Step> read(Reply& into);
    Result<Step> read_line(char type, std::string_view line, Reply& into);
    Result<Step> read_bulk(char type, std::string_view line, std::size_t body_at, Reply& into);
    Result<Step> open(char type, std::string_view line, Reply& into);
    // Gives the value to what it is part of. True when `value` is now a whole reply.
    bool close(Reply& value);
    void forget_read();

    ReplyLimits limits_;
    std::string buffer_;
    std::size_t at_ = 0;     // of buffer_, read so far
    std::size_t bytes_ = 0;  // of this reply before at_
    std::size_t items_ = 0;
    std::vector<Open> open_;  // aggregates that are not whole, the outermost first
    bool lost_ = false;
};

}  // namespace slipway::store::redis
