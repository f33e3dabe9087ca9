#include "model/openai_chat.h"

#include <gtest/gtest.h>

#include "model/scripted_provider.h"

namespace slipway::model {
namespace {

using slipway::testing::ScriptedProvider;

constexpr std::string_view kKey = "sk-very-secret";

OpenAiChat chat_at(const std::string& base_url) {
    OpenAiChatOptions options;
    options.provider.name = "scripted";
    options.provider.base_url = base_url;
    options.provider.key = kKey;
    options.provider.key_variable = "SCRIPTED_API_KEY";
    options.provider.backoff_first = Milliseconds(1);
    options.model = "scripted-chat";
    return OpenAiChat(std::make_shared<net::Client>(), options);
}

ChatRequest ask(std::string text) {
    ChatRequest request;
    request.messages.push_back({.role = Role::system, .content = "Be brief."});
    request.messages.push_back({.role = Role::user, .content = std::move(text)});
    return request;
}

Result<ChatReply> complete(const ScriptedProvider& provider, ChatRequest request = ask("hello")) {
    auto chat = chat_at(provider.base_url());
    return run_to_end(chat.complete(std::move(request)));
}

struct Streamed {
    Result<ChatReply> reply;
    std::vector<std::string> deltas;
    std::string text;
};

Streamed stream(const ScriptedProvider& provider, ChatRequest request = ask("hello"), std::size_t deltas_max = 10'000) {
    auto chat = chat_at(provider.base_url());
    Streamed streamed;
    const DeltaSink sink = [&](std::string_view delta) -> Task<void> {
        if (streamed.deltas.size() >= deltas_max) co_return fail(ErrorCode::conflict, "enough");
        streamed.deltas.emplace_back(delta);
        streamed.text += delta;
        co_return Result<void>();
    };
    streamed.reply = run_to_end(chat.stream(std::move(request), sink));
    return streamed;
}

std::string partial(const Result<ChatReply>& reply) {
    return std::string(text_or(reply.error().details, "partial", "none"));
}

TEST(OpenAiChat, AnswersWhole) {
    const ScriptedProvider provider;
    const auto reply = complete(provider);
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->message.content, "You said: hello");
    EXPECT_EQ(reply->message.role, Role::assistant);
    EXPECT_EQ(reply->stop, StopReason::end);
    EXPECT_EQ(reply->model, "scripted-chat");
    EXPECT_EQ(reply->usage.prompt_tokens, 3);
    EXPECT_EQ(reply->usage.completion_tokens, 3);
    EXPECT_FALSE(reply->usage.estimated);
}

TEST(OpenAiChat, StreamsTheSameReply) {
    const ScriptedProvider provider(R"([{"answer": "Größe 😀 zählt"}])");
    const auto whole = complete(provider);
    const auto streamed = stream(provider);
    ASSERT_TRUE(whole && streamed.reply) << streamed.reply.error().message;
    EXPECT_GT(streamed.deltas.size(), 2);
    EXPECT_EQ(streamed.text, "Größe 😀 zählt");
    EXPECT_EQ(streamed.reply->message.content, whole->message.content);
    EXPECT_EQ(streamed.reply->stop, whole->stop);
    EXPECT_EQ(streamed.reply->usage.completion_tokens, whole->usage.completion_tokens);
    EXPECT_EQ(streamed.reply->usage.prompt_tokens, whole->usage.prompt_tokens);
}

TEST(OpenAiChat, SendsWhatTheRequestHolds) {
    const ScriptedProvider provider;
    auto request = ask("again");
    request.messages.insert(request.messages.begin() + 1,
                            {.role = Role::assistant, .tool_calls = {{"call_1", "time", "{}"}}});
    request.messages.insert(request.messages.begin() + 2,
                            {.role = Role::tool, .content = "noon", .tool_call_id = "call_1"});
    request.model = "other";
    request.temperature = 0.5;
    request.tokens_max = 99;
    request.tools.push_back({"time", "The time.", {{"type", "object"}}});
    request.response_schema = ResponseSchema{"answer", {{"type", "object"}}};
    request.passages.push_back({.number = 1, .title = "private", .text = "not sent"});
    ASSERT_TRUE(complete(provider, request));
    ASSERT_TRUE(stream(provider, request).reply);
    const auto records = provider.records(2);
    const auto expected = json::parse(R"({"model": "other", "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "assistant", "content": null, "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "time", "arguments": "{}"}}]},
        {"role": "tool", "content": "noon", "tool_call_id": "call_1"},
        {"role": "user", "content": "again"}],
        "tools": [{"type": "function", "function": {"name": "time", "description": "The time.", "parameters": {"type": "object"}}}],
        "temperature": 0.5, "max_tokens": 99,
        "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}}}})");
    EXPECT_EQ(records[0].at("body"), expected) << json::serialize(records[0].at("body"));
    EXPECT_TRUE(records[0].at("authorized").as_bool());
    auto streamed = expected;
    streamed.as_object()["stream"] = true;
    streamed.as_object()["stream_options"] = {{"include_usage", true}};
    EXPECT_EQ(records[1].at("body"), streamed);
}

