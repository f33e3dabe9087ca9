// The manifest of apps/wwhd, with the variables that its documents name.
#include <gtest/gtest.h>

#include "agent/guard.h"
#include "app/manifest/application.h"

namespace slipway::app {
namespace {

const std::filesystem::path kFolder = std::filesystem::path(SLIPWAY_SOURCE_DIR) / "apps" / "wwhd";
constexpr std::string_view kSecret = "kP3vR8sLq0WzX5nB2mT7yU4iO9aD6fGh";

LoadedManifest load(Variables variables, const ManifestOptions& options = {}) {
    return load_manifest(kFolder, Environment(std::move(variables)), options);
}

TEST(ManifestOfWwhd, LoadsOnADeskWithNothingSet) {
    const auto loaded = load({}, {.data = "/data"});
    EXPECT_EQ(to_lines(loaded.problems), "");
    const auto& manifest = loaded.manifest;
    EXPECT_FALSE(manifest.production());
    EXPECT_TRUE(manifest.server.is_loopback());
    EXPECT_EQ(manifest.server.port, 8000);
    EXPECT_EQ(manifest.server.health, "/health");
    EXPECT_EQ(manifest.stores.database.path, "/data/wwhd.db");
    EXPECT_EQ(manifest.stores.index.scheme, "embedded");
    EXPECT_EQ(manifest.models.chosen()->name, "local");
    EXPECT_EQ(manifest.knowledge.embedding.provider, "local");
    ASSERT_TRUE(manifest.accounts.demo);
    EXPECT_EQ(manifest.accounts.demo->username, "demo");
    EXPECT_EQ(manifest.site.starters.size(), 3U);
}

TEST(ManifestOfWwhd, LoadsInProductionWithItsSecrets) {
    const auto loaded = load({{"APP_ENV", "production"},
                              {"SQLITE_PATH", "/efs/wwhd.db"},
                              {"OPENAI_API_KEY", "k"},
                              {"JWT_SECRET", std::string(kSecret)}});
    EXPECT_EQ(to_lines(loaded.problems), "");
    const auto& manifest = loaded.manifest;
    EXPECT_TRUE(manifest.production());
    EXPECT_EQ(manifest.server.host, "0.0.0.0") << "a load balancer must reach it";
    EXPECT_EQ(manifest.stores.database.path, "/efs/wwhd.db");
    EXPECT_EQ(manifest.accounts.secret.reveal(), kSecret);
    EXPECT_FALSE(manifest.accounts.demo);
    EXPECT_EQ(manifest.models.chosen()->name, "openai");
    EXPECT_EQ(manifest.knowledge.embedding.provider, "openai");
    EXPECT_EQ(manifest.knowledge.embedding.dimension, 1536U);
}

TEST(ManifestOfWwhd, RefusesProductionWithoutASecret) {
    const auto loaded = load({{"APP_ENV", "production"}});
    ASSERT_EQ(loaded.errors(), 1U) << to_lines(loaded.problems);
    EXPECT_NE(loaded.problems[0].message.find("accounts.secret is missing"), std::string::npos);
    EXPECT_EQ(load({{"APP_ENV", "production"}, {"JWT_SECRET", "your-secret-key-change-in-production"}}).errors(), 1U);
}

TEST(ManifestOfWwhd, TakesQdrantUnderItsOwnName) {
    const auto loaded = load({{"QDRANT_URL", "http://localhost:6333"}});
    ASSERT_TRUE(loaded.ok()) << to_lines(loaded.problems);
    EXPECT_EQ(loaded.manifest.stores.index.scheme, "qdrant+http");
    EXPECT_EQ(loaded.manifest.stores.index.url.reveal(), "qdrant+http://localhost:6333");
}

TEST(ManifestOfWwhd, TakesTheFurtherVariables) {
    const auto loaded = load({{"PORT", "9001"},
                              {"HOST", "127.0.0.2"},
                              {"LOG_LEVEL", "DEBUG"},
                              {"CORS_ORIGINS", R"(["https://wwhd.example"])"},
                              {"ALLOW_CREDENTIALS", "false"},
                              {"JWT_EXPIRY_HOURS", "2"},
                              {"CHUNK_SIZE", "500"},
                              {"CHUNK_OVERLAP", "50"},
                              {"TOP_K_RETRIEVAL", "3"},
                              {"MODEL_CHAT", "gpt-4o"},
                              {"MODEL_EMBED", "text-embedding-3-large"},
                              {"OPENAI_API_KEY", "k"},
                              {"MAX_TOKENS_PER_RESPONSE", "100"},
                              {"MAX_CONTEXT_TOKENS", "1000"}});
    EXPECT_EQ(to_lines(loaded.problems), "");
    const auto& manifest = loaded.manifest;
    EXPECT_EQ(manifest.server.port, 9001);
    EXPECT_EQ(manifest.server.host, "127.0.0.2");
    EXPECT_EQ(manifest.server.log_level, log::Level::debug);
    EXPECT_EQ(manifest.server.cors.origins, std::vector<std::string>{"https://wwhd.example"});
    EXPECT_FALSE(manifest.server.cors.credentials);
    EXPECT_EQ(manifest.accounts.access_token, std::chrono::hours(2));
    EXPECT_EQ(manifest.knowledge.chunk.size_max, 500U);
    EXPECT_EQ(manifest.knowledge.chunk.overlap, 50U);
    EXPECT_EQ(manifest.knowledge.retrieve.passages, 3U);
    EXPECT_EQ(manifest.knowledge.embedding.dimension, 3072U);
    EXPECT_EQ(manifest.models.chosen()->model, "gpt-4o");
    EXPECT_EQ(manifest.models.chosen()->tokens_max, 100);
    EXPECT_EQ(manifest.chat.history_tokens, 1000U);
    EXPECT_EQ(load({{"CORS_ORIGINS", "*"}}).manifest.server.cors.origins, std::vector<std::string>{"*"});
    EXPECT_EQ(load({{"OPENROUTER_API_KEY", "k"}}).manifest.models.chosen()->name, "openrouter");
    EXPECT_EQ(load({{"OPENAI_API_KEY", "k"}, {"ENABLE_OPENAI", "false"}, {"GROQ_API_KEY", "k"}})
                  .manifest.models.chosen()
                  ->name,
              "groq");
}

TEST(ManifestOfWwhd, TakesTheVariablesThatTheOriginalReadAndDidNotUse) {
    const auto plain = load({{"OPENAI_API_KEY", "k"}}).manifest;
    EXPECT_EQ(plain.script.prefixes, (TextMap{{"/api/v1", "/api/v1"}}));
    EXPECT_EQ(plain.knowledge.retrieve.minimum_score, 0);
    EXPECT_TRUE(plain.chat.streaming);
    EXPECT_EQ(plain.server.rate_limit.requests, 0U) << "on a desk there is none";
    EXPECT_TRUE(plain.server.rate_limits.empty());
    const auto secret = std::string(kSecret);
    const auto served = load({{"APP_ENV", "production"}, {"JWT_SECRET", secret}}).manifest;
    EXPECT_EQ(served.server.rate_limit.requests, 1000U);
    EXPECT_FALSE(served.server.rate_limits.empty());
    EXPECT_FALSE(served.server.openapi) << "for admins and this machine";
    EXPECT_EQ(plain.chat.graph[0].route.options.model, "");
    EXPECT_EQ(plain.chat.graph[2].answer.options.model, "");
    const auto loaded = load({{"OPENAI_API_KEY", "k"},
                              {"API_V1_PREFIX", "/v1"},
                              {"MIN_RELEVANCE_SCORE", "0.3"},
                              {"ENABLE_STREAMING", "false"},
                              {"ORCHESTRATOR_MODEL", "gpt-of-the-router"},
                              {"SPECIALIST_MODEL", "gpt-of-the-interpreter"},
                              {"JWT_ALGORITHM", "HS256"},
                              {"QDRANT_API_KEY", ""},
                              {"RATE_LIMIT_REQUESTS", "100"},
                              {"RATE_LIMIT_PERIOD", "90"},
                              {"LOG_LEVEL", "WARNING"},
                              {"DEBUG_MODE", "True"}});
    EXPECT_EQ(to_lines(loaded.problems), "");
    const auto& manifest = loaded.manifest;
    EXPECT_EQ(manifest.script.prefixes, (TextMap{{"/api/v1", "/v1"}}));
    EXPECT_EQ(manifest.chat.graph[1].retrieve.options.minimum_score, 0.3);
    EXPECT_FALSE(manifest.chat.streaming);
    EXPECT_EQ(manifest.server.rate_limit.requests, 100U);
    EXPECT_EQ(manifest.server.rate_limit.period, std::chrono::seconds(90));
    EXPECT_EQ(manifest.chat.graph[0].route.options.model, "gpt-of-the-router");
    EXPECT_EQ(manifest.chat.graph[2].answer.options.model, "gpt-of-the-interpreter");
    EXPECT_EQ(manifest.server.log_level, log::Level::debug);
    EXPECT_EQ(load({{"DEBUG_MODE", "false"}, {"LOG_LEVEL", "WARNING"}}).manifest.server.log_level, log::Level::warning);
    const auto elsewhere = load({{"GROQ_API_KEY", "k"}, {"ORCHESTRATOR_MODEL", "gpt-4o"}}).manifest;
    EXPECT_EQ(elsewhere.chat.graph[0].route.options.model, "") << "another provider has no such model";
}

TEST(ManifestOfWwhd, RefusesWhatItCannotKeepOf) {
    const auto signing = load({{"JWT_ALGORITHM", "RS256"}});
    ASSERT_EQ(signing.errors(), 1U);
    EXPECT_NE(to_lines(signing.problems)
                  .find("accounts.algorithm must be one of HS256, EdDSA, not \"RS256\". The value comes "
                        "from ${JWT_ALGORITHM:-HS256}."),
              std::string::npos)
        << to_lines(signing.problems);
    for (const auto* prefix : {"api/v1", "/api/v1/", "/{x}", "//"})
        EXPECT_EQ(load({{"API_V1_PREFIX", prefix}}).errors(), 1U) << prefix;
    EXPECT_EQ(load({{"API_V1_PREFIX", "/"}}).manifest.script.prefixes[0].second, "");
    for (const auto* name : {"MIN_RELEVANCE_SCORE", "ENABLE_STREAMING"})
        EXPECT_EQ(load({{name, "much"}}).errors(), 1U) << name;
}

TEST(ManifestOfWwhd, HasTheGraphOfItsDocuments) {
    const auto& graph = load({}).manifest.chat.graph;
    ASSERT_EQ(graph.size(), 4U);
    EXPECT_EQ(graph[0].name, "router");
    EXPECT_EQ(graph[0].next[0].to, "interpreter");
    EXPECT_EQ(graph[0].next[1].to, "librarian");
    EXPECT_EQ(graph[1].next[0].to, "interpreter");
    EXPECT_EQ(graph[2].next[0].to, "safety");
    EXPECT_EQ(graph[3].next[0].to, "end");
    ASSERT_EQ(graph[0].route.options.topics.size(), 8U);
    for (const auto& topic : graph[0].route.options.topics) EXPECT_GE(topic.keywords.size(), 40U) << topic.name;
    EXPECT_NE(graph[2].answer.options.prompt.find("{{passages}}"), std::string::npos);
    EXPECT_NE(graph[2].answer.options.refusal, "");
}

const agent::GuardClass* find_class(const std::vector<agent::GuardClass>& classes, std::string_view name) {
    for (const auto& one : classes)
        if (one.name == name) return &one;
    return nullptr;
}

bool matches(const agent::GuardNode& guard, std::string_view name, std::string_view text) {
    const auto* rules = find_class(guard.options().classes, name);
    return rules != nullptr && find_match(*rules, agent::GuardText(text)).found();
}

// What a question gets: "help alone", "help too" or "".
std::string help_for(const agent::GuardNode& guard, std::string_view question) {
    std::string help;
    for (const auto& rules : guard.options().classes) {
        if (rules.replacement.empty()) continue;
        const auto match = find_match(rules, agent::GuardText(question));
        if (match.counts()) return "help alone";
        if (match.found()) help = "help too";
    }
    return help;
}

TEST(ManifestOfWwhd, HasRulesThatTellHarmFromIdioms) {
    const auto graph = load({}).manifest.chat.graph;
    const agent::GuardNode guard(graph.back().guard.options);
    ASSERT_EQ(guard.options().classes.size(), 7U);
    for (const auto* name : {"harmful", "despair", "hopeless"}) {
        const auto* rules = find_class(guard.options().classes, name);
        EXPECT_NE(rules->replacement.find("988"), std::string::npos) << name;
        EXPECT_EQ(rules->others.empty(), rules->others_text.find("988") == std::string::npos) << name;
    }
    for (const auto* text : {"I want to kill myself", "sometimes I think of suicide.", "I don't want to live any more",
                             "how to make a bomb", "my partner hits me"})
        EXPECT_EQ(help_for(guard, text), "help alone") << text;
    for (const auto* text :
         {"How do I kill time at the airport?", "I am dying to know", "kill two birds with one stone",
          "I hurt myself in training", "I cut myself in the kitchen", "kill them with kindness",
          "it hits me that I was wrong", "I am cutting myself some slack", "my father died last year"})
        EXPECT_EQ(help_for(guard, text), "") << text;
    EXPECT_TRUE(matches(guard, "medical", "Which dose of it should I take?"));
    EXPECT_TRUE(matches(guard, "financial", "Should I invest in bitcoin?"));
    EXPECT_TRUE(matches(guard, "legal", "Can they fire me for that?"));
    EXPECT_TRUE(matches(guard, "exercise", "Teach me the horse stance"));
    for (const auto* name : {"medical", "financial", "legal", "exercise"}) {
        EXPECT_FALSE(find_class(guard.options().classes, name)->disclaimer.empty());
        for (const auto* text : {"How do I forgive my sister?", "Where should my bed stand?",
                                 "You should invest time in your friends", "Sue is my friend"})
            EXPECT_FALSE(matches(guard, name, text)) << name << ": " << text;
    }
}

TEST(ManifestOfWwhd, WhoAsksForSomebodyElseGetsAnAnswerToo) {
    const auto graph = load({}).manifest.chat.graph;
    const agent::GuardNode guard(graph.back().guard.options);
    for (const auto* question :
         {"My friend says she wants to end her life, how can I help?",
          "my friend says she wants to end her life. how can i help?", "How do I comfort someone who wants to die?",
          "What should I say to a suicidal friend?", "I am worried about my brother, he talks about suicide.",
          "I think my daughter is harming herself", "How can I help my son? He’s cutting himself.",
          "How do I talk to my students about suicide?", "How can I support a friend after her father's suicide?",
          "My uncle killed himself last year. How do I comfort my aunt?", "My sister says life is not worth living.",
          "What do I answer when my dad says he'd be better off dead?", "My grandmother doesn't want to live any more",
          "A colleague told me that his wife has suicidal thoughts"})
        EXPECT_EQ(help_for(guard, question), "help too") << question;
    for (const auto* question :
         {"I want to end my life", "i want to die", "I’m suicidal", "I have suicidal thoughts", "suicide",
          "My friend died and I want to die too.", "My friend wants to end her life and I want to end my life.",
          "How do I tell my wife that I think of suicide?", "She left me. Life is not worth living.",
          "Since my wife left, life is not worth living", "Now he's gone I have no reason to live",
          "My mother would be better off without me", "I want to kill myself, how do I tell my friend?",
          "My therapist says I am suicidal", "my partner hits me", "I want to end her life",
          "How do I harm myself without my family seeing it?"})
        EXPECT_EQ(help_for(guard, question), "help alone") << question;
    for (const auto* question :
         {"My friend wants to die laughing", "I don't want to live with my parents",
          "My friend moved away, how can I help her?", "She doesn't want to live in the city", "How do I cut costs?"})
        EXPECT_EQ(help_for(guard, question), "") << question;
}

TEST(ManifestOfWwhd, SparringWithWordsIsNoExercise) {
    const auto graph = load({}).manifest.chat.graph;
    const agent::GuardNode guard(graph.back().guard.options);
    for (const auto* text :
         {"My boss and I were sparring over the budget", "verbal sparring", "We enjoy sparring with words",
          "But a quarrel needs rules, just as sparring needs rules. In thirty years of sparring classes I have seen "
          "nine "
          "serious injuries."})
        EXPECT_FALSE(matches(guard, "exercise", text)) << text;
    for (const auto* text :
         {"May I go to a sparring class with a cold?", "When can I return to sparring?", "My first sparring session",
          "You can return to jumping and sparring when you pass three tests"})
        EXPECT_TRUE(matches(guard, "exercise", text)) << text;
}

}  // namespace
}  // namespace slipway::app
