// The SQS adapter of the queue port: the conformance suite with standard and with FIFO queues.
#include <gtest/gtest.h>

#include "base/log.h"
#include "store/queue/engines/sqs_place.h"

namespace slipway::test {
namespace {

std::vector<QueueCheck> every_check() {
    std::vector<QueueCheck> checks(queue_checks().begin(), queue_checks().end());
    checks.insert(checks.end(), queue_order_checks().begin(), queue_order_checks().end());
    checks.insert(checks.end(), queue_worker_checks().begin(), queue_worker_checks().end());
    return checks;
}

struct SqsQueueConformance : testing::TestWithParam<std::tuple<std::string, QueueCheck>> {};

TEST_P(SqsQueueConformance, Holds) {
    auto* const moto = MotoServer::shared();
    if (moto == nullptr) GTEST_SKIP() << "moto was not fetched";
    log::set_level(log::Level::warning);
    const auto& [kind, check] = GetParam();
    const std::string more = kind == "Fifo" ? "&fifo=true" : "";
    const auto failure = failure_of(check, [&] { return std::make_unique<SqsQueuePlace>(*moto, more); });
    EXPECT_FALSE(failure.has_value()) << failure.value_or("");
}

INSTANTIATE_TEST_SUITE_P(Moto, SqsQueueConformance,
                         testing::Combine(testing::Values("Standard", "Fifo"), testing::ValuesIn(every_check())),
                         [](const auto& info) {
                             return std::get<0>(info.param) + std::string(std::get<1>(info.param).name);
                         });

}  // namespace
}  // namespace slipway::test
