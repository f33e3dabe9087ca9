// Codes of authenticators, against the examples of RFC 6238 and RFC 4648.
#include "account/totp.h"

#include <gtest/gtest.h>

namespace slipway::account {
namespace {

const std::string kSecret = "12345678901234567890";

Instant at(std::int64_t seconds) { return from_unix_ms(seconds * 1000); }

TEST(Totp, CodesAreThoseOfTheStandard) {
    // The last six of the eight digits in RFC 6238, appendix B.
    EXPECT_EQ(totp_code(kSecret, totp_step(at(59))), "287082");
    EXPECT_EQ(totp_code(kSecret, totp_step(at(1111111109))), "081804");
    EXPECT_EQ(totp_code(kSecret, totp_step(at(1111111111))), "050471");
    EXPECT_EQ(totp_code(kSecret, totp_step(at(1234567890))), "005924");
    EXPECT_EQ(totp_code(kSecret, totp_step(at(2000000000))), "279037");
    EXPECT_EQ(totp_code(kSecret, totp_step(at(20000000000))), "353130");
}

TEST(Totp, OneStepToEitherSideIsTakenAndNoneTwice) {
    const auto current = totp_step(at(59));
    EXPECT_EQ(totp_match(kSecret, "287082", at(59), 0), current);
    EXPECT_EQ(totp_match(kSecret, "287082", at(59 - 30), 0), current);
    EXPECT_EQ(totp_match(kSecret, "287082", at(59 + 30), 0), current);
    EXPECT_EQ(totp_match(kSecret, "287082", at(59 + 60), 0), std::nullopt);
    EXPECT_EQ(totp_match(kSecret, "287082", at(59), current), std::nullopt) << "it was used";
    EXPECT_EQ(totp_match(kSecret, "287083", at(59), 0), std::nullopt);
    EXPECT_EQ(totp_match(kSecret, "", at(59), 0), std::nullopt);
}

TEST(Totp, WhatPeopleTypeIsSixDigits) {
    EXPECT_EQ(totp_input(" 287 082 "), "287082");
    EXPECT_EQ(totp_input("287-082"), "287082");
    for (const auto* wrong : {"", "28708", "2870823", "28708a", "2870８2", "                                  287082"})
        EXPECT_EQ(totp_input(wrong), std::nullopt) << wrong;
}

TEST(Totp, AuthenticatorsAreToldByAnAddress) {
    EXPECT_EQ(to_base32("foobar"), "MZXW6YTBOI");
    EXPECT_EQ(to_base32("fooba"), "MZXW6YTB");
    EXPECT_EQ(to_base32("f"), "MY");
    EXPECT_EQ(otpauth_uri("My App", "ada@example.org", kSecret),
              "otpauth://totp/My%20App:ada%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=My%20App"
              "&algorithm=SHA1&digits=6&period=30");
}

}  // namespace
}  // namespace slipway::account
