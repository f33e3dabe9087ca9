#include "base/error.h"

#include <gtest/gtest.h>

namespace slipway {
namespace {

Result<int> seven_or(bool failing) {
    if (failing) return std::unexpected(Error{ErrorCode::conflict, "No seven."}.with("number", 7));
    return 7;
}

Result<void> checked(bool failing) {
    SLIPWAY_TRY(const auto seven, seven_or(failing));
    EXPECT_EQ(seven, 7);
    return {};
}

TEST(Result, HoldsAValueOrAnErrorWithItsDetails) {
    EXPECT_EQ(seven_or(false), 7);
    EXPECT_TRUE(checked(false));
    const auto failed = checked(true);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::conflict);
    EXPECT_EQ(failed.error().message, "No seven.");
    EXPECT_EQ(failed.error().details.at("number"), 7);
}

TEST(Result, CopiesHaveAnErrorOfTheirOwn) {
    auto failed = seven_or(true);
    const auto copied = failed;
    Result<int> assigned;
    assigned = failed;
    failed.error().message = "changed";
    auto moved = std::move(failed);
    EXPECT_EQ(copied.error().message, "No seven.");
    EXPECT_EQ(assigned.error().message, "No seven.");
    EXPECT_EQ(moved.error().message, "changed");
    assigned = 8;
    EXPECT_EQ(assigned, 8);
}

// Every coroutine that waits has room for a few.
TEST(Result, IsSmall) { EXPECT_LE(sizeof(Result<void>), 2 * sizeof(void*)); }

}  // namespace
}  // namespace slipway
