// From a Message to the bytes of a mail (RFC 5322, MIME). Nothing in a message can add a header, a recipient or a part:
// addresses are those of base/email.h, what is not plain goes into encoded words (RFC 2047), and bodies into
// quoted-printable or base64. So all is ASCII in lines of at most 998 bytes, bodies in lines of at most 76, and no
// server on the way has a reason to change what a DKIM signature covers. Only an address with other letters than ASCII
// stays as it is, and needs SMTPUTF8 (RFC 6531).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "store/mail/mail.h"

namespace slipway::store {

struct ComposedMail {
    std::string message_id;  // without brackets
    std::string sender;      // of the envelope
    std::vector<std::string> recipients;
    std::string bytes;  // lines end in CRLF
    bool needs_utf8 = false;
};

// `invalid` names the field that is wrong (details.field). The Date is the instant's, in UTC.
Result<ComposedMail> compose(const Message& message, Instant date);

}  // namespace slipway::store
