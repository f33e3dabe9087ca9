// What a good manifest becomes: values, defaults, variables, switches.
#include "app/manifest/manifest.h"

#include <gtest/gtest.h>

#include "app/manifest/application.h"
#include "store/index/analyser.h"

namespace slipway::app {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(Manifest, NeedsNothingButAName) {
    const TemporaryApplication application("name: small\n");
    const auto loaded = application.load({}, {.data = "/tmp/data"});
    EXPECT_EQ(problems_of(application, loaded), "");
    const auto& manifest = loaded.manifest;
    EXPECT_EQ(manifest.title, "small");
    EXPECT_FALSE(manifest.production());
    EXPECT_EQ(manifest.server.port, 8000);
    EXPECT_TRUE(manifest.server.is_loopback());
    EXPECT_EQ(manifest.stores.database.path, "/tmp/data/database.sqlite");
    EXPECT_EQ(manifest.stores.index.path, "/tmp/data/index.sqlite");
    EXPECT_EQ(manifest.stores.objects.path, "/tmp/data/objects");
    EXPECT_EQ(manifest.models.chosen()->name, "local");
    ASSERT_EQ(manifest.chat.graph.size(), 3U);
    EXPECT_EQ(manifest.chat.graph[1].next[0].to, "answer");
    EXPECT_EQ(manifest.chat.graph[2].next[0].to, "end");
    EXPECT_NE(manifest.chat.graph[2].answer.options.prompt.find("{{passages}}"), std::string::npos);
    EXPECT_FALSE(manifest.accounts.demo.has_value());
    EXPECT_TRUE(manifest.script.files.empty());
}

TEST(Manifest, SaysWhereItsStackIsAndWhatItMayCost) {
    const TemporaryApplication application(
        "name: shop\ndeploy: { stack: ../infra/shop, budget: { dev: 62.5, economy: 20 } }\n");
    const auto loaded = application.load();
    EXPECT_EQ(problems_of(application, loaded), "");  // a server's image need not have the stack
    const auto& deploy = loaded.manifest.deploy;
    EXPECT_EQ(deploy.stack, "../infra/shop");
    EXPECT_EQ(deploy.values, "deploy");
    EXPECT_EQ(deploy.budget.of("dev"), 62.5);
    EXPECT_EQ(deploy.budget.of("economy"), 20);
    EXPECT_EQ(deploy.budget.of("prod"), 0);
}

TEST(Manifest, ChannelsAreWhereTheCacheIsWhenThatIsRedis) {
    const auto channels = [](std::string_view stores) {
        const TemporaryApplication application(fmt::format("name: told\nstores: {{ {} }}\n", stores));
        const auto loaded = application.load();
        EXPECT_EQ(problems_of(application, loaded), "");
        return loaded.manifest.stores.channels.url.reveal();
    };
    EXPECT_EQ(channels(""), "memory:");
    EXPECT_EQ(channels("cache: \"memory:?bytes=1000000\""), "memory:");
    EXPECT_EQ(channels("cache: \"rediss://:word@cache:6380/2\""), "rediss://:word@cache:6380/2");
    EXPECT_EQ(channels("cache: \"redis://cache\", channels: \"memory:\""), "memory:");
    EXPECT_EQ(channels("channels: \"redis://other\""), "redis://other");
}

TEST(Manifest, SaysThatServersWhichShareWorkDoNotHearEachOther) {
    constexpr std::string_view kShared = R"(name: told
stores: {{ database: "postgresql://app@host/told", queue: "redis://queue"{} }}
)";
    const auto problems = problems_in(fmt::format(kShared, ""));
    EXPECT_TRUE(problems.contains("warning: stores.channels is memory:")) << problems;
    EXPECT_FALSE(problems_in(fmt::format(kShared, ", channels: \"redis://queue\"")).contains("stores.channels"));
}

TEST(Manifest, TakesEveryTypeOfValue) {
    const TemporaryApplication application(R"(name: many
server: { port: 0, trusted_proxies: 2, openapi: no, log_level: WARN, limits: { header_bytes_max: 64KB, heartbeat: 30 } }
accounts: { access_token: 90m, refresh_token: 7d, registration: closed, argon2: { memory: 1.5MB, passes: 3 } }
knowledge: { upload_bytes_max: 20MB, retrieve: { minimum_score: 0.25 }, documents: docs }
)");
    application.write("docs/one.md", "# One\n");
    const auto loaded = application.load();
    EXPECT_EQ(problems_of(application, loaded), "");
    const auto& manifest = loaded.manifest;
    EXPECT_EQ(manifest.server.port, 0);
    EXPECT_EQ(manifest.server.trusted_proxies, 2U);
    EXPECT_FALSE(manifest.server.openapi);
    EXPECT_EQ(manifest.server.log_level, log::Level::warning);
    EXPECT_EQ(manifest.server.limits.header_bytes_max, 64U << 10);
    EXPECT_EQ(manifest.server.limits.heartbeat, seconds(30));
    EXPECT_EQ(manifest.accounts.access_token, minutes(90));
    EXPECT_EQ(manifest.accounts.refresh_token, hours(7 * 24));
    EXPECT_EQ(manifest.accounts.registration, RegistrationPolicy::closed);
    EXPECT_EQ(manifest.accounts.argon2.memory_bytes, 3U << 19);
    EXPECT_EQ(manifest.accounts.argon2.operations, 3U);
    EXPECT_EQ(manifest.knowledge.upload_bytes_max, 20U << 20);
    EXPECT_EQ(manifest.knowledge.retrieve.minimum_score, 0.25);
    EXPECT_EQ(manifest.knowledge.documents, application.folder() / "docs");
}

