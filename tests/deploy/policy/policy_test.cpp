#include <gtest/gtest.h>

#include "deploy/policy/policy_document.h"
#include "deploy/policy/rules.h"
#include "deploy/policy/waivers.h"

namespace slipway::deploy {
namespace {

using std::chrono::year;

TEST(PolicyDocument, PatternsMatchAsIamHasThem) {
    EXPECT_TRUE(matches("s3:Get*", "s3:GetObject"));
    EXPECT_TRUE(matches("S3:getobject", "s3:GetObject"));
    EXPECT_TRUE(matches("*", ""));
    EXPECT_TRUE(matches("arn:aws:s3:::a-*/x?z", "arn:aws:s3:::a-b/c/xyz"));
    EXPECT_FALSE(matches("s3:Get", "s3:GetObject"));
    EXPECT_FALSE(matches("s3:Get?", "s3:Get"));
}

TEST(PolicyDocument, ReadsOneOrManyOfEach) {
    const auto statements =
        statements_of(R"({"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["a", "b"],
        "Principal": {"Service": "ecs-tasks.amazonaws.com", "AWS": ["*"]}, "Condition": {"StringEquals": {"aws:SourceAccount": "1"}}}})");
    ASSERT_EQ(statements.size(), 1u);
    EXPECT_EQ(statements[0].actions, std::vector<std::string>{"s3:GetObject"});
    EXPECT_EQ(statements[0].resources.size(), 2u);
    EXPECT_EQ(statements[0].principals, (std::vector<std::string>{"Service:ecs-tasks.amazonaws.com", "*"}));
    EXPECT_EQ(statements[0].condition("aws:SourceAccount"), std::vector<std::string>{"1"});
    EXPECT_TRUE(statements_of("no document").empty());
}

TEST(Rules, EachIsNamedOnceAndSaysWhatToDo) {
    std::set<std::string_view> seen;
    for (const auto& rule : all_rules()) {
        EXPECT_TRUE(seen.insert(rule.id).second) << rule.id;
        EXPECT_FALSE(rule.message.empty() || rule.fix.empty()) << rule.id;
        EXPECT_LE(rule.production, rule.elsewhere) << rule.id << " is graver outside of production";
    }
}

TEST(Waivers, CoverUntilTheirDayAndThenAreErrors) {
    const auto waivers =
        read_waivers("resource\trule\treason\tend\nshop:module.alb.*\talb.*\tbehind the edge, as drawn\t2027-03-31\n");
    ASSERT_TRUE(waivers);
    const Findings found{{.rule = "alb.https", .resource = "module.alb.aws_lb.this", .message = "m", .fix = "f"},
                         {.rule = "alb.https", .resource = "aws_lb.other", .message = "m", .fix = "f"}};
    auto covered = found;
    apply_waivers(*waivers, "shop", year(2027) / 3 / 31, covered);
    ASSERT_EQ(covered.size(), 2u);
    EXPECT_EQ(covered[0].severity, Severity::note);
    EXPECT_EQ(covered[1].severity, Severity::error);
    auto late = found;
    apply_waivers(*waivers, "shop", year(2027) / 4 / 1, late);
    ASSERT_EQ(late.size(), 3u);
    EXPECT_EQ(late[0].severity, Severity::error);
    EXPECT_EQ(late[2].rule, "waiver.expired");
    auto other = found;
    apply_waivers(*waivers, "bank", year(2027) / 3 / 31, other);
    EXPECT_EQ(other[0].severity, Severity::error);
}

TEST(Waivers, NeedAReasonAndADayThatExists) {
    for (const auto* wrong : {"shop:a\tr\tshort\t2027-01-01", "shop:a\tr\ta reason that is long\t2027-02-30",
                              "a\tr\ta reason that is long\t2027-01-01", "shop:a\tr\ta reason that is long"})
        EXPECT_FALSE(read_waivers(std::string("head\n") + wrong + "\n")) << wrong;
}

}  // namespace
}  // namespace slipway::deploy
