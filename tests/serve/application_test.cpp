// An application as a whole: built from a folder, opened twice, backed up, restored; its router asked directly.
#include "serve/application.h"

#include <fstream>

#include <gtest/gtest.h>

#include "serve/backup.h"
#include "serve/object_routes.h"
#include "serve/operator.h"
#include "serve/restore.h"
#include "serve/routes.h"
#include "store/temporary_folder.h"

namespace slipway::serve {
namespace {

namespace fs = std::filesystem;

class ApplicationTest : public ::testing::Test {
 protected:
    void SetUp() override {
        fs::create_directories(folder_ / "app" / "docs");
        std::ofstream(folder_ / "app" / "app.yaml")
            << "name: small\nknowledge: { documents: docs }\nchat:\n  graph:\n    librarian: { kind: retrieve }\n"
               "    speaker: { kind: answer, options: { refusal: I do not know. } }\n";
        std::ofstream(folder_ / "app" / "docs" / "whales.md")
            << "# Whales\n\nA whale breathes air and sings for hours.\n";
    }

    app::Manifest manifest(const std::string& data = "data") {
        app::ManifestOptions options;
        options.data = folder_ / data;
        auto loaded = app::load_manifest(folder_ / "app", Environment(), options);
        EXPECT_TRUE(loaded.ok()) << app::to_lines(loaded.problems);
        return std::move(loaded.manifest);
    }

    std::unique_ptr<Application> open(const std::string& data = "data") {
        auto opened = Application::open(manifest(data), Environment());
        EXPECT_TRUE(opened) << opened.error().message;
        return opened ? *std::move(opened) : nullptr;
    }

    static Result<json::object> run(Operator& commands, std::string command, json::object arguments = {}) {
        return run_to_end(commands.run(std::move(command), std::move(arguments), {}));
    }

    test::TemporaryFolder folder_;
};

TEST_F(ApplicationTest, AnswersFromItsFolderAndRefusesTheRest) {
    const auto application = open();
    Operator commands(*application);
    const auto synced = run(commands, "sync");
    ASSERT_TRUE(synced) << synced.error().message;
    EXPECT_EQ(integer_or(*synced, "added", 0), 1);
    const auto answered = run(commands, "ask", {{"question", "How does a whale breathe?"}});
    ASSERT_TRUE(answered) << answered.error().message;
    EXPECT_NE(text_or(*answered, "answer").find("A whale breathes air and sings for hours."), std::string_view::npos);
    const auto refused = run(commands, "ask", {{"question", "Who won the football cup?"}});
    EXPECT_EQ(text_or(*refused, "answer"), "I do not know.");
    EXPECT_TRUE(bool_or(*refused, "refused", false));
}

TEST_F(ApplicationTest, TheSameDocumentsChangeNothingAndVanishedOnesAreRemoved) {
    const auto application = open();
    Operator commands(*application);
    ASSERT_TRUE(run(commands, "sync"));
    EXPECT_EQ(integer_or(*run(commands, "sync"), "unchanged", 0), 1);
    std::ofstream(folder_ / "app" / "docs" / "whales.md") << "# Whales\n\nA whale dives deep.\n";
    EXPECT_EQ(integer_or(*run(commands, "sync"), "updated", 0), 1);
    EXPECT_EQ(run(commands, "search", {{"question", "sings"}})->at("results").as_array().size(), 0U);
    fs::remove(folder_ / "app" / "docs" / "whales.md");
    EXPECT_EQ(integer_or(*run(commands, "sync"), "removed", 0), 1);
    EXPECT_EQ(run(commands, "search", {{"question", "whale"}})->at("results").as_array().size(), 0U);
}

TEST_F(ApplicationTest, SecretsComeFromTheStoreThatTheManifestNames) {
    const Environment environment({{"JWT_SECRET", "of the environment"}});
    const auto opened = open_secrets(app::StoreUrl::parse("env:"), environment);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(run_to_end((*opened)->get("JWT_SECRET")).value(), "of the environment");
    const auto later = open_secrets(app::StoreUrl::parse("secretsmanager://one"), environment);
    ASSERT_FALSE(later);
    EXPECT_EQ(later.error().code, ErrorCode::invalid);
}

// Its threads are the sign.
TEST(AwsAccessTest, BeginsNothingBeforeItIsAsked) {
    const auto threads = [] {
        return std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator());
    };
    const auto before = threads();
    AwsAccess aws{Environment()};
    EXPECT_EQ(threads(), before);
    EXPECT_NE(aws.credentials(), nullptr);
    EXPECT_GT(threads(), before);
}

TEST_F(ApplicationTest, OneProcessUsesADataFolder) {
    const auto first = open();
    const auto second = Application::open(manifest(), Environment());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::conflict);
    EXPECT_NE(second.error().message.find(std::to_string(::getpid())), std::string::npos) << second.error().message;
}