TEST(Manifest, TakesVariablesWhereTheyAreSet) {
    const TemporaryApplication application(R"(name: one
server: { port: "${PORT:-8100}" }
stores: { database: "sqlite:${FILE:-one.db}" }
accounts: { access_token: "${HOURS:-24}h" }
)");
    auto loaded = application.load({}, {.data = "/data"});
    EXPECT_EQ(loaded.manifest.server.port, 8100);
    EXPECT_EQ(loaded.manifest.stores.database.path, "/data/one.db");
    EXPECT_EQ(loaded.manifest.accounts.access_token, hours(24));
    loaded = application.load({{"PORT", "9000"}, {"FILE", "/srv/two.db"}, {"HOURS", "2"}}, {.data = "/data"});
    EXPECT_EQ(problems_of(application, loaded), "");
    EXPECT_EQ(loaded.manifest.server.port, 9000);
    EXPECT_EQ(loaded.manifest.stores.database.path, "/srv/two.db") << "an absolute path wins over the data folder";
    EXPECT_EQ(loaded.manifest.accounts.access_token, hours(2));
}

TEST(Manifest, CountsAnEmptyValueAsLeftOut) {
    const TemporaryApplication application(R"(name: one
server: { port: "${PORT}", host: , cors: ~ }
stores: { index: "${INDEX:+qdrant+$INDEX}" }
)");
    const auto loaded = application.load();
    EXPECT_EQ(problems_of(application, loaded), "");
    EXPECT_EQ(loaded.manifest.server.port, 8000);
    EXPECT_EQ(loaded.manifest.server.host, "127.0.0.1");
    EXPECT_EQ(loaded.manifest.stores.index.scheme, "embedded");
}

TEST(Manifest, TheWordNoneLeavesOutWhatHasADefault) {
    const TemporaryApplication application(
        "name: one\nserver: { readiness: none, liveness: none, metrics: { path: none } }\n"
        "chat: { graph: { a: { kind: answer, options: { notice: none } } } }\n");
    const auto manifest = application.load().manifest;
    EXPECT_EQ(manifest.server.metrics.path + manifest.server.readiness + manifest.server.liveness, "");
    EXPECT_EQ(manifest.chat.graph.front().answer.options.notice, "");
    EXPECT_EQ(manifest.server.health, "/health");
}

