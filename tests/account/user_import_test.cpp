// Users of another system on each database, with the hashes of their passwords.
#include "account/user_import.h"

#include "account/opened_accounts.h"

namespace slipway::account {
namespace {

// "correct horse", by bcrypt of cost 4 and by scrypt.
constexpr std::string_view kBcrypt = "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e";
constexpr std::string_view kScrypt =
    "$scrypt$ln=10,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$nfkj3u1fRTHCea+fVr03sWV770kp5wLOLoEakziKhqE";

class UserImportTest : public test::OpenedAccounts {
 protected:
    ImportOutcome import(std::vector<std::string> lines, std::size_t first = 1) {
        const auto outcome =
            run_to_end(import_users(*database_, *audit_, accounts_->workspace(), std::move(lines), first));
        EXPECT_TRUE(outcome) << outcome.error().message;
        return outcome.value_or(ImportOutcome{});
    }
    static std::string line(std::string_view name, std::string_view hash) {
        return fmt::format(R"({{"email": "{0}@Example.org", "username": "{0}", "password_hash": "{1}"}})", name, hash);
    }
    bool signs_in(const std::string& name) {
        return run_to_end(accounts_->sign_in(name, "correct horse", Visit{})).has_value();
    }
    std::string hash_of(const std::string& name) {
        const auto rows = run_to_end(
            database_->read(store::Scope::system(), "select password_hash from users where username = $1", {name}));
        return rows->front().text("password_hash");
    }
};

TEST_F(UserImportTest, WhoIsTakenOverSignsInAndIsHashedAnew) {
    const auto outcome = import({line("ada", kBcrypt), "", line("eve", kScrypt)});
    EXPECT_EQ(outcome.imported, 2U);
    EXPECT_TRUE(outcome.faults.empty());
    EXPECT_EQ(events("user_created"), 2U);
    for (const auto* name : {"ada", "eve"}) {
        EXPECT_FALSE(run_to_end(accounts_->sign_in(name, "wrong", Visit{})));
        EXPECT_FALSE(hash_of(name).starts_with("$argon2id$"));
        EXPECT_TRUE(signs_in(name)) << name;
        EXPECT_TRUE(hash_of(name).starts_with("$argon2id$")) << "once the password is known";
        EXPECT_TRUE(signs_in(name)) << name;
    }
}

TEST_F(UserImportTest, ItCanBeRepeated) {
    EXPECT_EQ(import({line("ada", kBcrypt)}).imported, 1U);
    EXPECT_TRUE(signs_in("ada"));
    const auto fresh = hash_of("ada");
    const auto again = import({line("ada", kBcrypt), line("eve", kScrypt)});
    EXPECT_EQ(again.imported, 1U);
    EXPECT_EQ(again.present, 1U);
    EXPECT_EQ(hash_of("ada"), fresh) << "who is there already is left as they are";
}

TEST_F(UserImportTest, WhatIsWrongWithALineIsToldByItsNumber) {
    const auto outcome = import({"not JSON", "[]", R"({"email": "nobody"})", line("ada", "md5:1234"),
                                 line("x", kBcrypt), R"({"email": "b@example.org", "role": "king"})",
                                 line("ada", kBcrypt), R"({"email": "c@example.org", "username": "ADA"})"},
                                101);
    ASSERT_EQ(outcome.faults.size(), 7U);
    EXPECT_EQ(outcome.imported, 1U);
    std::vector<std::size_t> lines;
    for (const auto& fault : outcome.faults) {
        lines.push_back(fault.line);
        EXPECT_FALSE(fault.message.empty());
        EXPECT_EQ(fault.message.find("md5:1234"), std::string::npos) << "a hash is not told";
    }
    EXPECT_EQ(lines, (std::vector<std::size_t>{101, 102, 103, 104, 105, 106, 108}));
}

TEST_F(UserImportTest, WithoutAHashNobodySignsIn) {
    EXPECT_EQ(
        import({R"({"email": "ada@example.org", "role": "admin", "active": true, "email_verified": true})"}).imported,
        1U);
    for (const auto* password : {"", "correct horse"})
        EXPECT_FALSE(run_to_end(accounts_->sign_in("ada@example.org", password, Visit{})));
    EXPECT_EQ(run_to_end(accounts_->find("ada@example.org"))->role, Role::admin);
}

}  // namespace
}  // namespace slipway::account
