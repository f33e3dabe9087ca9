#include "store/mail/smtp_session.h"

#include <array>
#include <cstring>

#include <boost/asio/ip/tcp.hpp>

#include "base/crypto.h"
#include "base/json.h"
#include "base/text.h"

namespace slipway::store {
namespace {

constexpr int kReady = 220, kLoggedIn = 235, kDone = 250, kForwarded = 251, kGoOn = 334, kSendBody = 354;
constexpr int kNotAvailable = 421;

std::string address_literal(const net::ClientSocket& socket) {
    boost::system::error_code error;
    const auto local = socket.local_endpoint(error);
    asio::ip::tcp::endpoint endpoint;
    if (error || local.size() > endpoint.capacity()) return "[127.0.0.1]";
    std::memcpy(endpoint.data(), local.data(), local.size());
    endpoint.resize(local.size());
    const auto address = endpoint.address();
    return fmt::format("[{}{}]", address.is_v6() ? "IPv6:" : "", address.to_string());
}

// Lines that begin with a dot get another one (RFC 5321 section 4.5.2), and the dot that ends it all.
std::string stuffed(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size() + 64);
    if (bytes.starts_with('.')) text += '.';
    for (std::size_t at = 0; at < bytes.size();) {
        const auto found = bytes.find("\r\n.", at);
        const auto end = found == std::string_view::npos ? bytes.size() : found + 3;
        text += bytes.substr(at, end - at);
        if (found != std::string_view::npos) text += '.';
        at = end;
    }
    if (!text.ends_with("\r\n")) text += "\r\n";
    return text + ".\r\n";
}

}  // namespace

SmtpSession::SmtpSession(std::unique_ptr<net::ClientConnection> connection, const SmtpOptions& options,
                         asio::any_io_executor executor)
    : connection_(std::move(connection)),
      options_(options),
      deadline_(std::move(executor)),
      end_(std::chrono::steady_clock::now() + options.total_time_max) {}

net::SteadyTime SmtpSession::until(Milliseconds limit) const {
    return std::min(end_, std::chrono::steady_clock::now() + limit);
}

std::string SmtpSession::place() const { return fmt::format("{}:{}", options_.host, options_.port); }

std::unexpected<Error> SmtpSession::lost(std::string_view doing) const {
    return fail(ErrorCode::unavailable, "The mail server {} {} while {}; try again later.", place(),
                deadline_.fired() ? "took too long" : "closed the connection", doing);
}

std::unexpected<Error> SmtpSession::refused(const SmtpReply& reply, std::string_view what, ErrorCode for_good) const {
    const bool later = reply.code / 100 == 4;
    // A server may repeat what it was told.
    const auto said = reply.text();
    const bool tells =
        !options_.password.empty() && (said.contains(options_.password) || said.contains(to_base64(options_.password)));
    Error error{later ? ErrorCode::unavailable : for_good,
                fmt::format("The mail server {} refused {} with {}{}{}.{}", place(), what, reply.code,
                            tells || said.empty() ? "" : ": ", tells ? "" : said,
                            later ? " It may be tried again later." : "")};
    return std::unexpected(std::move(error).with("smtp_code", reply.code));
}

Task<void> SmtpSession::write(std::string_view bytes, Milliseconds limit) {
    deadline_.arm(connection_->socket(), until(limit));
    while (!bytes.empty()) {
        const auto [error, count] = co_await connection_->write_some(bytes);
        if (error) co_return lost("it was sent to");
        bytes.remove_prefix(count);
    }
    co_return Result<void>();
}

Task<SmtpReply> SmtpSession::read(Milliseconds limit) {
    deadline_.arm(connection_->socket(), until(limit));
    std::array<char, 4096> room;
    for (;;) {
        SLIPWAY_CO_TRY(const auto used, parser_.feed(received_));
        received_.erase(0, used);
        if (parser_.done()) break;
        const auto [error, count] = co_await connection_->read_some(room);
        if (error) co_return lost("it was asked");
        received_.append(room.data(), count);
    }
    auto reply = parser_.take();
    if (reply.code == kNotAvailable) co_return refused(reply, "the connection", ErrorCode::unavailable);
    co_return reply;
}

Task<SmtpReply> SmtpSession::command(std::string line, Milliseconds limit) {
    line += "\r\n";
    SLIPWAY_CO_CHECK(co_await write(line, limit));
    co_return co_await read(limit);
}

Task<void> SmtpSession::begin(asio::ssl::context* context) {
    SLIPWAY_CO_TRY(const auto greeting, co_await read(options_.answer_time_max));
    if (greeting.code != kReady) co_return refused(greeting, "the connection", ErrorCode::upstream);
    greeting_ = greeting.text();
    SLIPWAY_CO_CHECK(co_await hello());
    if (options_.security == SmtpOptions::Security::start_tls) {
        SLIPWAY_CO_CHECK(co_await start_tls(*context));
        SLIPWAY_CO_CHECK(co_await hello());
    }
    if (options_.user.empty()) co_return Result<void>();
    co_return co_await log_in();
}

Task<void> SmtpSession::hello() {
    const auto name = options_.hello.empty() ? address_literal(connection_->socket()) : options_.hello;
    SLIPWAY_CO_TRY(const auto reply, co_await command("EHLO " + name, options_.answer_time_max));
    if (reply.code != kDone) co_return refused(reply, "EHLO", ErrorCode::upstream);
    offered_ = extensions_of(reply);
    co_return Result<void>();
}

