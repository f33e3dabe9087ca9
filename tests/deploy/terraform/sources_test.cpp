#include "deploy/terraform/sources.h"

#include <fstream>

#include <gtest/gtest.h>

namespace slipway::deploy {
namespace {

namespace fs = std::filesystem;

class SourcesTest : public testing::Test {
 protected:
    void SetUp() override {
        folder_ = fs::path(testing::TempDir()) / fmt::format("sources-{}", ::getpid());
        fs::create_directories(folder_ / "stacks/one");
        fs::create_directories(folder_ / "modules/net");
    }
    void TearDown() override { fs::remove_all(folder_); }
    void write(const std::string& file, const std::string& text) { std::ofstream(folder_ / file) << text; }

    fs::path folder_;
};

TEST_F(SourcesTest, FindsModulesBackendAliasesAndWhatIsNotEncoded) {
    write("modules/net/main.tf",
          "resource \"aws_ecs_service\" \"a\" {\n  lifecycle { ignore_changes = [desired_count] }\n}\n");
    write("stacks/one/main.tf",
          "# source = \"../../modules/none\"\nmodule \"net\" { source = \"../../modules/net\" }\n"
          "terraform {\n  backend \"s3\" {\n    use_lockfile = true\n  }\n}\n"
          "provider \"aws\" {\n  region = \"a\" # {\n}\nprovider \"aws\" {\n  default_tags { tags = {} }\n  alias = "
          "\"edge\"\n}\n"
          "locals { good = \"postgresql://u:${urlencode(var.p)}@h\" }\n");
    auto sources = Sources::read(folder_ / "stacks/one");
    ASSERT_TRUE(sources) << sources.error().message;
    EXPECT_EQ(sources->folders.size(), 2u);
    EXPECT_EQ(sources->backend(), "s3");
    EXPECT_TRUE(sources->locks_state());
    EXPECT_EQ(sources->provider_aliases(), (std::vector<std::string>{"", "edge"}));
    EXPECT_TRUE(sources->unencoded_passwords().empty());
    EXPECT_TRUE(sources->ignores_changes_of("desired_count"));
    EXPECT_FALSE(sources->ignores_changes_of("task_definition"));
    write("stacks/one/more.tf", "locals { bad = \"postgresql://u:${var.p}@h\" }\n");
    EXPECT_EQ(Sources::read(folder_ / "stacks/one")->unencoded_passwords(), std::vector<std::string>{"more.tf"});
}

TEST_F(SourcesTest, SaysWhereThereIsNone) {
    EXPECT_FALSE(Sources::read(folder_ / "nowhere"));
    EXPECT_FALSE(Sources::read(folder_ / "modules"));
    write("stacks/one/main.tf", "module \"net\" { source = \"../../modules/none\" }\n");
    EXPECT_FALSE(Sources::read(folder_ / "stacks/one"));
}

TEST(Comments, AreGoneAndTextsStay) {
    EXPECT_EQ(without_comments("a = \"# no comment // here\" # one\n/* two\n */b // three\n"),
              "a = \"# no comment // here\" \nb \n");
    EXPECT_EQ(without_comments("a = \"never ends"), "a = \"never ends");
}

}  // namespace
}  // namespace slipway::deploy
