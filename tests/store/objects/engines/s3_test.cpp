// The S3 adapter against real servers.
#include "store/objects/s3.h"

#include <gtest/gtest.h>

#include "store/objects/engines/s3_place.h"

namespace slipway::test {
namespace {

using store::Access;

const WorkspaceId kHere{"here"};

std::string name_of(const testing::TestParamInfo<ObjectsCheck>& info) { return std::string(info.param.name); }
const auto kAllChecks = testing::ValuesIn(objects_checks().begin(), objects_checks().end());

template <S3Engine::Kind kind>
struct Conformance : testing::TestWithParam<ObjectsCheck> {
    void SetUp() override {
        engine = S3Engine::shared(kind);
        if (engine == nullptr) GTEST_SKIP() << "the engine was not fetched";
    }
    void check(const std::string& more = "") {
        const auto failure = failure_of(GetParam(), [&] { return std::make_unique<S3ObjectsPlace>(*engine, more); });
        EXPECT_FALSE(failure.has_value()) << failure.value_or("");
    }
    S3Engine* engine = nullptr;
};

using VersityConformance = Conformance<S3Engine::Kind::versitygw>;
TEST_P(VersityConformance, Holds) { check(); }
INSTANTIATE_TEST_SUITE_P(Objects, VersityConformance, kAllChecks, name_of);

using VersityTlsConformance = Conformance<S3Engine::Kind::versitygw_tls>;
TEST_P(VersityTlsConformance, Holds) { check("&checksums=off"); }
INSTANTIATE_TEST_SUITE_P(Objects, VersityTlsConformance, kAllChecks, name_of);

// moto checks no signature: what is refused for one is not asked of it.
using MotoConformance = Conformance<S3Engine::Kind::moto>;
TEST_P(MotoConformance, Holds) {
    const auto name = GetParam().name;
    if (name.starts_with("links_") || name.starts_with("forms_")) GTEST_SKIP() << "moto checks no signature";
    check();
}
INSTANTIATE_TEST_SUITE_P(Objects, MotoConformance, kAllChecks, name_of);

}  // namespace
}  // namespace slipway::test
