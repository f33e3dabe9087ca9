// The parts of the SMTP adapter that need no server: its URL, replies, encodings.
#include <gtest/gtest.h>

#include "base/text.h"
#include "store/mail/compose.h"
#include "store/mail/encoding.h"
#include "store/mail/smtp.h"
#include "store/mail/smtp_reply.h"

namespace slipway::store {
namespace {

using Security = SmtpOptions::Security;

TEST(SmtpUrl, IsRead) {
    const auto options = smtp_options("smtp://user%40example.org:p%3A%C3%A4%2F@mail.example.org?hello=app.example.org");
    ASSERT_TRUE(options.has_value()) << options.error().message;
    EXPECT_EQ(options->user, "user@example.org");
    EXPECT_EQ(options->password, "p:ä/");
    EXPECT_EQ(options->host, "mail.example.org");
    EXPECT_EQ(options->port, 587);
    EXPECT_EQ(options->hello, "app.example.org");
    EXPECT_EQ(options->security, Security::start_tls);
    EXPECT_EQ(smtp_options("smtps://mail.example.org").value().port, 465);
    EXPECT_EQ(smtp_options("smtps://mail.example.org").value().security, Security::tls);
    EXPECT_EQ(smtp_options("smtp://127.0.0.1:2525?tls=none").value().security, Security::none);
    EXPECT_EQ(smtp_options("smtp://[::1]:2525?tls=none").value().host, "::1");
}

TEST(SmtpUrl, IsRefusedWithoutShowingThePassword) {
    for (const auto* url :
         {"smtp://user:hunter2@mail.example.org?tls=none", "smtp://user:hunter2@mail.example.org?colour=red",
          "http://user:hunter2@mail.example.org", "smtp://user:hunter2@", "smtp://user:hunter2@host:99999",
          "smtp://user:hunter2@host/path", "smtps://user:hunter2@127.0.0.1?tls=none", "smtp://user:hunter2%0A@host",
          "smtp://user:hunter2@host?hello=a%20b", "smtp:user:hunter2", "smtp://us er:hunter2@host", ""}) {
        const auto options = smtp_options(url);
        ASSERT_FALSE(options.has_value()) << url;
        EXPECT_EQ(options.error().code, ErrorCode::invalid) << url;
        EXPECT_FALSE(options.error().message.contains("hunter2")) << options.error().message;
    }
}

Result<SmtpReply> parse(std::string_view bytes, std::size_t piece) {
    SmtpReplyParser parser;
    while (!bytes.empty() && !parser.done()) {
        SLIPWAY_TRY(const auto used, parser.feed(bytes.substr(0, piece)));
        bytes.remove_prefix(used);
    }
    if (!parser.done()) return fail(ErrorCode::unavailable, "not done");
    return parser.take();
}

TEST(SmtpReplies, AreReadInPieces) {
    for (const std::size_t piece : {1U, 3U, 1000U}) {
        const auto reply = parse(
            "250-mail.example.org greets\r\n250-SIZE 1000\r\n250-auth=LOGIN plain\n"
            "250-STARTTLS\r\n250-PIPELINING\r\n250 SMTPUTF8\r\n220 more",
            piece);
        ASSERT_TRUE(reply.has_value()) << reply.error().message;
        EXPECT_EQ(reply->code, 250);
        ASSERT_EQ(reply->lines.size(), 6U);
        const auto offered = extensions_of(*reply);
        EXPECT_TRUE(offered.start_tls && offered.pipelining && offered.utf8 && offered.auth_plain &&
                    offered.auth_login);
        EXPECT_EQ(offered.size_max, 1000U);
    }
    EXPECT_EQ(parse("250\r\n", 100).value().code, 250);
    EXPECT_EQ(parse("550-a\r\n550 b\x01\xFF\r\n", 100).value().text(), "a b \uFFFD");
}

TEST(SmtpReplies, ThatAreNoneAreRefused) {
    for (const auto* bytes : {"HTTP/1.1 400 Bad Request\r\n", "25\r\n", "199 x\r\n", "600 x\r\n", "250x\r\n",
                              "250-a\r\n251 b\r\n", "\r\n", "2 50 x\r\n"})
        EXPECT_EQ(parse(bytes, 100).error().code, ErrorCode::upstream) << bytes;
    EXPECT_EQ(parse(std::string(5000, '2'), 100).error().code, ErrorCode::upstream);
    std::string many;
    for (int i = 0; i < 1000; ++i) many += "250-x\r\n";
    EXPECT_EQ(parse(many, 1000).error().code, ErrorCode::upstream);
}

TEST(MailEncoding, KeepsLinesShort) {
    const auto text = quoted_printable(std::string(500, 'a') + "\n" + std::string(500, '.') + "\nFFF" +
                                       std::string(90, 'F') + std::string(77, ' ') + "\n\xC3\xA4");
    for (const auto line : split(text, '\n')) EXPECT_LE(line.size(), kEncodedLineMax + 1) << line;
    for (const auto line : split(encoded_words(std::string(400, 'x') + "東京東京東京東京東京東京東京東京", 10), '\n'))
        EXPECT_LE(line.size(), 78U) << line;
    EXPECT_EQ(header_line("Subject", "plain"), "Subject: plain\r\n");
    EXPECT_EQ(header_line("Subject", "=?UTF-8?B?eA==?="), "Subject: =?UTF-8?B?PT9VVEYtOD9CP2VBPT0/PQ==?=\r\n");
    EXPECT_EQ(phrase("Ada Lovelace", 6), "Ada Lovelace");
    EXPECT_EQ(phrase("Lovelace, \"Ada\"", 6), "\"Lovelace, \\\"Ada\\\"\"");
}

TEST(ComposedMails, SayWhenTheyNeedUtf8) {
    Message message{.from = {"sender@example.org", "Jörg"}, .to = {{"ada@example.org"}}, .text = "x"};
    EXPECT_FALSE(compose(message, now()).value().needs_utf8);
    message.to.push_back({"jörg@example.org"});
    message.to.push_back({"ada@example.org"});
    const auto mail = compose(message, from_unix_ms(1'795'996'800'000)).value();
    EXPECT_TRUE(mail.needs_utf8);
    EXPECT_EQ(mail.recipients, (std::vector<std::string>{"ada@example.org", "jörg@example.org"}));
    EXPECT_TRUE(mail.bytes.contains("\r\nDate: Mon, 30 Nov 2026 00:00:00 +0000\r\n")) << mail.bytes;
}

}  // namespace
}  // namespace slipway::store
