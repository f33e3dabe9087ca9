// What is wrong, where, and what to do: the text of each kind of problem.
#include <gtest/gtest.h>

#include "app/manifest/application.h"

namespace slipway::app {
namespace {

constexpr std::string_view kStrongSecret = "kP3vR8sLq0WzX5nB2mT7yU4iO9aD6fGh";

TEST(ManifestErrors, NameTheNearestKey) {
    EXPECT_EQ(problems_in("name: one\nserver:\n  prot: 80\n"),
              "app.yaml:3:3: error: \"prot\" is not a key of server. Did you mean \"port\"?\n");
    EXPECT_EQ(problems_in("name: one\nsever: {}\n"),
              "app.yaml:2:1: error: \"sever\" is not a key of the manifest. Did you mean \"server\"?\n");
    EXPECT_EQ(problems_in("name: one\nserver: { tls: { zzzzzz: 1 } }\n"),
              "app.yaml:2:18: error: \"zzzzzz\" is not a key of server.tls. The keys there are certificate, key.\n");
}

TEST(ManifestErrors, AreReportedAllAtOnceInOrder) {
    EXPECT_EQ(problems_in(R"(name: One App
environment: prodution
server:
  port: 70000
  log_level: loud
  limits: { idle_time_max: soon }
knowledge:
  upload_bytes_max: 3 apples
  documents: nowhere
)"),
              "app.yaml:1:7: error: name must be a name of lower-case letters, digits, _ and -, beginning with a "
              "letter, not \"One App\".\n"
              "app.yaml:2:14: error: environment must be one of development, test, staging, production, not "
              "\"prodution\". Did you mean "
              "\"production\"?\n"
              "app.yaml:4:9: error: server.port must be a whole number from 0 to 65535, not \"70000\".\n"
              "app.yaml:5:14: error: server.log_level must be one of debug, info, warning, error, not \"loud\".\n"
              "app.yaml:6:28: error: server.limits.idle_time_max must be a duration from 1s to 1h, not \"soon\". Write "
              "a number with a unit, for "
              "example 500ms, 30s, 15m, 24h or 7d.\n"
              "app.yaml:8:21: error: knowledge.upload_bytes_max must be a size from 1KB to 1GB, not \"3 apples\". "
              "Write a number with or "
              "without a unit, for example 500, 64KB or 20MB.\n"
              "app.yaml:9:14: error: knowledge.documents: there is no folder nowhere. Paths are relative to the folder "
              "of the application.\n");
}

TEST(ManifestErrors, NameValuesThatWouldHaveNoEffect) {
    EXPECT_EQ(problems_in("name: one\nknowledge: { retrieve: { neighbours: 6 } }\n"),
              "app.yaml:2:38: error: knowledge.retrieve.neighbours must be a whole number from 0 to 5, not \"6\".\n");
    EXPECT_EQ(problems_in("name: one\naccounts: { demo: { username: demo, email: demo@localhost } }\n"),
              "app.yaml:2:44: error: accounts.demo.email must be an email address, not \"demo@localhost\".\n");
}

TEST(ManifestErrors, NameWhatIsMissing) {
    EXPECT_EQ(problems_in(""), "app.yaml:1:1: error: name is missing. Add name: …\n");
    EXPECT_EQ(problems_in("name: one\nchat: { graph: { a: { next: end } } }\n"),
              "app.yaml:2:18: error: chat.graph.a.kind is missing. It is one of route, retrieve, answer, guard.\n");
    EXPECT_EQ(problems_in("name: \"${NAME}\"\n"), "app.yaml:1:7: error: name is empty. Give name a value.\n");
}

TEST(ManifestErrors, NameTheVariableButNotASecret) {
    EXPECT_EQ(problems_in("name: one\nserver: { port: \"${PORT:-8000}\" }\n", {{"PORT", "abc"}}),
              "app.yaml:2:17: error: server.port must be a whole number from 0 to 65535, not \"abc\". The value comes "
              "from ${PORT:-8000}.\n");
    EXPECT_EQ(
        problems_in("name: one\nserver: { port: \"${API_KEY}\" }\n", {{"API_KEY", "hush"}}),
        "app.yaml:2:17: error: server.port must be a whole number from 0 to 65535. The value comes from ${API_KEY}.\n");
}

TEST(ManifestErrors, NeverShowASecret) {
    const auto text = problems_in(R"(name: one
accounts: { secret: hunter2hunter2, demo: { password: swordf } }
stores: { database: "postgresql://user:opensesame@host/db", index: "htp://user:opensesame@host" }
models: { providers: { openai: { key: [sk-abcdef] } } }
)");
    EXPECT_NE(text.find("accounts.secret"), std::string::npos) << text;
    EXPECT_NE(text.find("stores.index: htp: is not a kind"), std::string::npos) << text;
    for (const auto* secret : {"hunter2", "swordf", "opensesame", "sk-abcdef"})
        EXPECT_EQ(text.find(secret), std::string::npos) << text;
}

TEST(ManifestErrors, ExplainBadExpressionsAndSwitches) {
    EXPECT_EQ(problems_in("name: one\ntitle: \"${OPEN\"\n"), "app.yaml:2:8: error: title: A ${ is not closed by }.\n");
    EXPECT_EQ(
        problems_in("name: one\ntitle: { switch: { on: WHERE, cases: { a: A, b: B } } }\n", {{"WHERE", "c"}}),
        "app.yaml:2:24: error: title: no case fits the value of WHERE. The cases are a, b; add one, or a default.\n");
    EXPECT_EQ(problems_in("name: one\ntitle: { switch: { case: { a: A } } }\n"),
              "app.yaml:2:10: error: title: a switch needs on (a variable) and cases (a map). Write switch: { on: "
              "NAME, cases: { one: …, two: … }, "
              "default: … }\n"
              "app.yaml:2:20: error: \"case\" is not a key of a switch. A switch has on, cases and default.\n");
}

TEST(ManifestErrors, TellMapsListsAndValuesApart) {
    EXPECT_EQ(problems_in("- name\n"),
              "app.yaml:1:1: error: The manifest must be a map of keys, not a list. Begin with name: …\n"
              "app.yaml:1:1: error: name is missing. Add name: …\n");
    EXPECT_EQ(problems_in("name: one\nserver: 8000\n"),
              "app.yaml:2:9: error: server must be a map of keys, not a single value.\n");
    EXPECT_EQ(problems_in("name: [one]\n"), "app.yaml:1:7: error: name must be a single value, not a list.\n");
    EXPECT_EQ(problems_in("name: one\nserver: { cors: { origins: '[1, 2]' } }\n"),
              "app.yaml:2:28: error: server.cors.origins must be a list of texts, not \"[1, 2]\". Write a JSON array "
              "of strings, or parts with "
              "commas between them.\n");
}

TEST(ManifestErrors, RefuseDoubleKeys) {
    EXPECT_EQ(problems_in("name: one\nserver: { port: 1 }\nserver: { port: 2 }\n"),
              "app.yaml:3:1: error: The key \"server\" stands twice in this map. The first is on line 2.\n");
    EXPECT_EQ(problems_in("name: one\nknowledge: { namespaces: [a, a] }\n"),
              "app.yaml:2:30: error: \"a\" stands twice in knowledge.namespaces.\n");
}

TEST(ManifestErrors, SayWhatIsNotYaml) {
    const auto text = problems_in("name: one\nserver: { port: 1\n");
    EXPECT_TRUE(text.starts_with("app.yaml:3:1: error: This is not YAML: ")) << text;
    EXPECT_EQ(
        problems_in("name: one\n---\nname: two\n"),
        "app.yaml: error: There is a second YAML document in the file. Remove the line with --- in the middle.\n");
    EXPECT_EQ(problems_in("name: !secret one\n"),
              "app.yaml:1:7: error: The tag !secret is not understood. Leave it out.\n");
    const auto not_utf8 = problems_in("name: \xff\n");
    EXPECT_NE(not_utf8.find("app.yaml is not valid UTF-8; save it with that encoding.\n"), std::string::npos)
        << not_utf8;
}

TEST(ManifestErrors, SayThatThereIsNoManifest) {
    const auto loaded = load_manifest("/nonexistent/app", Environment());
    EXPECT_FALSE(loaded.ok());
    EXPECT_EQ(to_lines(loaded.problems),
              "/nonexistent/app/app.yaml: error: There is no file /nonexistent/app/app.yaml. An application is a "
              "folder with that file; `slipway new "
              "NAME` makes one.\n");
}

TEST(ManifestErrors, SuggestTheNearestFile) {
    const TemporaryApplication application(
        "name: one\nknowledge: { documents: dosc, synonyms: synonim.txt }\nscript: { files: [route.lua] }\n");
    application.write("docs/a.md", "a");
    application.write("synonyms.txt", "a, b");
    application.write("routes.lua", "");
    EXPECT_EQ(problems_of(application, application.load()),
              "app.yaml:2:25: error: knowledge.documents: there is no folder dosc. Did you mean \"docs\"?\n"
              "app.yaml:2:41: error: knowledge.synonyms: there is no file synonim.txt. Did you mean \"synonyms.txt\"?\n"
              "app.yaml:3:18: error: script.files: there is no file route.lua. Did you mean \"routes.lua\"?\n");
}

TEST(ManifestErrors, KnowWhatComesLater) {
    constexpr std::string_view kManifest = "name: one\nstores: { index: \"${VECTORS_URL}\" }\nvoice: { on: true }\n";
    const Variables variables{{"VECTORS_URL", "postgresql://somewhere/vectors"}};
    EXPECT_EQ(problems_in(kManifest, variables),
              "app.yaml:3:1: error: voice comes with a later release. Leave it out until then.\n");
    EXPECT_EQ(problems_in(kManifest, variables, {.purpose = Purpose::check}),
              "app.yaml:3:1: warning: voice comes with a later release. `serve` refuses it until then.\n");
    EXPECT_EQ(problems_in("name: one\nstores: { objects: \"s3://bucket\", database: \"sqlit:x\" }\n"),
              "app.yaml:2:45: error: stores.database: sqlit: is not a kind of store that is known here. Did you mean "
              "\"sqlite:\"?\n");
    for (const auto* section : {"records", "agents", "workflows", "voice"})
        EXPECT_NE(problems_in(fmt::format("name: one\n{}: {{ a: 1 }}\n", section)).find("comes with a later release"),
                  std::string::npos)
            << section;
}

TEST(ManifestErrors, FilesNameTheirPurposesTypesAndStores) {
    EXPECT_EQ(
        problems_in("name: one\nfiles:\n  drafts: { types: [image/, text/plain], write: scripts, keep: 30d }\n"
                    "  assets: { read: public, public_url: \"https://cdn.example.org/\", store: \"s3://assets\" }\n"),
        "");
    EXPECT_EQ(problems_in("name: one\nfiles:\n  drafts: { store: \"ftp://x\" }\n"),
              "app.yaml:3:20: error: files.drafts.store: ftp: is not a kind of store that is known here. There are "
              "file:, s3:.\n");
    EXPECT_EQ(problems_in("name: one\nfiles:\n  drafts: { types: [PNG] }\n"),
              "app.yaml:3:20: error: files.drafts.types: \"PNG\" is not a content type. Write image/png, or image/ for "
              "all images, in lower case.\n");
    EXPECT_EQ(problems_in("name: one\nfiles:\n  drafts: { public_url: \"https://cdn.example.org\" }\n"),
              "app.yaml:3:25: error: files.drafts.public_url is for a purpose with read: public. Set "
              "files.drafts.read: public, or remove it.\n");
    EXPECT_EQ(problems_in("name: one\nfiles:\n  drafts: { access_key: a }\n"),
              "app.yaml:3:25: error: files.drafts.access_key and files.drafts.secret_key belong together. Give both, "
              "or none for the keys in AWS's usual places.\n"
              "app.yaml:3:25: error: files.drafts.access_key is of a bucket of its own. Name the bucket in "
              "files.drafts.store, or leave the keys out.\n");
    EXPECT_NE(problems_in("name: one\nfiles: { drafts: { size_max: 1GB } }\n").find("holds at most 256MB"),
              std::string::npos);
    EXPECT_NE(problems_in("name: one\nfiles: { drafts: { red: owner } }\n").find("Did you mean \"read\"?"),
              std::string::npos);
    std::string many = "name: one\nfiles:\n";
    for (int i = 0; i < 17; ++i) many += fmt::format("  p{}: {{}}\n", i);
    EXPECT_NE(problems_in(many).find("at most 16 purposes"), std::string::npos);
}

TEST(ManifestErrors, RefuseWeakSecretsInProduction) {
    constexpr std::string_view kManifest = "name: one\nenvironment: production\naccounts: { secret: \"${SECRET}\" }\n";
    const auto prefix = std::string("app.yaml:3:21: error: accounts.secret ");
    const auto refusal = [&](std::string secret) { return problems_in(kManifest, {{"SECRET", std::move(secret)}}); };
    const std::string end = "; this is refused in production. Make one with: openssl rand -base64 48\n";
    EXPECT_EQ(refusal(""), prefix + "is missing" + end);
    EXPECT_EQ(refusal("kP3vR8sLq0WzX5nB2mT7yU4iO9aD6fG"), prefix + "has 31 bytes; it must have at least 32" + end);
    EXPECT_EQ(refusal("please-change-me-in-production-0123456789"), prefix + "is a placeholder" + end);
    EXPECT_EQ(refusal("your-secret-key-here-and-some-more-of-it"), prefix + "is a placeholder" + end);
    EXPECT_EQ(refusal(std::string(64, 'a')), prefix + "is too easy to guess" + end);
    EXPECT_EQ(refusal(std::string(kStrongSecret)), "");
    EXPECT_EQ(problems_in("name: one\nenvironment: production\n"),
              "app.yaml:1:1: error: accounts.secret is missing; this is refused in production. Make one with: openssl "
              "rand -base64 48\n");
}

TEST(ManifestErrors, TokensThatCanBeGuessedAreNoWayIn) {
    const std::string manifest =
        "name: one\nserver: { host: 0.0.0.0 }\naccounts:\n  secret: \"${SECRET}\"\n  beta: { tokens: \"${BETA}\" }\n"
        "  service_tokens: { letta: { secret: \"${SERVICE}\" } }\n";
    const std::string strong(kStrongSecret);
    EXPECT_EQ(
        problems_in(manifest, {{"SECRET", strong}, {"BETA", "uma_beta_2026_a"}, {"SERVICE", "short"}}),
        "app.yaml:5:19: error: accounts.beta.tokens has one of less than 16 bytes; this is refused when others can "
        "reach the server (0.0.0.0). `slipway tokens create` makes tokens that cannot be guessed.\n"
        "app.yaml:6:38: error: accounts.service_tokens.letta.secret has 5 bytes; it must have at least 32; this is "
        "refused when others can reach the server (0.0.0.0). Make one with: openssl rand -base64 48\n");
    EXPECT_EQ(problems_in(manifest, {{"SECRET", strong}, {"BETA", "uma_beta_2026_abcd"}, {"SERVICE", strong}}), "");
    EXPECT_EQ(problems_in(manifest, {{"SECRET", strong}, {"BETA", ""}, {"SERVICE", ""}}), "") << "nobody comes in";
}

TEST(ManifestErrors, ProtectWhatOthersCanReach) {
    EXPECT_EQ(problems_in("name: one\nserver: { host: 0.0.0.0 }\naccounts: { demo: { username: demo } }\n"),
              "app.yaml:3:11: error: accounts.secret is missing; this is refused when others can reach the server "
              "(0.0.0.0). Make one with: openssl "
              "rand -base64 48\n"
              "app.yaml:3:19: error: accounts.demo: a demo user is refused when others can reach the server (0.0.0.0). "
              "Remove it, or listen on "
              "127.0.0.1.\n");
    EXPECT_EQ(problems_in(
                  "name: one\nenvironment: production\naccounts: { secret: \"${SECRET}\", demo: { username: demo } }\n",
                  {{"SECRET", std::string(kStrongSecret)}}),
              "app.yaml:3:40: error: accounts.demo: a demo user is refused in production. Remove it, or listen on "
              "127.0.0.1.\n");
    EXPECT_EQ(problems_in("name: one\naccounts: { secret: short, demo: { username: demo } }\n"),
              "app.yaml:2:21: warning: accounts.secret has 5 bytes; it must have at least 32; in production this is "
              "refused.\n");
}

TEST(ManifestErrors, CheckTheGraph) {
    EXPECT_EQ(problems_in(R"(name: one
chat:
  graph:
    a: { kind: rute, options: { whatever: 1 } }
    b: { kind: retrieve, next: { to: d, when: passages = 0 }, fallback: x }
    c: { kind: answer, next: [end, b], options: { refusla: No. } }
)"),
              "app.yaml:4:16: error: chat.graph.a.kind must be one of route, retrieve, answer, guard, not \"rute\". "
              "Did you mean \"route\"?\n"
              "app.yaml:5:38: error: chat.graph.b.next: there is no node \"d\". There are a, b, c, end.\n"
              "app.yaml:5:47: error: chat.graph.b.next: 'passages = 0' is not a condition; write FIELD OPERATOR VALUE "
              "with a field of intent, "
              "confidence, passages, namespaces, refused and one of == != < <= > >=.\n"
              "app.yaml:5:73: error: chat.graph.b.fallback: there is no node \"x\". There are a, b, c.\n"
              "app.yaml:6:5: warning: chat.graph.c: no edge leads here.\n"
              "app.yaml:6:31: error: chat.graph.c.next: what follows an edge without a condition is never reached. "
              "Give it a condition (when), or "
              "put it last.\n"
              "app.yaml:6:51: error: \"refusla\" is not a key of chat.graph.c.options. Did you mean \"refusal\"?\n");
    EXPECT_EQ(problems_in("name: one\nchat: { graph: { a: { kind: route }, b: { kind: retrieve, next: a } } }\n"),
              "app.yaml:2:16: error: chat.graph has no node of the kind answer. Add one, or nobody gets an answer.\n"
              "app.yaml:2:38: error: chat.graph goes in a circle: a → b → a.\n");
    EXPECT_EQ(
        problems_in("name: one\nchat: { graph: { end: { kind: answer }, g: { kind: guard } } }\n"),
        "app.yaml:2:18: error: chat.graph: a node cannot be called end; that is where the run ends.\n"
        "app.yaml:2:41: error: chat.graph.g.options.rules is missing. A guard without rules lets everything pass.\n");
}

TEST(ManifestErrors, CheckNamesAcrossSections) {
    EXPECT_EQ(
        problems_in(R"(name: one
knowledge: { namespaces: [money, general], default_namespace: generl, embedding: { order: [opnai, local], model: text-embedding-3-small } }
models: { order: [opnai, local], providers: { mine: {} } }
chat: { graph: { r: { kind: route, options: { catch_all: monney } }, a: { kind: answer } } }
)"),
        "app.yaml:2:63: error: knowledge.default_namespace: there is no namespace \"generl\". Did you mean "
        "\"general\"?\n"
        "app.yaml:2:91: error: knowledge.embedding.order: there is no provider \"opnai\". Did you mean \"openai\"?\n"
        "app.yaml:3:18: error: models.order: there is no provider \"opnai\". Did you mean \"openai\"?\n"
        "app.yaml:3:47: error: models.providers.mine.base_url is missing. Name the base URL of the API.\n"
        "app.yaml:3:47: error: models.providers.mine.model is missing. Name the chat model.\n"
        "app.yaml:4:58: error: chat.graph.r.options.catch_all: there is no namespace \"monney\". Did you mean "
        "\"money\"?\n");
    EXPECT_EQ(problems_in("name: one\nmodels: { order: [openai] }\n"),
              "app.yaml:2:18: error: models.order: none of these has a key. Add local at the end: it needs none.\n");
    EXPECT_EQ(
        problems_in(
            "name: one\nserver: { tls: { key: app.yaml }, cors: { origins: https://a.example/ }, health: health }\n"),
        "app.yaml:2:16: error: server.tls.certificate is missing. Give both, or none.\n"
        "app.yaml:2:52: error: server.cors.origins: \"https://a.example/\" is not an origin. Write scheme and host "
        "without a path or a slash at "
        "the end, such as https://app.example.org.\n"
        "app.yaml:2:82: error: server.health must be a path, not \"health\". Write it with a slash in front: "
        "/health\n");
}

TEST(ManifestErrors, PathsAreThoseThatTheRouterTakes) {
    EXPECT_EQ(problems_in("name: one\nserver: { health: /a//b }\n"),
              "app.yaml:2:19: error: server.health must be a path, not \"/a//b\". Write it with single slashes and "
              "without parameters, such as /a/b.\n");
    EXPECT_EQ(problems_in("name: one\nserver: { health: /x, metrics: { path: /x } }\n"),
              "app.yaml:2:19: error: server: health, readiness, liveness and metrics need different paths.\n");
}

TEST(ManifestErrors, NameTheOtherFileTheyAreIn) {
    const TemporaryApplication application(R"(name: one
chat: { graph: { a: { kind: answer, options: { prompt: p.md } }, g: { kind: guard, options: { rules: r.yaml } } } }
)");
    application.write("p.md", "Use these.\n{{pasages}}\n");
    application.write("r.yaml", "classes:\n  bad:\n    action: replace\n    keyword: [x]\n    text: Stop.\n");
    EXPECT_EQ(problems_of(application, application.load()),
              "p.md:2:1: error: {{pasages}} is not a place of this prompt. Did you mean \"passages\"?\n"
              "r.yaml:2:3: error: classes.bad has neither keywords nor phrases. Without them it never matches.\n"
              "r.yaml:4:5: error: \"keyword\" is not a key of classes.bad. Did you mean \"keywords\"?\n");
}

TEST(ManifestErrors, TellWhatOnlyAReplacingRuleKnows) {
    const TemporaryApplication application(
        "name: one\nchat: { graph: { a: { kind: answer }, g: { kind: guard, options: { rules: r.yaml } } } }\n");
    application.write("r.yaml",
                      "classes:\n  bad: { action: disclaim, keywords: [x], others: [she], speaker: [i], text: Note. }\n"
                      "  worse: { action: replace, keywords: [x], others: [she], text: Stop. }\n");
    EXPECT_EQ(
        problems_of(application, application.load()),
        "r.yaml:2:3: error: classes.bad has others or speaker, which only replace knows. A disclaimer is appended "
        "whoever is spoken of.\n"
        "r.yaml:3:3: error: classes.worse.speaker is missing. Give both, or none: they are told apart from each "
        "other.\n");
}

}  // namespace
}  // namespace slipway::app
