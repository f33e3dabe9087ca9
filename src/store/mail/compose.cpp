#include "store/mail/compose.h"

#include <algorithm>
#include <array>

#include "base/crypto.h"
#include "base/email.h"
#include "base/json.h"
#include "base/text.h"
#include "net/file_body.h"
#include "store/mail/encoding.h"

namespace slipway::store {
namespace {

// Written here, by servers on the way, or with a meaning for the envelope.
constexpr std::array<std::string_view, 17> kOwnHeaders{
    "from",           "to",          "cc",         "bcc",          "reply-to",    "sender",
    "subject",        "date",        "message-id", "mime-version", "return-path", "received",
    "dkim-signature", "resent-from", "resent-to",  "resent-bcc",   "delivered-to"};

std::unexpected<Error> refuse(std::string_view field, std::string message) {
    return std::unexpected(Error{ErrorCode::invalid, std::move(message)}.with("field", json::string(field)));
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

Result<void> check_line(std::string_view field, std::string_view text, std::size_t bytes_max) {
    if (text.size() > bytes_max)
        return refuse(field,
                      fmt::format("The {} has {} bytes; at most {} are allowed.", field, text.size(), bytes_max));
    if (!is_valid_utf8(text)) return refuse(field, fmt::format("The {} is not valid UTF-8.", field));
    if (std::ranges::any_of(text, is_control))
        return refuse(field, fmt::format("The {} holds a line end or another control character.", field));
    return {};
}

Result<void> check_mailbox(std::string_view field, const Mailbox& mailbox) {
    if (!is_email(mailbox.address) || !is_valid_utf8(mailbox.address))
        return refuse(field, fmt::format("The address in \"{}\" is no e-mail address.", field));
    return check_line(field, mailbox.name, MailLimits::name_bytes);
}

Result<void> check_body(std::string_view field, std::string_view body) {
    if (body.size() > MailLimits::body_bytes)
        return refuse(field, fmt::format("The {} has {} bytes; at most {} are allowed.", field, body.size(),
                                         MailLimits::body_bytes));
    if (!is_valid_utf8(body)) return refuse(field, fmt::format("The {} is not valid UTF-8.", field));
    return {};
}

Result<void> check_header(std::string_view name, std::string_view value) {
    constexpr std::size_t kNameMax = 64;
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    };
    if (name.empty() || name.size() > kNameMax || !std::ranges::all_of(name, is_letter))
        return refuse("headers", "The name of a header has letters, digits and hyphens only.");
    const auto lower = lower_ascii(name);
    if (std::ranges::find(kOwnHeaders, lower) != kOwnHeaders.end() || lower.starts_with("content-"))
        return refuse("headers", fmt::format("The header {} is written by the program and cannot be given.", name));
    return check_line(name, value, MailLimits::header_bytes);
}

Result<void> check(const Message& message) {
    SLIPWAY_CHECK(check_mailbox("from", message.from));
    if (message.reply_to) {
        SLIPWAY_CHECK(check_mailbox("reply_to", *message.reply_to));
    }
    if (message.to.empty()) return refuse("to", "The message has no recipient.");
    if (message.to.size() > MailLimits::recipients)
        return refuse("to", fmt::format("The message has {} recipients; at most {} are allowed.", message.to.size(),
                                        MailLimits::recipients));
    for (const auto& mailbox : message.to) {
        SLIPWAY_CHECK(check_mailbox("to", mailbox));
    }
    SLIPWAY_CHECK(check_line("subject", message.subject, MailLimits::subject_bytes));
    SLIPWAY_CHECK(check_body("text", message.text));
    if (message.html) {
        SLIPWAY_CHECK(check_body("html", *message.html));
    }
    if (message.headers.size() > MailLimits::headers)
        return refuse("headers", fmt::format("The message has {} further headers; at most {} are allowed.",
                                             message.headers.size(), MailLimits::headers));
    for (const auto& [name, value] : message.headers) {
        SLIPWAY_CHECK(check_header(name, value));
    }
    return {};
}

std::string mailbox_text(const Mailbox& mailbox, std::size_t column) {
    if (mailbox.name.empty()) return mailbox.address;
    return fmt::format("{}\r\n <{}>", phrase(mailbox.name, column), mailbox.address);
}

std::string mailbox_line(std::string_view name, const std::vector<Mailbox>& mailboxes) {
    std::vector<std::string> texts;
    for (const auto& mailbox : mailboxes) texts.push_back(mailbox_text(mailbox, name.size() + 2));
    return fmt::format("{}: {}\r\n", name, join(texts, ",\r\n "));
}

// Quoted-printable while most of it can be read so.
std::string part(std::string_view type, std::string_view body) {
    const auto others = static_cast<std::size_t>(
        std::ranges::count_if(body, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }));
    const bool binary = others * 6 > body.size();
    return fmt::format("Content-Type: {}; charset=utf-8\r\nContent-Transfer-Encoding: {}\r\n\r\n{}", type,
                       binary ? "base64" : "quoted-printable", binary ? base64_lines(body) : quoted_printable(body));
}

std::string content(const Message& message) {
    if (!message.html) return part("text/plain", message.text);
    // Neither encoding can make "=_".
    const auto boundary = "=_" + random_token(18);
    return fmt::format(
        "Content-Type: multipart/alternative;\r\n boundary=\"{0}\"\r\n\r\n--{0}\r\n{1}\r\n--{0}\r\n{2}\r\n--{0}--\r\n",
        boundary, part("text/plain", message.text), part("text/html", *message.html));
}

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

Result<ComposedMail> compose(const Message& message, Instant date) {
    SLIPWAY_CHECK(check(message));
    ComposedMail mail;
    mail.sender = message.from.address;
    mail.message_id = fmt::format("{}@{}", new_id(), mail.sender.substr(mail.sender.find('@') + 1));
    mail.needs_utf8 = !is_ascii(mail.sender) || (message.reply_to && !is_ascii(message.reply_to->address));
    for (const auto& mailbox : message.to) {
        if (std::ranges::find(mail.recipients, mailbox.address) == mail.recipients.end())
            mail.recipients.push_back(mailbox.address);
        mail.needs_utf8 = mail.needs_utf8 || !is_ascii(mailbox.address);
    }
    auto& bytes = mail.bytes;
    bytes += mailbox_line("From", {message.from});
    if (message.reply_to) bytes += mailbox_line("Reply-To", {*message.reply_to});
    bytes += mailbox_line("To", message.to);
    bytes += header_line("Subject", message.subject);
    // As HTTP writes dates, but for the zone.
    auto written = net::http_date(std::chrono::floor<std::chrono::seconds>(date).time_since_epoch().count());
    written.replace(written.find(" GMT"), 4, " +0000");
    bytes += fmt::format("Date: {}\r\n", written);
    bytes += fmt::format("Message-ID: <{}>\r\n", mail.message_id);
    for (const auto& [name, value] : message.headers) bytes += header_line(name, value);
    bytes += "MIME-Version: 1.0\r\n";
    bytes += content(message);
    return mail;
}

}  // namespace slipway::store
