// The mail port: hands one message to whoever delivers it. Adapters: file.h (a folder of messages), smtp.h.
//
// A message is checked and written the same way for every adapter (compose.h). What returned success was taken over:
// by the disk, or by a mail server that answers for it from then on. When the answer was lost the caller does not know;
// details.may_be_sent of the error says so, and sending again may deliver twice.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/task.h"

namespace slipway::store {

struct MailLimits {
    static constexpr std::size_t recipients = 50;
    static constexpr std::size_t name_bytes = 256;
    static constexpr std::size_t subject_bytes = 998;
    static constexpr std::size_t body_bytes = 10 << 20;  // of the text, and of the HTML
    static constexpr std::size_t headers = 32;
    static constexpr std::size_t header_bytes = 4096;  // of one value
};

struct Mailbox {
    std::string address;    // base/email.h
    std::string name = {};  // shown beside it; any text of one line
};

struct Message {
    Mailbox from;
    std::optional<Mailbox> reply_to = {};
    std::vector<Mailbox> to;
    std::string subject;                                            // any text of one line
    std::string text;                                               // lines end as they like
    std::optional<std::string> html = {};                           // the same for those who can show it
    std::vector<std::pair<std::string, std::string>> headers = {};  // further ones, such as List-Unsubscribe
};

struct MailStatus {
    std::string engine;
    Milliseconds latency{0};
};

class Mail {
 public:
    virtual ~Mail() = default;

    // All recipients or none; the answer is the Message-ID, without its brackets. Errors: `invalid` when the message
    // breaks a rule, or when the server will never take it for this sender or recipient (details.smtp_code);
    // `unavailable` when it may be tried again (server away, busy, greylisting, full disk); `upstream` when the server
    // refuses for good and somebody has to change something (password, TLS, policy). Thread safe.
    virtual Task<std::string> send(Message message) = 0;
    virtual Task<MailStatus> status() = 0;
};

}  // namespace slipway::store
