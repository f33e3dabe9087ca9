#include "base/metrics.h"

#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace slipway::metrics {
namespace {

TEST(Metrics, AreToldInThePrometheusFormat) {
    counter("test_things_total", "Things.", {{"kind", "a"}, {"name", "say \"hi\"\\\n"}}).add(3);
    gauge("test_level", "How full.").set(0.5);
    const auto text = exposition();
    EXPECT_TRUE(
        text.contains("# HELP test_things_total Things.\n# TYPE test_things_total counter\n"
                      "test_things_total{kind=\"a\",name=\"say \\\"hi\\\"\\\\\\n\"} 3\n"))
        << text;
    EXPECT_TRUE(text.contains("# TYPE test_level gauge\ntest_level 0.5\n")) << text;
    EXPECT_LT(text.find("test_level"), text.find("test_things_total")) << "by name";
}

TEST(Metrics, TheSameNameAndLabelsAreOneSeries) {
    auto& one = counter("test_same_total", "Same.", {{"a", "1"}});
    counter("test_same_total", "Same.", {{"a", "1"}}).add();
    counter("test_same_total", "Same.", {{"a", "2"}}).add(5);
    EXPECT_EQ(one.value(), 1U);
}

TEST(Metrics, AHistogramCountsUpToEachBound) {
    auto& histogram = metrics::histogram("test_seconds", "Seconds.", {{"route", "/"}});
    for (const double seconds : {0.00005, 0.001, 0.3, 1000.0}) histogram.observe(seconds);
    const auto counts = histogram.cumulative();
    EXPECT_EQ(counts.front(), 1U);
    EXPECT_EQ(counts[2], 2U) << "a value on a bound belongs below it";
    EXPECT_EQ(counts[counts.size() - 2], 3U);
    EXPECT_EQ(counts.back(), 4U);
    const auto text = exposition();
    EXPECT_TRUE(text.contains("test_seconds_bucket{route=\"/\",le=\"0.001\"} 2\n")) << text;
    EXPECT_TRUE(text.contains("test_seconds_bucket{route=\"/\",le=\"+Inf\"} 4\n")) << text;
    EXPECT_TRUE(text.contains("test_seconds_count{route=\"/\"} 4\n")) << text;
}

TEST(Metrics, SeriesOfOneNameAreLimited) {
    for (std::size_t i = 0; i < 2 * kSeriesMax; ++i)
        counter("test_many_total", "Many.", {{"id", fmt::format("{}", i)}}).add();
    const auto text = exposition();
    std::size_t series = 0;
    for (auto at = text.find("test_many_total{"); at != std::string::npos; at = text.find("test_many_total{", at + 1))
        ++series;
    EXPECT_LE(series, kSeriesMax + 1);
    EXPECT_TRUE(text.contains(fmt::format("test_many_total{{id=\"other\"}} {}\n", kSeriesMax))) << series;
}

TEST(Metrics, ManyThreadsCountRight) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([] {
            for (int n = 0; n < 1000; ++n) {
                counter("test_threads_total", "Threads.").add();
                const UnderWay working(gauge("test_working", "Working."));
            }
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(counter("test_threads_total", "Threads.").value(), 4000U);
    EXPECT_EQ(gauge("test_working", "Working.").value(), 0);
}

}  // namespace
}  // namespace slipway::metrics
