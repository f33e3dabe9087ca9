// Second factors on each database: how they are added, what the second step of a sign-in takes, and what it does not.
#include "account/factors.h"

#include "account/opened_accounts.h"
#include "account/totp.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/sealed_box.h"

namespace slipway::account {
namespace {

class FactorsTest : public test::OpenedAccounts {
 protected:
    void SetUp() override {
        OpenedAccounts::SetUp();
        open(FactorPolicy::optional);
        ada_ = member("ada");
        ada_.authenticated_at = now();
    }
    void open(FactorPolicy policy) {
        FactorOptions options;
        options.policy = policy;
        options.key = derive_key("a secret", "factors");
        options.issuer = "Slipway";
        factors_ = std::make_unique<Factors>(*database_, *cache_, *audit_, options);
    }

    // The code of an authenticator whose clock is so many steps off.
    std::string code_of(std::int64_t steps = 0) const { return totp_code(secret_, totp_step(now()) + steps); }
    // With a confirmed factor, whose codes up to that of the step before are free; the recovery codes.
    std::vector<std::string> protect() {
        const auto made = run_to_end(factors_->add(ada_, "Phone", {}));
        EXPECT_TRUE(made) << made.error().message;
        secret_ = secret_of(made->factor.id);
        EXPECT_EQ(to_base32(secret_), made->secret);
        const auto codes = run_to_end(factors_->confirm(ada_, made->factor.id, code_of(-1), {}));
        EXPECT_TRUE(codes) << codes.error().message;
        factor_id_ = made->factor.id;
        return codes.value_or(std::vector<std::string>());
    }
    std::string secret_of(const std::string& id) {
        const auto rows =
            run_to_end(database_->read(store::Scope::system(), "select secret from factors where id = $1", {id}));
        return open_sealed(derive_key("a secret", "factors"), rows->front().text("secret")).value_or("");
    }
    std::string begin() {
        const auto challenge = run_to_end(factors_->challenge(ada_.user, {{"device", "phone"}}));
        EXPECT_TRUE(challenge && *challenge);
        return (*challenge)->token;
    }
    Result<FinishedChallenge> finish(const std::string& token, const std::string& code) {
        return run_to_end(factors_->finish(token, code, {}));
    }
    static std::string reason(const Error& error) { return std::string(text_or(error.details, "reason")); }

