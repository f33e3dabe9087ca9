// Failures of a provider: what is tried again, and what a person is told.
#include "model/provider.h"

#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

#include "model/openai_chat.h"
#include "model/scripted_provider.h"

namespace slipway::model {
namespace {

using slipway::testing::ScriptedProvider;

OpenAiChat chat_at(const std::string& base_url) {
    OpenAiChatOptions options;
    options.provider.name = "scripted";
    options.provider.base_url = base_url;
    options.provider.key = "sk-very-secret";
    options.provider.key_variable = "SCRIPTED_API_KEY";
    options.provider.backoff_first = Milliseconds(1);
    options.provider.retry_after_max = Milliseconds(2'000);
    options.model = "scripted-chat";
    return OpenAiChat(std::make_shared<net::Client>(), options);
}

Result<ChatReply> ask(const std::string& base_url) {
    auto chat = chat_at(base_url);
    ChatRequest request;
    request.messages.push_back({.role = Role::user, .content = "hello"});
    return run_to_end(chat.complete(std::move(request)));
}

TEST(Provider, TriesAgainAfterFailuresThatMayPass) {
    for (const int status : {408, 409, 429, 500, 502, 503}) {
        const ScriptedProvider provider(fmt::format(R"([{{"times": 2, "status": {}}}])", status));
        const auto reply = ask(provider.base_url());
        ASSERT_TRUE(reply) << status << reply.error().message;
        EXPECT_EQ(provider.requests(), 3) << status;
    }
}

TEST(Provider, GivesUpAfterItsAttempts) {
    const ScriptedProvider provider(R"([{"status": 503, "error": {"message": "overloaded", "code": "busy"}}])");
    const auto reply = ask(provider.base_url());
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, ErrorCode::unavailable);
    EXPECT_NE(reply.error().message.find("overloaded"), std::string::npos);
    EXPECT_EQ(integer_or(reply.error().details, "status", 0), 503);
    EXPECT_EQ(text_or(reply.error().details, "provider_code"), "busy");
    EXPECT_EQ(provider.requests(), 3);
}

TEST(Provider, SaysWhenToComeBack) {
    const ScriptedProvider provider(R"([{"status": 429, "headers": {"Retry-After": "7.5"}}])");
    const auto reply = ask(provider.base_url());
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, ErrorCode::rate_limited);
    EXPECT_EQ(number_or(reply.error().details, "retry_after_seconds", 0), 7.5);
    EXPECT_EQ(provider.requests(), 1);  // longer than retry_after_max
}

TEST(Provider, WaitsAsLongAsItIsAsked) {
    const ScriptedProvider provider(R"([{"times": 1, "status": 429, "headers": {"retry-after-ms": "30"}}])");
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_TRUE(ask(provider.base_url()));
    EXPECT_GE(std::chrono::steady_clock::now() - begin, Milliseconds(30));
}

TEST(Provider, DoesNotTryAgainWhatCannotPass) {
    for (const auto* rule : {R"([{"status": 400}])", R"([{"status": 404}])", R"([{"status": 422, "error": "text"}])",
                             R"([{"status": 429, "error": {"message": "used up", "code": "insufficient_quota"}}])",
                             R"([{"status": 500, "headers": {"x-should-retry": "false"}}])"}) {
        const ScriptedProvider provider(rule);
        ASSERT_FALSE(ask(provider.base_url())) << rule;
        EXPECT_EQ(provider.requests(), 1) << rule;
    }
}

TEST(Provider, TellsAPersonWhichKeyToCheckAndShowsNone) {
    for (const int status : {401, 403}) {
        const ScriptedProvider provider(
            fmt::format(R"([{{"status": {}, "error": {{"message": "bad key sk-very-secret"}}}}])", status));
        const auto reply = ask(provider.base_url());
        ASSERT_FALSE(reply);
        EXPECT_EQ(reply.error().code, ErrorCode::upstream);
        EXPECT_NE(reply.error().message.find("SCRIPTED_API_KEY"), std::string::npos);
        EXPECT_EQ(reply.error().message.find("very-secret"), std::string::npos);
    }
    const ScriptedProvider talkative(R"([{"status": 400, "error": {"message": "you sent sk-very-secret"}}])");
    const auto reply = ask(talkative.base_url());
    ASSERT_FALSE(reply);
    EXPECT_NE(reply.error().message.find("you sent [key]"), std::string::npos) << reply.error().message;
}

TEST(Provider, SaysThatNobodyListens) {
    asio::io_context loop;
    std::uint16_t port = 0;
    {
        const asio::ip::tcp::acceptor acceptor(loop, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        port = acceptor.local_endpoint().port();
    }
    const auto reply = ask(fmt::format("http://127.0.0.1:{}/v1", port));
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, ErrorCode::unavailable);
}

TEST(Provider, ReportsAnAnswerThatIsCutOff) {
    const ScriptedProvider provider(R"([{"cut_after": 0}])");
    EXPECT_EQ(ask(provider.base_url()).error().code, ErrorCode::upstream);
}

}  // namespace
}  // namespace slipway::model