TEST(OpenAiChat, PutsToolCallsTogether) {
    const ScriptedProvider provider(
        R"([{"tool_calls": [{"name": "weather", "arguments": {"city": "Ulm", "days": 3}}, {"name": "time"}]}])");
    for (const auto& reply : {complete(provider), stream(provider).reply}) {
        ASSERT_TRUE(reply) << reply.error().message;
        EXPECT_EQ(reply->stop, StopReason::tool_calls);
        ASSERT_EQ(reply->message.tool_calls.size(), 2);
        EXPECT_EQ(reply->message.tool_calls[0].id, "call_0");
        EXPECT_EQ(reply->message.tool_calls[0].name, "weather");
        EXPECT_EQ(reply->message.tool_calls[0].arguments, R"({"city":"Ulm","days":3})");
        EXPECT_EQ(reply->message.tool_calls[1].name, "time");
        EXPECT_EQ(reply->message.tool_calls[1].arguments, "{}");
    }
}

TEST(OpenAiChat, SaysWhyItStopped) {
    const ScriptedProvider provider(
        R"([{"when": {"contains": "long"}, "finish_reason": "length"}, {"finish_reason": "content_filter"}])");
    EXPECT_EQ(complete(provider, ask("long"))->stop, StopReason::length);
    EXPECT_EQ(stream(provider, ask("long")).reply->stop, StopReason::length);
    EXPECT_EQ(stream(provider, ask("other")).reply->stop, StopReason::content_filter);
}

TEST(OpenAiChat, EstimatesUsageThatIsNotReported) {
    const ScriptedProvider provider(R"([{"usage": false}])");
    for (const auto& reply : {complete(provider), stream(provider).reply}) {
        ASSERT_TRUE(reply);
        EXPECT_TRUE(reply->usage.estimated);
        EXPECT_GT(reply->usage.prompt_tokens, 3);
        EXPECT_GT(reply->usage.completion_tokens, 3);
    }
}

TEST(OpenAiChat, AcceptsAStreamThatIsCompleteWithoutDone) {
    const ScriptedProvider provider(R"([{"done": false}])");
    const auto streamed = stream(provider);
    ASSERT_TRUE(streamed.reply) << streamed.reply.error().message;
    EXPECT_EQ(streamed.reply->message.content, "You said: hello");
}

TEST(OpenAiChat, ReportsAStreamThatEndsTooSoon) {
    for (const auto* rules : {R"([{"done": false, "finish": false}])", R"([{"cut_after": 3}])"}) {
        const ScriptedProvider provider(rules);
        const auto streamed = stream(provider);
        ASSERT_FALSE(streamed.reply) << rules;
        EXPECT_EQ(streamed.reply.error().code, ErrorCode::upstream) << rules;
        EXPECT_EQ(partial(streamed.reply), streamed.text) << rules;
        EXPECT_FALSE(streamed.text.empty()) << rules;
        provider.records(1);
        EXPECT_EQ(provider.requests(), 1) << rules;  // nothing is tried again after the first delta
    }
}