    std::unique_ptr<Factors> factors_;
    Principal ada_;
    std::string secret_, factor_id_;
};

TEST_F(FactorsTest, WithoutAFactorThereIsNoSecondStep) {
    const auto none = run_to_end(factors_->challenge(ada_.user, {}));
    ASSERT_TRUE(none);
    EXPECT_FALSE(*none);
    ASSERT_TRUE(run_to_end(factors_->add(ada_, "Phone", {})));
    EXPECT_FALSE(*run_to_end(factors_->challenge(ada_.user, {}))) << "it was not confirmed";
}

TEST_F(FactorsTest, AFactorIsConfirmedByACodeAndItsSecretIsSealed) {
    const auto codes = protect();
    ASSERT_EQ(codes.size(), kRecoveryCodes);
    // Of base32: five bits in each sign, 112 at least where a fast hash is kept of them (ASVS 6.5.2).
    EXPECT_GE((codes.front().size() - std::ranges::count(codes.front(), '-')) * 5, 112U);
    const auto rows = run_to_end(database_->read(store::Scope::system(), "select secret from factors"));
    EXPECT_EQ(rows->front().text("secret").find(to_base32(secret_)), std::string::npos);
    EXPECT_EQ(rows->front().text("secret").find(secret_), std::string::npos);
    EXPECT_EQ(run_to_end(factors_->recovery_codes_left(ada_.user.id)), kRecoveryCodes);
    EXPECT_EQ(events("factor_added"), 1U);
    ada_.assurance = 2;
    const auto second = run_to_end(factors_->add(ada_, "", {}));
    ASSERT_TRUE(second);
    const auto wrong = run_to_end(factors_->confirm(ada_, second->factor.id, "000000", {}));
    ASSERT_FALSE(wrong);
    EXPECT_EQ(reason(wrong.error()), "wrong");
}

TEST_F(FactorsTest, ASignInIsFinishedByACodeOnce) {
    protect();
    const auto token = begin();
    const auto wrong = finish(token, "000000");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(reason(wrong.error()), "wrong");
    const auto code = code_of();
    const auto finished = finish(token, code);
    ASSERT_TRUE(finished) << finished.error().message;
    EXPECT_EQ(finished->user_id, ada_.user.id);
    EXPECT_EQ(finished->method, "otp");
    EXPECT_EQ(text_or(finished->data, "device"), "phone");
    EXPECT_EQ(reason(finish(token, code_of(1)).error()), "expired") << "a token counts once";
    EXPECT_EQ(reason(finish(begin(), code).error()), "wrong") << "a code counts once";
    EXPECT_EQ(reason(finish(begin(), code_of(-1)).error()), "wrong") << "nor does one of before";
    EXPECT_EQ(events("factor_failed"), 3U);
}

TEST_F(FactorsTest, ARecoveryCodeCountsOnce) {
    const auto codes = protect();
    auto typed = codes[3];
    std::ranges::transform(typed, typed.begin(), [](unsigned char c) { return std::tolower(c); });
    const auto finished = finish(begin(), " " + typed);
    ASSERT_TRUE(finished) << finished.error().message;
    EXPECT_EQ(finished->method, "recovery");
    EXPECT_EQ(reason(finish(begin(), codes[3]).error()), "wrong");
    EXPECT_EQ(run_to_end(factors_->recovery_codes_left(ada_.user.id)), kRecoveryCodes - 1);
    EXPECT_EQ(events("recovery_code_used"), 1U);
    ada_.assurance = 2;
    const auto fresh = run_to_end(factors_->make_recovery_codes(ada_, {}));
    ASSERT_TRUE(fresh) << fresh.error().message;
    EXPECT_EQ(reason(finish(begin(), codes[4]).error()), "wrong") << "new ones end the old ones";
    EXPECT_TRUE(finish(begin(), (*fresh)[0]));
}

TEST_F(FactorsTest, TriesEndWithTheTokenAndThenWithTheUser) {
    protect();
    auto token = begin();
    for (int i = 0; i < kFactorTriesMax; ++i) EXPECT_EQ(reason(finish(token, "000000").error()), "wrong");
    EXPECT_EQ(reason(finish(token, code_of()).error()), "expired");
    Result<FinishedChallenge> last = FinishedChallenge{};
    for (std::size_t i = 0; i < kTriesAtOnce && last; ++i) {
        last = finish(begin(), "000000");
        if (!last && reason(last.error()) == "wrong") last = FinishedChallenge{};
    }
    ASSERT_FALSE(last) << "further tokens do not help";
    EXPECT_EQ(last.error().code, ErrorCode::rate_limited);
    EXPECT_GE(integer_or(last.error().details, "retry_after_seconds", 0), 1);
}

TEST_F(FactorsTest, ATokenEnds) {
    protect();
    const auto token = begin();
    ASSERT_TRUE(run_to_end(database_->write(store::Scope::system(), "update account_codes set expires_at = $1",
                                            {now() - Milliseconds(1)})));
    EXPECT_EQ(reason(finish(token, code_of()).error()), "expired");
    EXPECT_EQ(reason(finish("no such token", code_of()).error()), "expired");
}

TEST_F(FactorsTest, OnlyWhoWasAskedJustNowChangesFactors) {
    auto late = ada_;
    late.authenticated_at = now() - std::chrono::hours(1);
    EXPECT_EQ(reason(run_to_end(factors_->add(late, "", {})).error()), "reauthenticate");
    auto key = ada_;
    key.proof = Proof::api_key;
    EXPECT_EQ(reason(run_to_end(factors_->add(key, "", {})).error()), "reauthenticate");
    protect();
    EXPECT_EQ(reason(run_to_end(factors_->add(ada_, "", {})).error()), "reauthenticate") << "without the first factor";
    EXPECT_EQ(reason(run_to_end(factors_->remove(ada_, factor_id_, {})).error()), "reauthenticate");
    EXPECT_EQ(reason(run_to_end(factors_->make_recovery_codes(ada_, {})).error()), "reauthenticate");
    const auto eve = member("eve");
    auto other = eve;
    other.authenticated_at = now();
    EXPECT_EQ(run_to_end(factors_->remove(other, factor_id_, {})).error().code, ErrorCode::not_found);
    ada_.assurance = 2;
    EXPECT_TRUE(run_to_end(factors_->remove(ada_, factor_id_, {})));
    EXPECT_EQ(run_to_end(factors_->recovery_codes_left(ada_.user.id)), 0U);
    EXPECT_FALSE(*run_to_end(factors_->challenge(ada_.user, {})));
}

TEST_F(FactorsTest, WhereOneIsRequiredNothingIsAllowedWithout) {
    EXPECT_TRUE(factors_->check_assurance(ada_));
    open(FactorPolicy::required);
    const auto refused = factors_->check_assurance(ada_);
    ASSERT_FALSE(refused);
    EXPECT_EQ(reason(refused.error()), "factor_required");
    protect();
    ada_.assurance = 2;
    EXPECT_TRUE(factors_->check_assurance(ada_));
    EXPECT_EQ(run_to_end(factors_->remove(ada_, factor_id_, {})).error().code, ErrorCode::conflict);
    open(FactorPolicy::off);
    EXPECT_EQ(run_to_end(factors_->add(ada_, "", {})).error().code, ErrorCode::forbidden);
}

TEST_F(FactorsTest, ASecretThatWasSealedWithAFormerKeyIsOpened) {
    protect();
    FactorOptions options;
    options.key = derive_key("a new secret", "factors");
    options.former_keys = {derive_key("a secret", "factors")};
    factors_ = std::make_unique<Factors>(*database_, *cache_, *audit_, options);
    EXPECT_TRUE(finish(begin(), code_of()));
    options.former_keys.clear();
    factors_ = std::make_unique<Factors>(*database_, *cache_, *audit_, options);
    EXPECT_EQ(finish(begin(), code_of(1)).error().code, ErrorCode::internal);
}

TEST_F(FactorsTest, ThereAreNotMoreThanSoMany) {
    for (std::size_t i = 0; i < kFactorsPerUserMax; ++i) ASSERT_TRUE(run_to_end(factors_->add(ada_, "", {})));
    EXPECT_EQ(run_to_end(factors_->add(ada_, "", {})).error().code, ErrorCode::conflict);
    EXPECT_EQ(run_to_end(factors_->add(ada_, std::string(101, 'x'), {})).error().code, ErrorCode::invalid);
}

}  // namespace
}  // namespace slipway::account
