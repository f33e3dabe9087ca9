// Messages of DNS: only what answers the question counts.
#include "net/dns_message.h"

#include <gtest/gtest.h>

#include "must.h"
#include "net/dns_client.h"

namespace slipway::net {
namespace {

using test::must;

constexpr std::uint16_t kId = 0x1234;
constexpr std::string_view kName = "_verify.example.org";

std::string number(unsigned value) { return {static_cast<char>(value >> 8 & 0xFF), static_cast<char>(value & 0xFF)}; }
std::string labels(std::string_view name) {
    std::string text;
    while (!name.empty()) {
        const auto label = name.substr(0, name.find('.'));
        text += static_cast<char>(label.size());
        text += label;
        name.remove_prefix(std::min(name.size(), label.size() + 1));
    }
    return text + '\0';
}
std::string record(std::string_view name, unsigned type, const std::string& data) {
    return labels(name) + number(type) + number(1) + std::string(4, '\0') + number(static_cast<unsigned>(data.size())) +
           data;
}
std::string answer(const std::vector<std::string>& records, unsigned flags = 0x8180, unsigned id = kId,
                   std::string_view name = kName) {
    auto text = number(id) + number(flags) + number(1) + number(static_cast<unsigned>(records.size())) + number(0) +
                number(0) + labels(name) + number(16) + number(1);
    for (const auto& each : records) text += each;
    return text;
}

TEST(DnsMessage, StringsOfARecordAreOneTextAndAliasesAreFollowed) {
    const auto plain = must(read_txt_answer(answer({record(kName, 16, "\x05hello\x06 world")}), kId, kName));
    EXPECT_EQ(plain.texts, std::vector<std::string>{"hello world"});
    const auto alias = must(
        read_txt_answer(answer({record(kName, 5, labels("other.example.net")),
                                record("other.example.net", 16, "\x02ok"), record("third.example.net", 16, "\x03not")}),
                        kId, kName));
    EXPECT_EQ(alias.texts, std::vector<std::string>{"ok"});
    EXPECT_EQ(must(read_txt_answer(answer({}, 0x8183), kId, kName)).code, 3);
    EXPECT_TRUE(must(read_txt_answer(answer({}, 0x8380), kId, kName)).truncated);
}

TEST(DnsMessage, WhatAnswersAnotherQuestionIsNoAnswer) {
    const std::vector<std::string> records{record(kName, 16, "\x02ok")};
    EXPECT_TRUE(read_txt_answer(answer(records), kId, kName));
    EXPECT_FALSE(read_txt_answer(answer(records, 0x8180, kId + 1), kId, kName));
    EXPECT_FALSE(read_txt_answer(answer(records, 0x0100), kId, kName));
    EXPECT_FALSE(read_txt_answer(answer(records, 0x8180, kId, "_verify.example.com"), kId, kName));
    const auto whole = answer(records);
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_FALSE(read_txt_answer(std::string_view(whole).substr(0, size), kId, kName)) << size;
}

TEST(DnsMessage, NamesThatPointAtThemselvesEnd) {
    auto looped = answer({});
    looped[7] = 1;  // one record, whose name is a pointer to itself
    looped += "\xC0" + std::string(1, static_cast<char>(looped.size())) + std::string(10, '\0');
    EXPECT_FALSE(read_txt_answer(looped, kId, kName));
}

TEST(DnsMessage, QuestionsAreForNames) {
    EXPECT_EQ(must(txt_question(kId, kName)).size(), 12 + kName.size() + 2 + 4);
    for (const auto* name : {"", "a..b", ".a"}) EXPECT_FALSE(txt_question(kId, name)) << name;
    EXPECT_FALSE(txt_question(kId, std::string(64, 'a') + ".org"));
}

TEST(DnsClient, ServersAreAddresses) {
    EXPECT_EQ(must(parse_dns_server("127.0.0.1")).port, 53);
    EXPECT_EQ(must(parse_dns_server("127.0.0.1:5353")).port, 5353);
    EXPECT_EQ(must(parse_dns_server("[::1]:54")).address.to_string(), "::1");
    EXPECT_EQ(must(parse_dns_server("::1")).port, 53);
    for (const auto* text : {"", "localhost", "127.0.0.1:0", "127.0.0.1:x", "[::1", "[::1]x"})
        EXPECT_FALSE(parse_dns_server(text)) << text;
}

TEST(DnsClient, WithoutAServerNothingIsAsked) {
    const DnsClient client({});
    const auto asked = run_to_end(client.texts(std::string(kName)));
    ASSERT_FALSE(asked);
    EXPECT_EQ(asked.error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace slipway::net
