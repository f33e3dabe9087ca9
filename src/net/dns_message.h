// Messages of DNS (RFC 1035), as far as asking for TXT records needs them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace slipway::net {

inline constexpr std::size_t kDnsMessageBytesMax = 65'535;
inline constexpr std::size_t kDnsRecordsMax = 200;  // of an answer; more are not looked at

// A question for the TXT records of `name` (ASCII, labels of 1 to 63 bytes, at most 253), recursion desired. `invalid`.
Result<std::string> txt_question(std::uint16_t id, std::string_view name);

struct TxtAnswer {
    bool truncated = false;          // ask again over TCP
    int code = 0;                    // RCODE: 0 well, 3 there is no such name
    std::vector<std::string> texts;  // of the records of that name, or of the one that a CNAME leads to
};

// `upstream` unless the message answers exactly that question (id, name, type), whatever else is in it.
Result<TxtAnswer> read_txt_answer(std::string_view message, std::uint16_t id, std::string_view name);

}  // namespace slipway::net
