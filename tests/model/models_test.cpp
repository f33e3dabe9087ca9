#include "model/models.h"

#include <gtest/gtest.h>

#include "model/known.h"
#include "model/openai_wire.h"
#include "model/scripted_provider.h"
#include "model/tokens.h"

namespace slipway::model {
namespace {

using slipway::testing::ScriptedProvider;

const auto kClient = std::make_shared<net::Client>();
using Variables = std::map<std::string, std::string, std::less<>>;

std::string made(const ModelSettings& settings, const Variables& variables = {}) {
    const auto model = make_chat_model(settings, Environment(variables), kClient);
    return model ? (*model)->name() : "error: " + model.error().message;
}

TEST(Models, AKnownProviderNeedsItsKeyAlone) {
    EXPECT_EQ(made({.provider = "openai"}, {{"OPENAI_API_KEY", "k"}}), "openai/gpt-4o-mini");
    EXPECT_EQ(made({.provider = "openai", .model = "gpt-x"}, {{"OPENAI_API_KEY", "k"}}), "openai/gpt-x");
    EXPECT_EQ(made({.provider = "groq"}, {{"GROQ_API_KEY", "k"}}), "groq/llama-3.3-70b-versatile");
    EXPECT_EQ(made({.provider = "groq", .key = "k"}), "groq/llama-3.3-70b-versatile");
}

TEST(Models, AsksNoKeyOfAServerWithItsOwnAddress) {
    EXPECT_EQ(made({.provider = "vllm", .model = "m", .base_url = "http://127.0.0.1:1/v1"}), "vllm/m");
}

// Also where its name is one that is known: a gateway of one's own, which must not learn the provider's key.
TEST(Models, KeylessMeansWithoutAKey) {
    const ScriptedProvider provider("[]", {"--key", "secret"});
    const ModelSettings settings{.provider = "groq", .base_url = provider.base_url(), .keyless = true};
    const auto model = make_chat_model(settings, Environment({{"GROQ_API_KEY", "secret"}}), kClient);
    ASSERT_TRUE(model) << model.error().message;
    ChatRequest request;
    request.messages.push_back({.content = "hello"});
    const auto reply = run_to_end((*model)->complete(request));
    ASSERT_FALSE(reply) << "the key of the variable was sent";
    EXPECT_EQ(integer_or(reply.error().details, "status", 0), 401);
    EXPECT_TRUE(make_embedding_model({.provider = "openai", .base_url = provider.base_url(), .keyless = true},
                                     Environment(), kClient));
}

TEST(Models, SaysWhatIsMissing) {
    EXPECT_NE(made({.provider = "opneai"}).find("opneai is not known"), std::string::npos);
    EXPECT_NE(made({.provider = "mine", .base_url = "http://x/v1"}).find("name one"), std::string::npos);
    const auto keyless = make_chat_model({.provider = "openai"}, Environment(), kClient);
    ASSERT_FALSE(keyless);
    EXPECT_NE(keyless.error().message.find("OPENAI_API_KEY"), std::string::npos);
    const auto unknown_dimension =
        make_embedding_model({.provider = "openai", .model = "new"}, Environment({{"OPENAI_API_KEY", "k"}}), kClient);
    ASSERT_FALSE(unknown_dimension);
    EXPECT_NE(unknown_dimension.error().message.find("dimension"), std::string::npos);
}

TEST(Models, ReadsBaseUrlsAsTheOfficialClientsDo) {
    const ScriptedProvider provider;
    const Environment environment({{"OPENAI_API_KEY", "k"},
                                   {"OPENAI_BASE_URL", provider.url() + "/v1/"},
                                   {"GROQ_API_KEY", "k"},
                                   {"GROQ_BASE_URL", provider.url()}});
    for (const auto* name : {"openai", "groq"}) {
        const auto model = make_chat_model({.provider = name}, environment, kClient);
        ASSERT_TRUE(model);
        ChatRequest request;
        request.messages.push_back({.content = "hello"});
        request.tokens_max = 5;
        const auto reply = run_to_end((*model)->complete(request));
        ASSERT_TRUE(reply) << reply.error().message;
    }
    const auto records = provider.records(2);
    EXPECT_EQ(records[0].at("path"), "/v1/chat/completions");
    EXPECT_EQ(records[1].at("path"), "/openai/v1/chat/completions");
    EXPECT_EQ(records[0].at("body").at("max_completion_tokens"), 5);
}

TEST(Models, KnowsTheDimensionOfUsualEmbeddings) {
    const Environment environment({{"OPENAI_API_KEY", "k"}});
    const auto model = make_embedding_model({.provider = "openai"}, environment, kClient);
    ASSERT_TRUE(model && *model);
    EXPECT_EQ((*model)->dimension(), 1536);
    EXPECT_EQ((*model)->name(), "openai/text-embedding-3-small");
    EXPECT_EQ(find_embedding("openai/text-embedding-3-large")->dimension, 3072);
    EXPECT_EQ(find_embedding("another"), nullptr);
}

TEST(KnownProviders, BaseUrlsAreReadAsTheirOwnClientsDo) {
    const auto base = [](std::string_view name, const Variables& variables) {
        return base_url_of(*find_provider(name), Environment(variables));
    };
    EXPECT_EQ(base("groq", {}), "https://api.groq.com/openai/v1");
    EXPECT_EQ(base("groq", {{"GROQ_BASE_URL", "http://localhost:1/"}}), "http://localhost:1/openai/v1");
    EXPECT_EQ(base("groq", {{"GROQ_BASE_URL", "http://localhost:1/openai/v1/"}}), "http://localhost:1/openai/v1");
    EXPECT_EQ(base("openai", {{"OPENAI_BASE_URL", "http://localhost:1/v1/"}}), "http://localhost:1/v1");
}

Result<ChatReply> parse(std::string_view body) { return parse_reply(json::parse(body).as_object()); }

TEST(OpenAiWire, IsLenientWithCompatibleServers) {
    const auto parts = parse(
        R"({"choices": [{"message": {"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}}]})");
    ASSERT_TRUE(parts);
    EXPECT_EQ(parts->message.content, "ab");
    const auto refusal =
        parse(R"({"choices": [{"message": {"content": null, "refusal": "No."}, "finish_reason": "stop"}]})");
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->stop, StopReason::refused);
    EXPECT_EQ(refusal->message.content, "No.");
    const auto groq = parse(
        R"({"choices": [{"message": {"content": "x"}}], "x_groq": {"usage": {"prompt_tokens": 1, "completion_tokens": 2}}})");
    ASSERT_TRUE(groq);
    EXPECT_EQ(groq->usage.completion_tokens, 2);
}