Task<void> SmtpSession::start_tls(asio::ssl::context& context) {
    if (!offered_.start_tls)
        co_return fail(ErrorCode::upstream,
                       "The mail server {} offers no STARTTLS, and the password and the message would be readable on "
                       "the way. Use smtps:// when it speaks TLS on another port.",
                       place());
    SLIPWAY_CO_TRY(const auto reply, co_await command("STARTTLS", options_.answer_time_max));
    if (reply.code != kReady) co_return refused(reply, "STARTTLS", ErrorCode::upstream);
    // Said in the clear by whoever is on the way, to be taken for an answer inside TLS.
    if (!received_.empty())
        co_return fail(ErrorCode::upstream, "The mail server {} said more than it was asked before TLS.", place());
    deadline_.arm(connection_->socket(), until(options_.connect_time_max));
    const auto error = co_await connection_->start_tls(context, options_.host);
    if (!error) co_return Result<void>();
    if (deadline_.fired()) co_return lost("TLS was started");
    const auto problem = connection_->certificate_problem();
    co_return fail(ErrorCode::unavailable, "TLS with the mail server {} failed: {}.", place(),
                   problem.empty() ? error.message() : "its certificate is not trusted (" + problem + ")");
}

Task<SmtpReply> SmtpSession::send_password() {
    if (offered_.auth_plain) {
        const auto secret = '\0' + options_.user + '\0' + options_.password;
        co_return co_await command("AUTH PLAIN " + to_base64(secret), options_.answer_time_max);
    }
    SLIPWAY_CO_TRY(auto reply, co_await command("AUTH LOGIN", options_.answer_time_max));
    for (const auto* const word : {&options_.user, &options_.password}) {
        if (reply.code != kGoOn) break;
        SLIPWAY_CO_TRY(reply, co_await command(to_base64(*word), options_.answer_time_max));
    }
    co_return reply;
}

Task<void> SmtpSession::log_in() {
    if (!offered_.auth_plain && !offered_.auth_login)
        co_return fail(ErrorCode::upstream,
                       "The mail server {} offers no way to log in that is supported (PLAIN, LOGIN).", place());
    SLIPWAY_CO_TRY(const auto reply, co_await send_password());
    if (reply.code == kLoggedIn) co_return Result<void>();
    if (reply.code / 100 == 4) co_return refused(reply, "the log-in", ErrorCode::upstream);
    Error error{ErrorCode::upstream,
                fmt::format("The mail server {} refused the user name or the password (code {}). Check them in the "
                            "URL of the mail store.",
                            place(), reply.code)};
    co_return std::unexpected(std::move(error).with("smtp_code", reply.code));
}

Task<void> SmtpSession::deliver(const ComposedMail& mail) {
    if (mail.needs_utf8 && !offered_.utf8)
        co_return fail(ErrorCode::invalid,
                       "An address of this message has other letters than ASCII, which the mail server {} does not "
                       "take (no SMTPUTF8).",
                       place());
    if (offered_.size_max && mail.bytes.size() > *offered_.size_max)
        co_return fail(ErrorCode::invalid, "The message has {} bytes; the mail server {} takes at most {}.",
                       mail.bytes.size(), place(), *offered_.size_max);
    SLIPWAY_CO_CHECK(co_await envelope(mail));
    co_return co_await body(mail);
}

Task<void> SmtpSession::envelope(const ComposedMail& mail) {
    std::vector<std::string> lines{fmt::format("MAIL FROM:<{}>{}", mail.sender, mail.needs_utf8 ? " SMTPUTF8" : "")};
    for (const auto& recipient : mail.recipients) lines.push_back(fmt::format("RCPT TO:<{}>", recipient));
    if (offered_.pipelining) {
        const auto together = join(lines, "\r\n") + "\r\n";
        SLIPWAY_CO_CHECK(co_await write(together, options_.answer_time_max));
    }
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (!offered_.pipelining) {
            const auto line = lines[i] + "\r\n";
            SLIPWAY_CO_CHECK(co_await write(line, options_.answer_time_max));
        }
        SLIPWAY_CO_TRY(const auto reply, co_await read(options_.answer_time_max));
        if (reply.code == kDone || reply.code == kForwarded) continue;
        const auto what = i == 0 ? std::string("the sender") : "the recipient " + mail.recipients[i - 1];
        // Not logged in (530), or a policy about all that we send: nothing is wrong with this message.
        const bool is_policy = reply.code == 530 || reply.code == 503 || reply.code == 502 || reply.code == 500;
        auto refusal = refused(reply, what, is_policy ? ErrorCode::upstream : ErrorCode::invalid);
        co_return std::unexpected(std::move(refusal).error().with("field", i == 0 ? "from" : "to"));
    }
    co_return Result<void>();
}

Task<void> SmtpSession::body(const ComposedMail& mail) {
    SLIPWAY_CO_TRY(const auto ready, co_await command("DATA", options_.answer_time_max));
    if (ready.code != kSendBody) co_return refused(ready, "the message", ErrorCode::upstream);
    const auto text = stuffed(mail.bytes);
    SLIPWAY_CO_CHECK(co_await write(text, options_.body_time_max));
    auto reply = co_await read(options_.accept_time_max);
    if (!reply) {
        if (!reply.error().details.contains("smtp_code")) reply.error().details["may_be_sent"] = true;
        co_return pass(reply);
    }
    if (reply->code == kDone) co_return Result<void>();
    co_return refused(*reply, "the message", ErrorCode::upstream);
}

asio::awaitable<void> SmtpSession::end() {
    constexpr Milliseconds kPatience{1000};
    const auto said = co_await write("QUIT\r\n", kPatience);
    static_cast<void>(said);  // the message is with the server
}

}  // namespace slipway::store
