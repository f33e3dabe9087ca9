#include "deploy/price/prices.h"

#include <gtest/gtest.h>

#include "deploy/price/estimate.h"
#include "deploy/price/price.h"
#include "deploy/price/traffic.h"

namespace slipway::deploy {
namespace {

constexpr std::string_view kHead = "item\tunit\tusd\tfree\tregions\tsource\tdate\tconfidence\n";

TEST(Prices, TheBuiltInTableHasASourceForEach) {
    const auto& all = PriceTable::built_in().all();
    EXPECT_GT(all.size(), 100u);
    for (const auto& price : all) {
        EXPECT_FALSE(price.source.empty()) << price.item;
        EXPECT_EQ(price.date.size(), 7u) << price.item;
        EXPECT_GT(price.usd, 0) << price.item;
    }
}

TEST(Prices, EveryKindOfTrafficHasItsItem) {
    for (const auto& key : traffic_keys())
        if (!key.item.empty()) EXPECT_NE(PriceTable::built_in().find(key.item), nullptr) << key.key;
}

TEST(Prices, ALineThatIsWrongIsNamed) {
    const auto right = std::string(kHead) + "one\thour\t0.5\t0\tus-east-1\tsomebody\t2026-01\tA\n";
    EXPECT_TRUE(PriceTable::read(right));
    EXPECT_FALSE(PriceTable::read(right + "one\thour\t2\t0\tx\ty\t2026-01\tA\n"));
    for (const auto* wrong : {"one\thour\t-1\t0\tus-east-1\tsomebody\t2026-01\tA\n",
                              "one\thour\tmuch\t0\tus-east-1\tsomebody\t2026-01\tA\n",
                              "one\thour\t1\t0\tus-east-1\tsomebody\t2026-01\tZ\n", "one\thour\t1\n"}) {
        const auto table = PriceTable::read(std::string(kHead) + wrong);
        ASSERT_FALSE(table) << wrong;
        EXPECT_NE(table.error().message.find("Line 2"), std::string::npos);
    }
}

TEST(Prices, WhatIsFreeInAMonthIsTakenOffOnce) {
    const auto plan = Plan::read(R"({"format_version": "1.2", "planned_values": {"root_module": {"resources": [
        {"address": "aws_cloudwatch_dashboard.a", "mode": "managed", "type": "aws_cloudwatch_dashboard", "name": "a", "values": {}},
        {"address": "aws_cloudwatch_dashboard.b", "mode": "managed", "type": "aws_cloudwatch_dashboard", "name": "b", "values": {}},
        {"address": "aws_cloudwatch_dashboard.c", "mode": "managed", "type": "aws_cloudwatch_dashboard", "name": "c", "values": {}},
        {"address": "aws_cloudwatch_dashboard.d", "mode": "managed", "type": "aws_cloudwatch_dashboard", "name": "d", "values": {}}]}}})");
    ASSERT_TRUE(plan);
    const auto sheet = price(*plan, Traffic());
    EXPECT_DOUBLE_EQ(sheet.total, 3);
    EXPECT_TRUE(sheet.findings.empty());
}

TEST(Traffic, ReadsItsEnvironmentAndRefusesWhatItDoesNotKnow) {
    const auto dev = Traffic::read(R"({"about": "x", "dev": {"s3_gb": 10}, "prod": {"s3_gb": 20}})", "economy");
    ASSERT_TRUE(dev);
    EXPECT_EQ(dev->of("s3_gb"), 10);
    EXPECT_EQ(Traffic::read(R"({"dev": {}})", "prod")->of("s3_gb"), 0);
    for (const auto* wrong :
         {R"({"dev": {"s3_gigabytes": 1}})", R"({"dev": {"s3_gb": -1}})", R"({"dev": {"s3_gb": "much"}})", "[]", "{"})
        EXPECT_FALSE(Traffic::read(wrong, "dev")) << wrong;
}

TEST(Estimate, ReadsRangesAndWhatLinesRestOn) {
    const auto read = Estimate::read(R"({"dev": {"total": [50, 80], "zones": 2, "lines": [
        {"what": "RDS", "covers": ["database"], "usd": 15, "size": "db.t3.micro"}]}})",
                                     "dev");
    ASSERT_TRUE(read && *read);
    EXPECT_EQ((*read)->least, 50);
    EXPECT_EQ((*read)->most, 80);
    EXPECT_TRUE((*read)->covers("database"));
    EXPECT_FALSE((*read)->covers("nat"));
    EXPECT_FALSE(Estimate::read(R"({"dev": {"lines": [{"what": "RDS"}]}})", "dev"));
    EXPECT_FALSE(*Estimate::read(R"({"dev": {}})", "prod"));
}

}  // namespace
}  // namespace slipway::deploy