TEST(OpenAiWire, RefusesAnswersWithoutAMessage) {
    for (const auto* body :
         {"{}", R"({"choices": []})", R"({"choices": [1]})", R"({"choices": [{"message": 5}]})", R"({"choices": {}})",
          R"({"choices": [{"message": {"content": "x"}, "finish_reason": "error"}]})"})
        EXPECT_FALSE(parse(body)) << body;
}

TEST(OpenAiWire, JoinsInterleavedToolCallsByIndex) {
    StreamAssembler assembler;
    for (
        const auto* chunk :
        {R"({"choices":[{"delta":{"tool_calls":[{"index":1,"id":"b","function":{"name":"g","arguments":"{"}},{"index":0,"id":"a","function":{"name":"f","arguments":"["}}]}}]})",
         R"({"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"]"}},{"index":1,"function":{"arguments":"}"}}]}}]})",
         R"({"choices":[],"prompt_filter_results":[]})",
         R"({"choices":[{"index":1,"delta":{"content":"another choice"}}]})"})
        ASSERT_TRUE(assembler.add(json::parse(chunk).as_object()));
    const auto reply = assembler.reply();
    ASSERT_EQ(reply.message.tool_calls.size(), 2);
    EXPECT_EQ(reply.message.tool_calls[0].id + reply.message.tool_calls[0].arguments, "a[]");
    EXPECT_EQ(reply.message.tool_calls[1].name + reply.message.tool_calls[1].arguments, "g{}");
    EXPECT_EQ(reply.message.content, "");
    EXPECT_EQ(reply.stop, StopReason::tool_calls);
    EXPECT_FALSE(assembler.finished());
}

TEST(OpenAiWire, BoundsToolCalls) {
    StreamAssembler assembler;
    Result<std::string> added;
    for (std::size_t i = 0; i <= kToolCallsMax && added; ++i)
        added = assembler.add(
            {{"choices",
              json::array{json::object{{"delta", {{"tool_calls", json::array{json::object{{"index", i}}}}}}}}}});
    EXPECT_FALSE(added);
}

