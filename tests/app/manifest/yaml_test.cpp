#include "app/manifest/yaml.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace slipway::app {
namespace {

std::string problem_of(std::string_view text, YamlLimits limits = {}) {
    Problems problems("x.yaml");
    const auto root = parse_yaml(text, problems, limits);
    auto found = std::move(problems).take();
    EXPECT_EQ(root.has_value(), found.empty());
    return to_lines(found);
}

TEST(ManifestYaml, KnowsWhereEverythingStands) {
    Problems problems("x.yaml");
    const auto root = parse_yaml("a: 1\nb:\n  - x\n  - \"y\"\n  - { c: ~ }\nd:\n", problems);
    ASSERT_TRUE(root);
    EXPECT_EQ(root->entries[0].value.mark, (Mark{1, 4}));
    const auto& list = root->find("b")->value;
    EXPECT_EQ(list.items[0].mark, (Mark{3, 5}));
    EXPECT_FALSE(list.items[0].quoted);
    EXPECT_TRUE(list.items[1].quoted);
    EXPECT_EQ(list.items[2].entries[0].mark, (Mark{5, 7}));
    EXPECT_EQ(list.items[2].entries[0].value.kind, YamlValue::Kind::null);
    EXPECT_EQ(root->find("d")->value.mark, (Mark{6, 1})) << "nothing stands where its key does";
    EXPECT_EQ(root->find("e"), nullptr);
}

TEST(ManifestYaml, ExpandsAliases) {
    Problems problems("x.yaml");
    const auto root = parse_yaml("a: &one { x: 1 }\nb: *one\n", problems);
    ASSERT_TRUE(root);
    EXPECT_EQ(root->find("b")->value.find("x")->value.text, "1");
    EXPECT_EQ(root->find("b")->value.mark, (Mark{2, 4}));
}

TEST(ManifestYaml, BoundsWhatAliasesGrowInto) {
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 12; ++i) {
        bomb += fmt::format("a{0}: &a{0} [", i);
        for (int j = 0; j < 9; ++j) bomb += fmt::format("{}*a{}", j == 0 ? "" : ", ", i - 1);
        bomb += "]\n";
    }
    EXPECT_NE(problem_of(bomb).find("There are more than 50000 values, aliases expanded."), std::string::npos);
    EXPECT_NE(problem_of("a: &a [*a]\n").find("error"), std::string::npos);
    EXPECT_NE(problem_of("a: *unknown\n").find("This is not YAML"), std::string::npos);
}

TEST(ManifestYaml, BoundsDepthAndSize) {
    EXPECT_EQ(problem_of(std::string(40, '[') + std::string(40, ']')),
              "x.yaml:1:33: error: Values are nested more than 32 deep.\n");
    EXPECT_NE(problem_of(std::string(100'000, '[')).find("error"), std::string::npos);
    EXPECT_EQ(problem_of(std::string(200, '#'), {.bytes_max = 100}),
              "x.yaml: error: The file is longer than 100 bytes.\n");
    std::string many = "[";
    for (int i = 0; i < 200; ++i) many += "1, ";
    EXPECT_EQ(problem_of(many + "1]", {.values_max = 100}),
              "x.yaml:1:299: error: There are more than 100 values, aliases expanded.\n");
}

TEST(ManifestYaml, RefusesWhatTheManifestDoesNotUse) {
    EXPECT_NE(
        problem_of("a: &x { b: 1 }\nc: { <<: *x }\n").find("x.yaml:2:6: error: Merge keys (<<) are not understood."),
        std::string::npos);
    EXPECT_NE(problem_of("[a, b]: 1\n").find("A key must be a word."), std::string::npos);
    EXPECT_NE(problem_of("a: !!binary eA==\n").find("is not understood"), std::string::npos);
}

TEST(ManifestYaml, SurvivesAnyCutOfAGoodFile) {
    const std::string text = "a: &x { b: [1, \"two\", 'three'], c: | \n  four\n  five\n}\nd: *x\ne: >-\n  six\n";
    for (std::size_t length = 0; length <= text.size(); ++length)
        for (const auto* end : {"", "\t", "{", "]", "\"", "&", "*", "%", "\xC3\xBC", ": :", "- -"}) {
            Problems problems("x.yaml");
            const auto root = parse_yaml(text.substr(0, length) + end, problems);
            EXPECT_TRUE(root.has_value() || !std::move(problems).take().empty());
        }
}

}  // namespace
}  // namespace slipway::app