TEST(Manifest, ReadsAListFromOneText) {
    const TemporaryApplication application(
        "name: one\nserver: { cors: { origins: \"${ORIGINS}\", credentials: true } }\n");
    const auto origins = [&](std::string text) {
        return application.load({{"ORIGINS", std::move(text)}}).manifest.server.cors.origins;
    };
    const std::vector<std::string> two{"https://a.example", "https://b.example:8443"};
    EXPECT_EQ(origins(R"(["https://a.example", "https://b.example:8443"])"), two);
    EXPECT_EQ(origins("https://a.example, https://b.example:8443"), two);
    EXPECT_TRUE(origins("").empty());
    const auto any = application.load({{"ORIGINS", "*"}});
    EXPECT_TRUE(any.ok());
    EXPECT_EQ(any.manifest.server.cors.origins, std::vector<std::string>{"*"});
    EXPECT_FALSE(any.manifest.server.cors.credentials) << "any origin with credentials would be no protection at all";
}

TEST(Manifest, SwitchesOnAVariable) {
    const TemporaryApplication application(R"(name: one
server:
  port: { switch: { on: WHERE, cases: { a: 1001, b: "${B:-1002}" }, default: 1003 } }
  cors: { switch: { on: "${WHERE:-none}", cases: { none: ~, a: { origins: [https://a.example] } }, default: { credentials: true } } }
)");
    EXPECT_EQ(application.load().manifest.server.port, 1003);
    EXPECT_EQ(application.load({{"WHERE", "a"}}).manifest.server.port, 1001);
    EXPECT_EQ(application.load({{"WHERE", "b"}}).manifest.server.port, 1002);
    EXPECT_EQ(application.load({{"WHERE", "b"}, {"B", "7"}}).manifest.server.port, 7);
    EXPECT_TRUE(application.load().manifest.server.cors.origins.empty());
    EXPECT_EQ(application.load({{"WHERE", "a"}}).manifest.server.cors.origins.size(), 1U);
    EXPECT_TRUE(application.load({{"WHERE", "b"}}).manifest.server.cors.credentials);
    for (const auto* where : {"", "a", "b"})
        EXPECT_EQ(problems_of(application, application.load({{"WHERE", where}})), "");
}

TEST(Manifest, NamesTheKindsOfEnvironment) {
    const TemporaryApplication application(
        "name: one\nenvironment: ${APP_ENV:-development}\naccounts: { secret: \"${SECRET}\" }\n");
    const auto production = [&](std::string name) {
        const auto loaded =
            application.load({{"APP_ENV", std::move(name)}, {"SECRET", "kP3vR8sLq0WzX5nB2mT7yU4iO9aD6fGh"}});
        EXPECT_EQ(problems_of(application, loaded), "");
        return loaded.manifest.production();
    };
    EXPECT_FALSE(production(""));
    EXPECT_FALSE(production("dev"));
    EXPECT_FALSE(production("test"));
    EXPECT_TRUE(production("staging"));
    EXPECT_TRUE(production("prod"));
    EXPECT_TRUE(production("Production"));
}

TEST(Manifest, LetsTheCommandLineWin) {
    const TemporaryApplication application("name: one\nserver: { host: 127.0.0.1, port: 8000 }\n");
    const auto loaded = application.load({}, {.host = "::1", .port = 9999});
    EXPECT_TRUE(loaded.ok());
    EXPECT_EQ(loaded.manifest.server.host, "::1");
    EXPECT_EQ(loaded.manifest.server.port, 9999);
    EXPECT_FALSE(application.load({}, {.host = "0.0.0.0"}).ok()) << "checked after the command line, not before";
}

TEST(Manifest, ChoosesTheFirstModelWithAKey) {
    const TemporaryApplication application(R"(name: one
models:
  order: [mine, groq, openai, local]
  providers:
    mine: { base_url: "http://127.0.0.1:9/v1", model: tiny, key: "${MINE_KEY}" }
    openai: { enabled: "${ENABLE_OPENAI:-true}" }
)");
    const auto chosen = [&](Variables variables) {
        const auto loaded = application.load(std::move(variables));
        EXPECT_EQ(problems_of(application, loaded), "");
        return *loaded.manifest.models.chosen();
    };
    EXPECT_EQ(chosen({}).name, "local");
    EXPECT_EQ(chosen({{"OPENAI_API_KEY", "k"}}).name, "openai");
    EXPECT_EQ(chosen({{"OPENAI_API_KEY", "k"}, {"ENABLE_OPENAI", "false"}}).name, "local");
    EXPECT_EQ(chosen({{"OPENAI_API_KEY", "k"}, {"GROQ_API_KEY", "k"}}).name, "groq");
    EXPECT_EQ(chosen({{"MINE_KEY", "k"}, {"GROQ_API_KEY", "k"}}).name, "mine");
    const auto openai = chosen({{"OPENAI_API_KEY", "k"}, {"OPENAI_BASE_URL", "http://127.0.0.1:1/v1"}});
    EXPECT_EQ(openai.base_url, "http://127.0.0.1:1/v1");
    EXPECT_EQ(openai.key.reveal(), "k");
    EXPECT_FALSE(openai.model.empty());
    const auto groq = chosen({{"GROQ_API_KEY", "k"}, {"GROQ_BASE_URL", "http://127.0.0.1:1"}});
    EXPECT_EQ(groq.base_url, "http://127.0.0.1:1/openai/v1") << "as Groq's own client reads it";
}

TEST(Manifest, AKeylessProviderIsNotGivenAKey) {
    const TemporaryApplication application(
        "name: one\nmodels: { order: [openai, local], providers: { openai: { keyless: true, base_url: "
        "\"http://127.0.0.1:9/v1\" } } }\n");
    const auto loaded = application.load({{"OPENAI_API_KEY", "k"}});
    ASSERT_EQ(problems_of(application, loaded), "");
    EXPECT_EQ(loaded.manifest.models.chosen()->name, "openai");
    EXPECT_TRUE(loaded.manifest.models.chosen()->key.empty());
}

TEST(Manifest, AProviderMayEmbedThatAnswersNothing) {
    const TemporaryApplication application(
        "name: one\nmodels: { order: [local] }\n"
        "knowledge: { embedding: { order: [openai, local], model: text-embedding-3-small } }\n");
    EXPECT_EQ(application.load().manifest.knowledge.embedding.provider, "local");
    const auto manifest = application.load({{"OPENAI_API_KEY", "k"}}).manifest;
    EXPECT_EQ(manifest.knowledge.embedding.provider, "openai");
    EXPECT_EQ(manifest.models.chosen()->name, "local");
}

TEST(Manifest, KnowsTheDimensionOfWellKnownEmbeddings) {
    const TemporaryApplication application(
        "name: one\nknowledge: { embedding: { order: [openai], model: \"${EMBED}\" } }\n");
    EXPECT_FALSE(application.load({{"EMBED", "text-embedding-3-small"}}).manifest.knowledge.embedding.configured());
    EXPECT_EQ(application.load({{"OPENAI_API_KEY", "k"}, {"EMBED", "text-embedding-3-large"}})
                  .manifest.knowledge.embedding.dimension,
              3072U);
    const auto unknown = application.load({{"OPENAI_API_KEY", "k"}, {"EMBED", "something-else"}});
    EXPECT_EQ(problems_of(application, unknown),
              "app.yaml:2:25: error: knowledge.embedding.dimension is missing; the vectors of something-else have a "
              "length that is not known here. "
              "Look it up in the provider's documentation.\n");
}

TEST(Manifest, BuildsTheGraphWithItsFiles) {
    const TemporaryApplication application(R"(name: one
knowledge: { language: german, namespaces: { a: { keywords: [x, y] }, b: }, retrieve: { passages: 7, neighbours: 2 } }
chat:
  graph:
    first: { kind: route, next: [{ to: third, when: intent == smalltalk }, second], options: { catch_all: b, prompt: ask.md } }
    second: { kind: retrieve, fallback: third }
    third: { kind: answer, options: { prompt: answer.md, refusal: No. } }
    last: { kind: guard, options: { rules: rules.yaml } }
)");
    application.write("ask.md", "{{namespaces}} {{question}}");
    application.write("answer.md", "{{ passages }}");
    application.write(
        "rules.yaml",
        "classes: { bad: { action: replace, keywords: [one], phrases: [two three], except: [not one], text: Stop. } }");
    const auto loaded = application.load();
    ASSERT_EQ(problems_of(application, loaded), "");
    const auto& graph = loaded.manifest.chat.graph;
    ASSERT_EQ(graph.size(), 4U);
    EXPECT_EQ(graph[0].next[0].to, "third");
    EXPECT_EQ(graph[0].next[0].when, "intent == smalltalk");
    EXPECT_EQ(graph[0].next[1].to, "second");
    EXPECT_EQ(graph[0].route.options.prompt, "{{namespaces}} {{question}}");
    EXPECT_EQ(graph[0].route.options.language, "german");
    ASSERT_EQ(graph[0].route.options.topics.size(), 2U);
    EXPECT_EQ(graph[0].route.options.topics[0].keywords.size(), 2U);
    EXPECT_EQ(graph[1].retrieve.options.passages, 7U);
    EXPECT_EQ(graph[1].retrieve.options.neighbours, 2U);
    EXPECT_EQ(graph[1].fallback, "third");
    EXPECT_EQ(graph[2].answer.options.refusal, "No.");
    ASSERT_EQ(graph[3].guard.options.classes.size(), 1U);
    const auto& bad = graph[3].guard.options.classes[0];
    EXPECT_EQ(bad.phrases, (std::vector<std::string>{"one", "two three"}));
    EXPECT_EQ(bad.exceptions, std::vector<std::string>{"not one"});
    EXPECT_EQ(bad.replacement, "Stop.");
    EXPECT_TRUE(bad.disclaimer.empty());
    EXPECT_TRUE(bad.question_too);
}

TEST(Manifest, TakesNamespacesAsPlainNames) {
    const TemporaryApplication application("name: one\nknowledge: { namespaces: [feng_shui, general] }\n");
    const auto loaded = application.load();
    EXPECT_EQ(problems_of(application, loaded), "");
    EXPECT_EQ(loaded.manifest.knowledge.namespace_names(), (std::vector<std::string>{"feng_shui", "general"}));
    EXPECT_EQ(loaded.manifest.knowledge.namespaces[0].title, "Feng shui");
}

TEST(Manifest, FindsRoutesLua) {
    const TemporaryApplication application("name: one\n");
    application.write("routes.lua", "-- nothing\n");
    EXPECT_EQ(application.load().manifest.script.files, std::vector<std::string>{"routes.lua"});
}

TEST(Manifest, KnowsOnlyLanguagesOfTheAnalyser) {
    const auto schema = manifest_schema();
    const auto& language = schema.at("properties").at("knowledge").at("anyOf").at(0).at("properties").at("language");
    for (const auto& name : language.at("anyOf").at(0).at("enum").as_array())
        if (name.as_string() != "none") EXPECT_TRUE(store::is_language(to_text(name.as_string()))) << name.as_string();
}

}  // namespace
}  // namespace slipway::app
