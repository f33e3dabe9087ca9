#include "base/sealed_box.h"

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "base/ed25519.h"
#include "base/json_names.h"

namespace slipway {
namespace {

TEST(SealedBox, OpensWithItsKeyAlone) {
    const auto key = derive_key("secret", "one purpose");
    for (const auto& plain : {std::string(), std::string("text"), std::string(1000, '\0')}) {
        const auto sealed = seal(key, plain);
        EXPECT_EQ(open_sealed(key, sealed), plain);
        EXPECT_NE(seal(key, plain), sealed);
        EXPECT_FALSE(open_sealed(derive_key("secret", "another purpose"), sealed));
        auto changed = *from_base64url(sealed);
        changed.back() ^= 1;
        EXPECT_FALSE(open_sealed(key, to_base64url(changed)));
    }
    for (const auto* nothing : {"", "AAAA", "not base64!"}) EXPECT_FALSE(open_sealed(key, nothing));
    EXPECT_THROW(seal("short", "text"), std::logic_error);
}

// RFC 8032, 7.1, test 2.
TEST(Ed25519, SignsAsTheStandardSays) {
    const auto raw = [](std::string_view hex) {
        std::string bytes;
        for (std::size_t i = 0; i < hex.size(); i += 2)
            bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
        return bytes;
    };
    const auto seed = raw("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
    const auto key = raw("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    const auto signature = ed25519::sign(seed + key, "\x72");
    EXPECT_EQ(to_hex(signature),
              "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
              "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    EXPECT_TRUE(ed25519::verify(key, "\x72", signature));
    EXPECT_FALSE(ed25519::verify(key, "\x73", signature));
    EXPECT_FALSE(ed25519::verify(std::string(32, '\0'), "\x72", signature));
    EXPECT_FALSE(ed25519::verify("", "", ""));
}

TEST(JsonNames, ThatStandTwiceInOneObjectAreFound) {
    for (const auto* text : {R"({"a":1,"a":1})", R"([{"b":{"a":1,"c":[],"a":2}}])", R"({"a":1,"\u0061":2})"})
        EXPECT_TRUE(has_repeated_names(text)) << text;
    for (const auto* text : {R"({"a":1,"b":{"a":1}})", R"([{"a":1},{"a":1}])", "{}", "1", "", "{\"a\":1,"})
        EXPECT_FALSE(has_repeated_names(text)) << text;
}

}  // namespace
}  // namespace slipway
