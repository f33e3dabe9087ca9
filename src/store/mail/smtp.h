// Mail by a server (RFC 5321): smtp://user:password@host:587 with STARTTLS, smtps://user:password@host:465 with TLS
// from the first byte.
//
// A connection per message: an application sends few, servers close idle ones, and a kept one that turns out dead makes
// it unknown whether a message was taken. What the server cannot do (SMTPUTF8, AUTH, STARTTLS) is an error, never done
// in a weaker way. MAIL and RCPT go in one piece where PIPELINING is offered.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "store/mail/mail.h"

namespace slipway::store {

struct SmtpOptions {
    std::string host;
    std::uint16_t port = 587;
    std::string user, password;  // empty user: no AUTH
    enum class Security : unsigned char { start_tls, tls, none } security = Security::start_tls;
    std::string hello;  // the name of this machine for EHLO; empty: the address of the connection
    std::optional<std::filesystem::path> certificate_authorities;  // PEM; default: the system's

    std::size_t at_once_max = 16;           // messages on their way; more are answered `unavailable`
    Milliseconds connect_time_max{10'000};  // name, connection and TLS
    Milliseconds answer_time_max{60'000};   // of each command
    Milliseconds body_time_max{180'000};    // until the server took the bytes of the message
    Milliseconds accept_time_max{300'000};  // of the answer to a whole message: scanners take their time
    Milliseconds total_time_max{600'000};
};

// smtp://, smtps://; port 587 and 465 when none is given. Parameters: tls=none (only to this machine itself), ca=FILE,
// hello=NAME. `invalid` says what is wrong, without the password.
Result<SmtpOptions> smtp_options(std::string_view url);

// Connects when the first message is sent. Thread safe; any number of event loops.
std::unique_ptr<Mail> open_smtp(SmtpOptions options);

}  // namespace slipway::store