struct Counted {
    std::string_view text;
    std::int64_t o200k;  // counted with tiktoken 0.14.0
    double error_max;
};

TEST(Tokens, StayNearTheCountsOfO200k) {
    for (const auto& [text, counted, error_max] : std::vector<Counted>{
             {"A home should be bright and well aired, so that the people who live there feel at ease. Whoever saves "
              "regularly can sleep calmly even in difficult times; the decision has been discussed for years without "
              "any result.",
              42, 0.1},
             {"Die Wohnung soll hell und gut gelüftet sein, damit die Bewohner sich wohlfühlen. Wer regelmäßig spart, "
              "kann auch in schwierigen Zeiten ruhig schlafen. Die Geschwindigkeitsbegrenzung auf Autobahnen wird seit "
              "Jahrzehnten diskutiert, ohne dass eine Entscheidung gefallen wäre. Übung macht den Meister, sagt das "
              "Sprichwort.",
              69, 0.1},
             {"L'appartement doit être clair et bien aéré pour que les habitants s'y sentent à l'aise. Celui qui "
              "épargne régulièrement peut dormir tranquille même dans les périodes difficiles. On discute depuis des "
              "années de la question sans qu'une décision ait été prise.",
              53, 0.3},
             {"La vivienda debe ser luminosa y estar bien ventilada para que sus habitantes se sientan cómodos. Quien "
              "ahorra con regularidad puede dormir tranquilo incluso en tiempos difíciles. ¿Qué dice el refrán? La "
              "práctica hace al maestro.",
              50, 0.1},
             {"Квартира должна быть светлой и хорошо проветриваемой, чтобы жильцы чувствовали себя уютно. Тот, кто "
              "регулярно откладывает деньги, может спать спокойно даже в трудные времена. Повторение — мать учения.",
              52, 0.4},
             {"房间应该明亮通风，让住在里面的人感到舒适。定期储蓄的人即使在困难时期也能安心入睡。关于这个问题已经讨论了"
              "几十年，却一直没有做出决定。",
              49, 0.25},
             {"部屋は明るく風通しが良く、住む人が快適に感じられるようにすべきです。定期的に貯金する人は、困難な時期でも"
              "安心して眠ることができます。",
              55, 0.15},
             {"집은 밝고 환기가 잘 되어야 거주하는 사람들이 편안함을 느낍니다. 규칙적으로 저축하는 사람은 어려운 "
              "시기에도 편히 잘 수 있습니다.",
              41, 0.25},
             {"يجب أن تكون الشقة مضيئة وجيدة التهوية حتى يشعر سكانها بالراحة. من يدخر بانتظام يستطيع أن ينام مطمئنا "
              "حتى في الأوقات الصعبة.",
              42, 0.15},
             {"2026-11-21 14:24:05 1795200000 3.14159 12,345.67 0xdeadbeef 192.168.0.1:8080 a7f3c9e1", 53, 0.25},
             {"for (std::size_t i = 0; i < values.size(); ++i) {\n    total += values[i].weight * factor;\n}\n", 31,
              0.35}}) {
        const auto estimated = estimate_tokens(text);
        EXPECT_NEAR(static_cast<double>(estimated), static_cast<double>(counted),
                    error_max * static_cast<double>(counted) + 1)
            << text;
    }
}

TEST(Tokens, TakeAnyBytes) {
    EXPECT_EQ(estimate_tokens(std::string_view()), 0);
    EXPECT_GT(estimate_tokens(std::string_view("\xF0\x9F")), 0);
    EXPECT_GT(estimate_tokens(std::string_view("\xFF\xC3\x80\x80")), 0);
    EXPECT_EQ(estimate_tokens(std::string_view("----------------")), 1);
}

TEST(Tokens, CountAWholeRequest) {
    ChatRequest request;
    request.messages.push_back({.content = "one two three"});
    const auto without = estimate_tokens(request);
    EXPECT_EQ(without, 7);
    request.tools.push_back({"f", "does something", {{"type", "object"}}});
    EXPECT_GT(estimate_tokens(request), without + 4);
}

}  // namespace
}  // namespace slipway::model
