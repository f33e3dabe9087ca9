// Which passwords may be chosen, how they are kept, and what happens when too many come at once.
#include "account/passwords.h"

#include <gtest/gtest.h>

#include "account/common_passwords/common_passwords.h"
#include "base/json.h"

namespace slipway::account {
namespace {

constexpr PasswordCost kCheap{.operations = 1, .memory_bytes = 8 << 10};

class PasswordsTest : public ::testing::Test {
 protected:
    Passwords::Verdict verdict(std::string stored, std::string password) {
        const auto verdict = run_to_end(passwords_.verify(std::move(stored), std::move(password)));
        EXPECT_TRUE(verdict) << verdict.error().message;
        return verdict.value_or(Passwords::Verdict{});
    }
    std::string fault(std::string_view password) {
        return passwords_.fault(password, {"ada lovelace", "ada.lovelace@example.org"}).value_or("");
    }

    Passwords passwords_{{.cost = kCheap}};
};

TEST_F(PasswordsTest, AreHashedByArgon2idAndComparedWhole) {
    const std::string long_one(kPasswordLengthMax, 'x');
    const auto stored = run_to_end(passwords_.hash(long_one));
    ASSERT_TRUE(stored);
    EXPECT_TRUE(stored->starts_with("$argon2id$v=19$m=8,t=1,p=1$")) << *stored;
    EXPECT_TRUE(verdict(*stored, long_one).correct);
    EXPECT_FALSE(verdict(*stored, long_one).outdated);
    EXPECT_FALSE(verdict(*stored, long_one.substr(1)).correct) << "a password is never cut";
    EXPECT_FALSE(verdict(*stored, long_one + "x").correct);
    EXPECT_FALSE(verdict("", long_one).correct) << "who has no password has none that fits";
}

TEST_F(PasswordsTest, AHashOfAnotherCostIsOutdated) {
    Passwords dearer({.cost = {.operations = 2, .memory_bytes = 16 << 10}});
    const auto stored = run_to_end(dearer.hash("correct horse"));
    ASSERT_TRUE(stored);
    EXPECT_TRUE(verdict(*stored, "correct horse").outdated);
    EXPECT_FALSE(verdict(*stored, "wrong").outdated);
}

// The hashes were made by Python's crypt and hashlib.scrypt.
TEST_F(PasswordsTest, HashesOfBcryptAndScryptAreVerifiedAndOutdated) {
    for (const auto* stored :
         {"$2a$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
          "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
          "$2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
          "$scrypt$ln=10,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$nfkj3u1fRTHCea+fVr03sWV770kp5wLOLoEakziKhqE",
          "$scrypt$n=1024,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$nfkj3u1fRTHCea+fVr03sWV770kp5wLOLoEakziKhqE",
          "scrypt:1024:8:1$c2FsdA$"
          "88eeab470a457cfe6ceab99cc3e83631e9585fab6d4dda5cb6186878d5571d76f2b2332ccb2ab303565bc9e8edac7afcb729e23c2878"
          "1a87a65075e34420a487"}) {
        const auto right = verdict(stored, "correct horse");
        EXPECT_TRUE(right.correct) << stored;
        EXPECT_TRUE(right.outdated) << stored;
        EXPECT_FALSE(verdict(stored, "correct horsf").correct) << stored;
    }
}

TEST_F(PasswordsTest, WhatCannotBeVerifiedIsRefusedBeforeAnythingIsComputed) {
    for (const auto* stored :
         {"", "plain text", "$1$abc$def", "$2b$12$short",
          "$2b$31$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
          "$scrypt$ln=30,r=8,p=1$YQ$YWFhYWFhYWFhYWFhYWFhYQ", "$scrypt$ln=14,r=8,p=1$YQ$YQ",
          "scrypt:3:8:1$salt$00112233445566778899aabbccddeeff",
          "$argon2id$v=19$m=99999999,t=2,p=1$YWFhYWFhYWE$YWFhYWFhYWFhYWFhYWFhYQ", "$argon2id$v=19$m=8$a$b"})
        EXPECT_FALSE(parse_password_hash(stored)) << stored;
}

TEST_F(PasswordsTest, CommonOnesAndOnesOwnNameAreRefused) {
    for (const auto* password : {"password", "PASSWORD", "12345678", "qwertyuiop", "ada lovelace", "Ada.Lovelace",
                                 "ada.lovelace@example.org", "ada.lovelace1990!", "short"})
        EXPECT_NE(fault(password), "") << password;
    for (const auto* password : {"correct horse", "aaaaaaaaaaaaaab", "ada lovelace writes programs"})
        EXPECT_EQ(fault(password), "") << password;
    EXPECT_EQ(fault(std::string(kPasswordLengthMax, 'z')), "");
    EXPECT_NE(fault(std::string(kPasswordLengthMax + 1, 'z')), "");
    EXPECT_EQ(fault("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"), "")
        << "characters are counted";
    EXPECT_NE(fault(std::string("correct\0horse", 13)), "");
}

TEST_F(PasswordsTest, WhoComesWhenTooManyWaitIsToldWhenToComeAgain) {
    Passwords narrow({.cost = {.operations = 3, .memory_bytes = 4 << 20}, .threads = 1, .waiting_max = 2});
    asio::io_context loop;
    int done = 0, refused = 0;
    for (int i = 0; i < 12; ++i) {
        const auto ended = [&](std::exception_ptr, Result<std::string> result) {
            if (result) {
                ++done;
                return;
            }
            ++refused;
            EXPECT_EQ(result.error().code, ErrorCode::unavailable);
            EXPECT_GE(number_or(result.error().details, "retry_after_seconds", 0), 1);
        };
        asio::co_spawn(loop, narrow.hash("correct horse"), ended);
    }
    loop.run();
    EXPECT_GE(done, 2);
    EXPECT_GE(refused, 1);
    EXPECT_EQ(done + refused, 12);
}

}  // namespace
}  // namespace slipway::account