TEST_F(ApplicationTest, ABackupBringsEverythingBackElsewhere) {
    const auto backup = (folder_ / "backup").string();
    {
        const auto application = open();
        Operator commands(*application);
        ASSERT_TRUE(run(commands, "sync"));
        ASSERT_TRUE(run(commands, "users.create",
                        {{"email", "ada@example.org"}, {"username", "ada"}, {"password", "correct horse"}}));
        const auto made = run(commands, "backup", {{"path", backup}});
        ASSERT_TRUE(made) << made.error().message;
        EXPECT_EQ(run(commands, "backup", {{"path", backup}}).error().code, ErrorCode::conflict);
    }
    const auto restored = restore(backup, manifest("elsewhere"), Environment{}, false);
    ASSERT_TRUE(restored) << restored.error().message;
    EXPECT_EQ(restore(backup, manifest("elsewhere"), Environment{}, false).error().code, ErrorCode::conflict);
    const auto application = open("elsewhere");
    Operator commands(*application);
    ASSERT_TRUE(run(commands, "reindex"));
    EXPECT_EQ(run(commands, "users.list")->at("users").as_array().size(), 1U);
    EXPECT_EQ(run(commands, "search", {{"question", "whale"}})->at("results").as_array().size(), 1U);
}

TEST_F(ApplicationTest, ADamagedBackupIsRefused) {
    const auto backup = folder_ / "backup";
    {
        const auto application = open();
        Operator commands(*application);
        ASSERT_TRUE(run(commands, "backup", {{"path", backup.string()}}));
    }
    std::ofstream(backup / "database.sqlite", std::ios::app) << "x";
    const auto refused = restore(backup, manifest("elsewhere"), Environment{}, false);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid);
    EXPECT_FALSE(fs::exists(folder_ / "elsewhere" / "database.sqlite"));
}

TEST_F(ApplicationTest, SignedUrlsOpenOneObjectForOneAccess) {
    const auto application = open();
    Operator commands(*application);
    const auto router = make_router(*application, commands);
    ASSERT_TRUE(router) << router.error().message;
    const auto& workspace = application->workspace();
    auto& objects = application->objects();
    ASSERT_TRUE(run_to_end(objects.put(workspace, "a/b.txt", "hello", "text/plain")));
    const Milliseconds minute = std::chrono::minutes(1);
    const auto readable = run_to_end(objects.presign(workspace, "a/b.txt", store::Access::get, minute)).value().url;
    const auto writable = run_to_end(objects.presign(workspace, "a/c.txt", store::Access::put, minute)).value().url;

    const auto ask = [&](net::Method method, const std::string& target, std::string body) {
        net::Request request;
        request.method = method;
        request.target = target;
        request.path = target.substr(0, target.find('?'));
        request.headers.set("Content-Type", "multipart/form-data; boundary=-x-");
        request.body = std::move(body);
        const auto match = (*router)->match(method, request.path);
        return run_to_end(std::get<net::Handler>(match.route->handler)(request));
    };
    EXPECT_EQ(std::get<std::string>(ask(net::Method::get, readable, "").body), "hello");
    EXPECT_EQ(ask(net::Method::put, readable, "changed").status, 403);
    EXPECT_EQ(ask(net::Method::get, readable + "x", "").status, 403);
    EXPECT_EQ(ask(net::Method::put, writable, "new").status, 204);
    EXPECT_EQ(run_to_end(objects.get(workspace, "a/c.txt"))->data, "new");

    const store::FormLimits limits{.content_type = "text/plain", .bytes_max = 5};
    const auto form = run_to_end(objects.presign_form(workspace, "a/d.txt", limits, minute)).value();
    const auto post = [&](const std::string& data, std::string_view last_field = "signature") {
        std::string body;
        for (const auto& [name, value] : form.fields)
            body += fmt::format("---x-\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n{}\r\n",
                                name == "signature" ? last_field : name, value);
        body +=
            "---x-\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n" + data + "\r\n---x---\r\n";
        return ask(net::Method::post, form.url, body).status;
    };
    EXPECT_EQ(post("sixsix"), 400);
    EXPECT_EQ(post("five5", "elsewhere"), 403) << "without a signature";
    EXPECT_EQ(post("five5"), 204);
    const auto posted = run_to_end(objects.get(workspace, "a/d.txt")).value();
    EXPECT_EQ(posted.data, "five5");
    EXPECT_EQ(posted.info.content_type, "text/plain");
}

}  // namespace
}  // namespace slipway::serve
