#include "base/crypto.h"

#include <gtest/gtest.h>

namespace slipway {
namespace {

// RFC 4231, sections 4.2, 4.3 and 4.7; the one without a key from Python's hmac.
TEST(Hmac, IsThatOfTheStandardWithKeysOfAnyLength) {
    const auto hex = [](std::string_view key, std::string_view bytes) { return to_hex(hmac_sha256(key, bytes)); };
    for (int i = 0; i < 2; ++i) {  // a context is used again
        EXPECT_EQ(hex(std::string(20, '\x0b'), "Hi There"),
                  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
        EXPECT_EQ(hex("Jefe", "what do ya want for nothing?"),
                  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        EXPECT_EQ(hex(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
                  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
        EXPECT_EQ(hex({}, ""), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    }
}

TEST(Base64Url, GivesBackWhatWasEncodedOfEveryLength) {
    std::string bytes;
    for (int i = 0; i < 300; ++i) {
        EXPECT_EQ(from_base64url(to_base64url(bytes)), bytes) << i;
        bytes += static_cast<char>(i * 7);
    }
    EXPECT_EQ(from_base64url("-_-_"), "\xfb\xff\xbf");
    EXPECT_EQ(from_base64url(""), "");
}

TEST(Base64Url, OtherWritingsOfTheSameBytesAreRefused) {
    EXPECT_EQ(from_base64url("Zg"), "f");
    for (const char* const text : {"Zg==", "Zh", "Zm9", "Z", "Zm9vY", "Zm9v\n", " Zm9v", "Zm+v", "Zm/v", "Zm\xc3\xa9v"})
        EXPECT_EQ(from_base64url(text), std::nullopt) << text;
    EXPECT_EQ(from_base64url(std::string_view("Zm\0v", 4)), std::nullopt);
}

}  // namespace
}  // namespace slipway
