// One connection to a mail server, from the greeting to the accepted message. Used on one executor.
#pragma once

#include "net/client_connection.h"
#include "store/mail/compose.h"
#include "store/mail/smtp.h"
#include "store/mail/smtp_reply.h"

namespace slipway::store {

class SmtpSession {
 public:
    // `options` outlives the session.
    SmtpSession(std::unique_ptr<net::ClientConnection> connection, const SmtpOptions& options,
                asio::any_io_executor executor);

    // Greeting, EHLO, STARTTLS, AUTH. `context` may be null when no TLS is started.
    Task<void> begin(asio::ssl::context* context);
    Task<void> deliver(const ComposedMail& mail);
    // Says goodbye, and waits for nothing.
    asio::awaitable<void> end();
    const std::string& greeting() const { return greeting_; }

 private:
    Task<SmtpReply> command(std::string line, Milliseconds limit);
    Task<void> write(std::string_view bytes, Milliseconds limit);
    Task<SmtpReply> read(Milliseconds limit);
    Task<void> hello();
    Task<void> start_tls(asio::ssl::context& context);
    Task<void> log_in();
    Task<SmtpReply> send_password();
    Task<void> envelope(const ComposedMail& mail);
    Task<void> body(const ComposedMail& mail);

    net::SteadyTime until(Milliseconds limit) const;
    std::string place() const;
    std::unexpected<Error> lost(std::string_view doing) const;
    // What a reply that is not the wanted one means.
    std::unexpected<Error> refused(const SmtpReply& reply, std::string_view what, ErrorCode for_good) const;

    std::unique_ptr<net::ClientConnection> connection_;
    const SmtpOptions& options_;
    net::Deadline deadline_;
    net::SteadyTime end_;
    SmtpReplyParser parser_;
    std::string received_;  // and not yet parsed
    SmtpExtensions offered_;
    std::string greeting_;
};

}  // namespace slipway::store