TEST(OpenAiChat, ReportsAChunkThatIsNotJson) {
    const ScriptedProvider provider(R"([{"malformed_after": 2}])");
    const auto streamed = stream(provider);
    ASSERT_FALSE(streamed.reply);
    EXPECT_EQ(streamed.reply.error().code, ErrorCode::upstream);
    EXPECT_EQ(partial(streamed.reply), "You said");
    EXPECT_EQ(complete(provider).error().code, ErrorCode::upstream);
}

TEST(OpenAiChat, ReportsAnErrorInsideTheStream) {
    const ScriptedProvider provider(R"([{"error_after": 2, "error": {"message": "overloaded", "code": "busy"}}])");
    const auto streamed = stream(provider);
    ASSERT_FALSE(streamed.reply);
    EXPECT_EQ(streamed.reply.error().code, ErrorCode::upstream);
    EXPECT_NE(streamed.reply.error().message.find("overloaded"), std::string::npos);
    EXPECT_EQ(text_or(streamed.reply.error().details, "provider_code"), "busy");
    EXPECT_EQ(partial(streamed.reply), "You said");
}

TEST(OpenAiChat, EndsTheStreamWhenTheSinkFails) {
    const ScriptedProvider provider(R"([{"endless": true}])");
    const auto streamed = stream(provider, ask("hello"), 2);
    ASSERT_FALSE(streamed.reply);
    EXPECT_EQ(streamed.reply.error().code, ErrorCode::conflict);
    EXPECT_EQ(streamed.deltas.size(), 2);
    EXPECT_TRUE(provider.records(1)[0].at("client_gone").as_bool());
}

TEST(OpenAiChat, IsStoppedUpstreamByCancellation) {
    const ScriptedProvider provider(R"([{"endless": true, "chunk_delay_ms": 1}])");
    auto chat = chat_at(provider.base_url());
    const DeltaSink sink = [](std::string_view) -> Task<void> { co_return Result<void>(); };
    auto call = chat.stream(ask("hello"), sink);
    const auto reply = run_to_end(with_timeout(std::move(call), Milliseconds(200), "The stream"));
    ASSERT_FALSE(reply);
    EXPECT_TRUE(provider.records(1)[0].at("client_gone").as_bool());
}

TEST(OpenAiChat, EndsAStreamAtItsTime) {
    const ScriptedProvider provider(R"([{"endless": true, "chunk_delay_ms": 1}])");
    auto request = ask("hello");
    request.time_max = Milliseconds(300);
    const auto streamed = stream(provider, request);
    ASSERT_FALSE(streamed.reply);
    EXPECT_EQ(streamed.reply.error().code, ErrorCode::unavailable);
    EXPECT_EQ(partial(streamed.reply), streamed.text);
    EXPECT_TRUE(provider.records(1)[0].at("client_gone").as_bool());
}

TEST(OpenAiChat, EndsAStreamAboveItsSize) {
    const ScriptedProvider provider(
        fmt::format(R"([{{"endless": true, "chunk_size": 100000, "answer": "{}"}}])", std::string(100'000, 'x')));
    const auto streamed = stream(provider);
    ASSERT_FALSE(streamed.reply);
    EXPECT_EQ(streamed.reply.error().code, ErrorCode::upstream);
    EXPECT_NE(streamed.reply.error().message.find("more than"), std::string::npos) << streamed.reply.error().message;
}

TEST(OpenAiChat, DoesNotWaitLongerThanItsTime) {
    const ScriptedProvider provider(R"([{"first_delay_ms": 60000}])");
    auto request = ask("hello");
    request.time_max = Milliseconds(100);
    const auto reply = complete(provider, request);
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(provider.records(1)[0].at("client_gone").as_bool());
}

TEST(OpenAiChat, RefusesARequestWithoutMessages) {
    const ScriptedProvider provider;
    EXPECT_EQ(complete(provider, ChatRequest()).error().code, ErrorCode::invalid);
}

}  // namespace
}  // namespace slipway::model
