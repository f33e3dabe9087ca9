// The pgvector adapter on PostgreSQL 16 and 18, as a role that owns nothing: the conformance suite, also with limits so
// small that every search walks through the graph and every write merges.
#include <gtest/gtest.h>

#include "store/index/bench.h"
#include "store/index/engines/faults.h"
#include "store/index/engines/pgvector_place.h"

namespace slipway::test {
namespace {

using store::conformance::Check;
using store::conformance::checks;

const std::string kFine = "fine";
constexpr store::PgvectorOptions kSmall{
    .exact_max = 20, .beside_values_max = 60, .waiting_batches_max = 1, .waiting_bytes_max = 500};

class PgvectorConformance : public testing::TestWithParam<std::tuple<std::string, std::string, Check>> {};

TEST_P(PgvectorConformance, Holds) {
    const auto& [version, limits, check] = GetParam();
    auto* const place = PgvectorPlace::get(version);
    if (!place) GTEST_SKIP() << "scripts/engines.sh postgresql-" << version;
    const auto open = [&](const std::filesystem::path&) {
        return place->open(limits == kFine ? store::PgvectorOptions{} : kSmall);
    };
    EXPECT_EQ(check.run(open).value_or(""), "");
}

std::string name_of(const testing::TestParamInfo<PgvectorConformance::ParamType>& parameter) {
    return fmt::format("{}_{}_{}", std::get<2>(parameter.param).name, std::get<0>(parameter.param),
                       std::get<1>(parameter.param));
}

// With the limits that reach every branch on both; what differs between versions is not what the others reach.
INSTANTIATE_TEST_SUITE_P(Oldest, PgvectorConformance,
                         testing::Combine(testing::Values("16"), testing::Values("small"),
                                          testing::ValuesIn(checks().begin(), checks().end())),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Newest, PgvectorConformance,
                         testing::Combine(testing::Values("18"), testing::Values(kFine, "small"),
                                          testing::ValuesIn(checks().begin(), checks().end())),
                         name_of);

}  // namespace
}  // namespace slipway::test
