#include "deploy/plan/plan.h"

#include <gtest/gtest.h>

#include "deploy/plan/network.h"

namespace slipway::deploy {
namespace {

// What Terraform 1.11 prints of a module that is called for two keys, cut down to what references need.
constexpr std::string_view kPlan = R"({
  "format_version": "1.2",
  "planned_values": {"root_module": {
    "resources": [{"address": "aws_lb.front", "mode": "managed", "type": "aws_lb", "name": "front", "values": {"internal": false}}],
    "child_modules": [
      {"address": "module.net[\"a\"]", "resources": [
        {"address": "module.net[\"a\"].aws_subnet.public[0]", "mode": "managed", "type": "aws_subnet", "name": "public", "index": 0,
         "values": {"availability_zone": "us-east-1a", "cidr_block": "10.0.1.0/24"}},
        {"address": "module.net[\"a\"].aws_subnet.public[1]", "mode": "managed", "type": "aws_subnet", "name": "public", "index": 1,
         "values": {"availability_zone": "us-east-1b", "cidr_block": "10.0.2.0/24"}},
        {"address": "module.net[\"a\"].aws_nat_gateway.this[1]", "mode": "managed", "type": "aws_nat_gateway", "name": "this", "index": 1,
         "values": {}}]},
      {"address": "module.net[\"b.c\"]", "resources": [
        {"address": "module.net[\"b.c\"].aws_subnet.public[0]", "mode": "managed", "type": "aws_subnet", "name": "public", "index": 0,
         "values": {"availability_zone": "us-east-1c"}}]}]}},
  "resource_changes": [
    {"address": "aws_lb.front", "mode": "managed", "type": "aws_lb", "name": "front",
     "change": {"actions": ["delete", "create"], "after_unknown": {"arn": true, "subnets": true, "access_logs": [{"bucket": true}]}}},
    {"address": "aws_db_instance.old", "mode": "managed", "type": "aws_db_instance", "name": "old",
     "change": {"actions": ["delete"], "before": {"engine": "postgres"}}}],
  "configuration": {
    "provider_config": {"aws": {"expressions": {"region": {"references": ["var.region"]}}},
                        "aws.edge": {"expressions": {"region": {"constant_value": "us-east-1"}}}},
    "root_module": {
      "resources": [{"address": "aws_lb.front", "mode": "managed", "type": "aws_lb", "name": "front", "provider_config_key": "aws.edge",
        "expressions": {"subnets": {"references": ["module.net[\"a\"].public_ids", "module.net[\"a\"]", "module.net"]}}}],
      "module_calls": {"net": {"for_each_expression": {}, "module": {
        "outputs": {"public_ids": {"expression": {"references": ["aws_subnet.public"]}}},
        "resources": [
          {"address": "aws_subnet.public", "mode": "managed", "type": "aws_subnet", "name": "public", "expressions": {}},
          {"address": "aws_nat_gateway.this", "mode": "managed", "type": "aws_nat_gateway", "name": "this",
           "expressions": {"subnet_id": {"references": ["aws_subnet.public", "count.index"]}}}]}}}}},
  "variables": {"region": {"value": "us-west-2"}}
})";

Plan read() {
    auto plan = Plan::read(kPlan);
    EXPECT_TRUE(plan) << (plan ? "" : plan.error().message);
    return *std::move(plan);
}

TEST(Plan, KnowsResourcesByAddressModuleAndKey) {
    const auto plan = read();
    EXPECT_EQ(plan.resources().size(), 5u);
    const auto* subnet = plan.find("module.net[\"a\"].aws_subnet.public[1]");
    ASSERT_NE(subnet, nullptr);
    EXPECT_EQ(subnet->module, "module.net[\"a\"]");
    EXPECT_EQ(subnet->index, "1");
    EXPECT_EQ(plan.of("aws_subnet").size(), 3u);
    ASSERT_EQ(plan.removed().size(), 1u);
    EXPECT_EQ(plan.removed()[0].text("engine"), "postgres");
}

TEST(Plan, FollowsAReferenceIntoTheInstanceOfAModuleThatItNames) {
    const auto plan = read();
    EXPECT_EQ(zones_of(plan, *plan.find("aws_lb.front"), "subnets"),
              (std::set<std::string>{"us-east-1a", "us-east-1b"}));
}

TEST(Plan, FollowsCountToTheInstanceOfTheSameNumber) {
    const auto plan = read();
    const auto* gateway = plan.find("module.net[\"a\"].aws_nat_gateway.this[1]");
    ASSERT_NE(gateway, nullptr);
    EXPECT_EQ(zones_of(plan, *gateway, "subnet_id"), (std::set<std::string>{"us-east-1b"}));
}

TEST(Plan, SaysWhatComesLater) {
    const auto plan = read();
    const auto* balancer = plan.find("aws_lb.front");
    EXPECT_TRUE(balancer->is_unknown("arn"));
    EXPECT_TRUE(balancer->given("access_logs"));
    EXPECT_FALSE(balancer->given("name"));
    EXPECT_EQ(plan.region(), "us-west-2");
    EXPECT_EQ(plan.region_of(*balancer), "us-east-1");
}

TEST(Plan, RefusesWhatIsNone) {
    EXPECT_FALSE(Plan::read("{}"));
    EXPECT_FALSE(Plan::read("[]"));
    EXPECT_FALSE(Plan::read(R"({"format_version": "2.0", "planned_values": {}})"));
}

TEST(Plan, AddressesLoseTheirKeys) {
    EXPECT_EQ(without_keys("module.a[\"x.y[0]\"].aws_b.c[0]"), "module.a.aws_b.c");
    EXPECT_EQ(without_keys("aws_b.c[\"quote \\\" inside\"]"), "aws_b.c");
}

TEST(AddressRange, KnowsPartsAndOverlaps) {
    const auto large = range_of("10.0.0.0/16"), small = range_of("10.0.200.7/24"), other = range_of("10.1.0.0/16");
    ASSERT_TRUE(large && small && other);
    EXPECT_TRUE(large->contains(*small));
    EXPECT_TRUE(large->overlaps(*small));
    EXPECT_FALSE(large->overlaps(*other));
    EXPECT_TRUE(range_of("0.0.0.0/0")->contains(*large));
    for (const auto* wrong : {"10.0.0.0", "10.0.0/8", "10.0.0.256/8", "10.0.0.0/33", "::/0", ""})
        EXPECT_FALSE(range_of(wrong)) << wrong;
}

}  // namespace
}  // namespace slipway::deploy
