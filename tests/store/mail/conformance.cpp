#include "store/mail/conformance.h"

namespace slipway::test {
namespace {

store::Message plain_message() {
    return {
        .from = {"sender@example.org", "Slipway"}, .to = {{"ada@example.org"}}, .subject = "Hello", .text = "Hi.\n"};
}

std::string body_of(const json::object& received, std::string_view type) {
    for (const auto& body : *array_in(received, "bodies"))
        if (text_or(body.get_object(), "type") == type) return std::string(text_or(body.get_object(), "text"));
    return "no body of type " + std::string(type);
}

Result<void> expect_text(std::string_view found, std::string_view wanted, std::string_view what) {
    if (found == wanted) return {};
    return fail(ErrorCode::internal, "{} is \"{}\" instead of \"{}\"", what, found, wanted);
}

// What holds for every mail.
Result<void> expect_well_formed(const json::object& received, const std::string& id) {
    SLIPWAY_CHECK(expect(array_in(received, "defects")->empty(),
                         fmt::format("no defects, not {}", write_json(*array_in(received, "defects")))));
    SLIPWAY_CHECK(expect_text(text_or(received, "message_id"), "<" + id + ">", "the Message-ID"));
    SLIPWAY_CHECK(expect_text(text_or(received, "mime_version"), "1.0", "MIME-Version"));
    SLIPWAY_CHECK(expect(integer_or(received, "longest_line", 0) <= 998, "no line of more than 998 bytes"));
    SLIPWAY_CHECK(expect(integer_or(received, "bare_line_ends", 1) == 0, "every line ends in CRLF"));
    return expect(text_or(received, "date").ends_with("+00:00"), "a date in UTC");
}

Task<void> carries_a_plain_message(const MailPlace& place) {
    auto mail = place.open();
    SLIPWAY_CO_TRY(const auto id, co_await mail->send(plain_message()));
    const auto received = place.received(id);
    SLIPWAY_CO_CHECK(expect_well_formed(received, id));
    SLIPWAY_CO_CHECK(expect_text(text_or(received, "type"), "text/plain", "the type"));
    SLIPWAY_CO_CHECK(expect_text(text_or(received, "subject"), "Hello", "the subject"));
    SLIPWAY_CO_CHECK(expect(id.ends_with("@example.org"), "a Message-ID of the sender's domain"));
    SLIPWAY_CO_CHECK(
        expect_text(write_json(*array_in(received, "from")), R"([["Slipway","sender@example.org"]])", "the sender"));
    co_return expect_text(body_of(received, "text/plain"), "Hi.\n", "the text");
}

Task<void> carries_all_languages(const MailPlace& place) {
    auto mail = place.open();
    auto message = plain_message();
    message.from.name = "Käthe \"K\" Müller, 東京";
    message.reply_to = store::Mailbox{"reply@example.org", "O'Neil, Pat (team)"};
    message.to = {{"ada@example.org", "Ада Лавлейс"}, {"bob@example.org", "Bob \\ \"the\" B."}};
    message.subject =
        "Grüße aus 東京 – 🎉 a subject that is long enough to need more than one encoded word, surely: äöü";
    message.text =
        "Größe\r\nzwei\rdrei\n\n.dot\nFrom here\ntrailing \n= equals =20\n" + std::string(300, 'x') + "\nend";
    message.html = "<p>日本語の本文です。" + std::string(50, '!') + "</p>";
    SLIPWAY_CO_TRY(const auto id, co_await mail->send(message));
    const auto received = place.received(id);
    SLIPWAY_CO_CHECK(expect_well_formed(received, id));
    SLIPWAY_CO_CHECK(expect(bool_or(received, "ascii", false), "nothing but ASCII on the way"));
    SLIPWAY_CO_CHECK(expect_text(text_or(received, "subject"), message.subject, "the subject"));
    SLIPWAY_CO_CHECK(expect_text(text_or(received, "type"), "multipart/alternative", "the type"));
    const auto boxes = [&](std::string_view field) { return write_json(*array_in(received, field)); };
    SLIPWAY_CO_CHECK(expect_text(boxes("from"), R"([["Käthe \"K\" Müller, 東京","sender@example.org"]])", "from"));
    SLIPWAY_CO_CHECK(expect_text(boxes("reply_to"), R"x([["O'Neil, Pat (team)","reply@example.org"]])x", "reply-to"));
    SLIPWAY_CO_CHECK(expect_text(
        boxes("to"), R"([["Ада Лавлейс","ada@example.org"],["Bob \\ \"the\" B.","bob@example.org"]])", "to"));
    SLIPWAY_CO_CHECK(expect_text(
        body_of(received, "text/plain"),
        "Größe\nzwei\ndrei\n\n.dot\nFrom here\ntrailing \n= equals =20\n" + std::string(300, 'x') + "\nend\n",
        "the text"));
    co_return expect_text(body_of(received, "text/html"), *message.html + "\n", "the HTML");
}

Task<void> carries_further_headers(const MailPlace& place) {
    auto mail = place.open();
    auto message = plain_message();
    const std::string unsubscribe =
        "<mailto:leave@example.org?subject=leave>, <https://example.org/leave/" + std::string(200, 'a') + ">";
    message.headers = {{"List-Unsubscribe", unsubscribe},
                       {"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"},
                       {"X-Note", "schön"}};
    SLIPWAY_CO_TRY(const auto id, co_await mail->send(message));
    const auto received = place.received(id);
    SLIPWAY_CO_CHECK(expect_well_formed(received, id));
    const auto* headers = object_in(received, "headers");
    SLIPWAY_CO_CHECK(expect_text(text_or(*headers, "List-Unsubscribe"), unsubscribe, "List-Unsubscribe"));
    SLIPWAY_CO_CHECK(expect_text(text_or(*headers, "X-Note"), "schön", "X-Note"));
    co_return expect_text(text_or(*headers, "List-Unsubscribe-Post"), "List-Unsubscribe=One-Click", "one click");
}

Task<void> refuses_wrong_messages(const MailPlace& place) {
    auto mail = place.open();
    const auto before = place.count();
    const auto refused = [](auto change) {
        auto message = plain_message();
        change(message);
        return message;
    };
    using store::Message;
    const std::vector<std::pair<std::string_view, Message>> wrong{
        {"a line end in the subject", refused([](Message& m) { m.subject = "x\r\nBcc: eve@example.org"; })},
        {"a line feed in a name", refused([](Message& m) { m.to[0].name = "Ada\nBcc: eve@example.org"; })},
        {"a NUL in the subject", refused([](Message& m) { m.subject = std::string("a\0b", 3); })},
        {"a line end in an address",
         refused([](Message& m) { m.to[0].address = "a@example.org>\r\nRCPT TO:<e@x.org"; })},
        {"an address list", refused([](Message& m) { m.to[0].address = "a@example.org,b@example.org"; })},
        {"no address", refused([](Message& m) { m.from.address = "sender"; })},
        {"no recipient", refused([](Message& m) { m.to.clear(); })},
        {"many recipients", refused([](Message& m) { m.to.resize(51, m.to[0]); })},
        {"a line end in a header", refused([](Message& m) { m.headers = {{"X-A", "b\r\nBcc: eve@example.org"}}; })},
        {"a header name with a colon", refused([](Message& m) { m.headers = {{"X-A: b\r\nBcc", "c"}}; })},
        {"a header of ours", refused([](Message& m) { m.headers = {{"bcc", "eve@example.org"}}; })},
        {"a content header", refused([](Message& m) { m.headers = {{"Content-Type", "text/html"}}; })},
        {"a subject that is not UTF-8", refused([](Message& m) { m.subject = "\xFF"; })},
        {"a text that is not UTF-8", refused([](Message& m) { m.text = "\xC3("; })},
        {"a long subject", refused([](Message& m) { m.subject = std::string(999, 'x'); })},
        {"a large text", refused([](Message& m) { m.text = std::string((10 << 20) + 1, 'x'); })},
    };
    for (const auto& [what, message] : wrong) {
        const auto result = co_await mail->send(message);
        SLIPWAY_CO_CHECK(expect_error(result, ErrorCode::invalid, what));
        SLIPWAY_CO_CHECK(expect(result.error().details.contains("field"), fmt::format("the field of {}", what)));
    }
    co_return expect(place.count() == before, "no message left");
}

Task<void> keeps_messages_apart(const MailPlace& place) {
    auto mail = place.open();
    const auto before = place.count();
    std::vector<std::string> ids(8);
    const auto send_one = [&](std::size_t i) -> Task<void> {
        auto message = plain_message();
        message.text = fmt::format("message {}", i);
        SLIPWAY_CO_TRY(ids[i], co_await mail->send(std::move(message)));
        co_return Result<void>();
    };
    std::vector<Task<void>> tasks;
    for (std::size_t i = 0; i < ids.size(); ++i) tasks.push_back(send_one(i));
    const auto results = co_await all_of(std::move(tasks));
    SLIPWAY_CO_CHECK(first_failure(results));
    SLIPWAY_CO_CHECK(expect(place.count() == before + ids.size(), "as many messages as were sent"));
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto received = place.received(ids[i]);
        SLIPWAY_CO_CHECK(expect_text(body_of(received, "text/plain"), fmt::format("message {}\n", i), "the text"));
    }
    co_return Result<void>();
}

Task<void> tells_its_status(const MailPlace& place) {
    auto mail = place.open();
    SLIPWAY_CO_TRY(const auto status, co_await mail->status());
    co_return expect(!status.engine.empty(), "the name of an engine");
}

constexpr MailCheck kChecks[] = {
    {"carries_a_plain_message", carries_a_plain_message}, {"carries_all_languages", carries_all_languages},
    {"carries_further_headers", carries_further_headers}, {"refuses_wrong_messages", refuses_wrong_messages},
    {"keeps_messages_apart", keeps_messages_apart},       {"tells_its_status", tells_its_status},
};

}  // namespace

std::span<const MailCheck> mail_checks() { return kChecks; }

std::optional<std::string> failure_of(const MailCheck& check, const MailPlace& place) {
    return failure_of_check(check.name, check.run(place));
}

}  // namespace slipway::test
