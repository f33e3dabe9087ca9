// The hash that stands in for a user who does not exist.
#include "account/decoy.h"

#include <gtest/gtest.h>

namespace slipway::account {
namespace {

constexpr PasswordCost kCheap{.operations = 1, .memory_bytes = 64 << 10};

TEST(DecoyHash, HasTheFormAndTheCostOfARealOne) {
    const auto real = *hash_password("correct horse", kCheap), decoy = decoy_hash(kCheap);
    ASSERT_EQ(decoy.size(), real.size()) << decoy << '\n' << real;
    const auto salt = real.find('$', real.find("p=")) + 1;
    EXPECT_EQ(decoy.substr(0, salt), real.substr(0, salt));
    EXPECT_EQ(decoy.find('$', salt), real.find('$', salt));
    EXPECT_EQ(decoy.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/$", salt),
              std::string::npos);
}

TEST(DecoyHash, IsMatchedByNothingAndNeverTheSame) {
    const auto decoy = decoy_hash(kCheap);
    EXPECT_FALSE(verify_password(decoy, "not a password of anybody"));
    EXPECT_FALSE(verify_password(decoy, ""));
    EXPECT_NE(decoy, decoy_hash(kCheap));
}

}  // namespace
}  // namespace slipway::account
