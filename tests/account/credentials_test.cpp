// Addresses and passwords that are verified, changed and set anew by mail: real database, real queue, the mails as they
// lie in the outbox.
#include "account/credentials.h"

#include <algorithm>
#include <fstream>
#include <regex>

#include <gtest/gtest.h>

#include "account/tables.h"
#include "base/sealed_box.h"
#include "job/tables.h"
#include "must.h"
#include "store/database/engines/any_database.h"
#include "store/mail/file.h"
#include "store/queue/database.h"
#include "store/queue/effect.h"
#include "store/temporary_folder.h"

namespace slipway::account {
namespace {

using test::must;

const Visit kHere{"192.0.2.1", "a browser", "request-1"};

// Keeps what is sent; fails as often as it is told.
class KeptMail : public store::Mail {
 public:
    Task<std::string> send(store::Message message) override {
        if (failures > 0 && failures-- > 0) co_return fail(ErrorCode::unavailable, "The mail server is away.");
        messages.push_back(std::move(message));
        co_return std::string("id");
    }
    Task<store::MailStatus> status() override { co_return store::MailStatus{"kept", Milliseconds(0)}; }
    int failures = 0;
    std::vector<store::Message> messages;
};

class CredentialsTest : public ::testing::Test {
 protected:
    void SetUp() override {
        database_ = must(test::open_any_database(folder_ / "data.db"));
        std::vector<store::Migration> all;
        for (const auto part : {store::series_migrations(), store::queue_migrations(), store::effect_migrations(),
                                job::migrations(), migrations()})
            all.insert(all.end(), part.begin(), part.end());
        must(run_to_end(database_->migrate(all)));
        queue_ = store::make_database_queue(*database_);
        jobs_ = std::make_unique<job::Jobs>(*database_, *queue_);
        audit_ = std::make_unique<Audit>(*database_, AuditOptions{.key = "seals"});
        keys_ = std::make_unique<SigningKeys>(*database_, *audit_, SigningOptions{.secret = std::string(32, 's')});
        must(run_to_end(keys_->prepare()));
        options_.sessions.secret = std::string(32, 's');
        reopen();
    }
    void reopen() {
        accounts_ = std::make_unique<Accounts>(*database_, passwords_, *audit_, *keys_, options_);
        must(run_to_end(accounts_->prepare()));
        errands_ = std::make_unique<Errands>(*database_, *jobs_, accounts_->workspace(),
                                             derive_key(std::string(32, 's'), "errands"));
        MailOptions options;
        options.from = {"app@example.org", "The application"};
        options.application = "Harbour";
        options.base = "https://harbour.example.org";
        mails_ = std::make_unique<Mails>(*errands_, mail_, std::move(options));
        credentials_ = std::make_unique<Credentials>(*database_, *accounts_, passwords_, *audit_, *errands_, *mails_);
    }
    Principal ada() {
        const auto tokens = must(run_to_end(accounts_->sign_in("ada", "correct horse", kHere)));
        return must(run_to_end(accounts_->authenticate(tokens.access_token)));
    }
    User enroll() {
        return must(run_to_end(accounts_->enroll({"ada@example.org", "ada", "correct horse", "Ada <b>"})));
    }
    // Runs what waits in the queue, as the worker does, until nothing does; how many ran well.
    int work() {
        int done = 0;
        for (int round = 0; round < 10; ++round) {
            const auto leased = must(run_to_end(queue_->lease("jobs")));
            if (leased.empty()) break;
            for (const auto& message : leased) {
                const auto order = must(job::from_message(message.body));
                job::Job job{message.lease.workspace, message.lease.id, order.name, "", order.arguments};
                if (const auto ran = run_to_end(errands_->run(std::move(job))); ran) {
                    must(run_to_end(queue_->acknowledge(message.lease)));
                    ++done;
                } else {
                    must(run_to_end(queue_->retry(message.lease, ran.error().message, Milliseconds(0))));
                }
            }
        }
        return done;
    }
    // The token of the last mail's link.
    std::string token() {
        std::smatch found;
        const auto& text = mail_.messages.back().text;
        EXPECT_TRUE(
            std::regex_search(text, found, std::regex("https://harbour[.]example[.]org/account#\\w+=([\\w-]*)")))
            << text;
        return found.size() > 1 ? found[1].str() : "";
    }
    std::size_t events(std::string name) {
        EventFilter filter;
        filter.event = std::move(name);
        return must(run_to_end(audit_->list(filter))).size();
    }
    Result<Tokens> sign_in(std::string password, std::string name = "ada") {
        return run_to_end(accounts_->sign_in(std::move(name), std::move(password), kHere));
    }
    void later(std::chrono::seconds time) {
        must(run_to_end(database_->write(store::Scope::system(),
                                         "update account_codes set created_at = created_at - $1, expires_at = "
                                         "expires_at - $1 where purpose <> 'errand'",
                                         {time.count() * 1000})));
    }

    test::TemporaryFolder folder_;
    Passwords passwords_{{.cost = {.operations = 1, .memory_bytes = 8 << 10}}};
    std::unique_ptr<store::Database> database_;
    std::unique_ptr<store::Queue> queue_;
    std::unique_ptr<job::Jobs> jobs_;
    std::unique_ptr<Audit> audit_;
    std::unique_ptr<SigningKeys> keys_;
    AccountOptions options_;
    KeptMail mail_;
    std::unique_ptr<Accounts> accounts_;
    std::unique_ptr<Errands> errands_;
    std::unique_ptr<Mails> mails_;
    std::unique_ptr<Credentials> credentials_;
};

TEST_F(CredentialsTest, APasswordIsSetAnewByMailOnceAndEverySessionEnds) {
    enroll();
    const auto before = must(sign_in("correct horse"));
    must(run_to_end(credentials_->ask_reset(" ADA@example.org ", kHere)));
    EXPECT_TRUE(mail_.messages.empty()) << "the answer waits for no mail";
    work();
    ASSERT_EQ(mail_.messages.size(), 1U);
    EXPECT_EQ(mail_.messages.front().to.front().address, "ada@example.org");
    const auto link = token();
    EXPECT_TRUE(sign_in("correct horse")) << "asking changes nothing";
    EXPECT_EQ(run_to_end(credentials_->reset_password(link, "short", kHere)).error().code, ErrorCode::invalid);
    must(run_to_end(credentials_->reset_password(link, "a battery staple", kHere)));
    EXPECT_FALSE(run_to_end(accounts_->authenticate(before.access_token)));
    EXPECT_FALSE(sign_in("correct horse"));
    EXPECT_TRUE(sign_in("a battery staple"));
    const auto again = run_to_end(credentials_->reset_password(link, "another staple", kHere));
    EXPECT_EQ(text_or(again.error().details, "reason"), "invalid");
    work();
    ASSERT_EQ(mail_.messages.size(), 2U) << "and the change is told";
    EXPECT_EQ(events("password_reset_asked"), 1U);
    EXPECT_EQ(events("password_reset"), 1U);
}

TEST_F(CredentialsTest, AResetHoldsForAnHourAndOnlyTheNewest) {
    enroll();
    must(run_to_end(credentials_->ask_reset("ada@example.org", kHere)));
    work();
    const auto first = token();
    must(run_to_end(credentials_->ask_reset("ada@example.org", kHere)));
    work();
    EXPECT_EQ(mail_.messages.size(), 1U) << "one a minute";
    later(kMailPause);
    must(run_to_end(credentials_->ask_reset("ada@example.org", kHere)));
    work();
    ASSERT_EQ(mail_.messages.size(), 2U);
    const auto second = token();
    EXPECT_FALSE(run_to_end(credentials_->reset_password(first, "a battery staple", kHere)));
    later(kResetValidFor);
    EXPECT_FALSE(run_to_end(credentials_->reset_password(second, "a battery staple", kHere)));
    EXPECT_TRUE(sign_in("correct horse"));
}

TEST_F(CredentialsTest, WhoAsksForAnUnknownAddressDoesAndHearsTheSame) {
    enroll();
    const auto rows = [&] {
        return must(run_to_end(database_->read(store::Scope::system(), "select count(*) as n from account_codes")))
            .front()
            .integer("n");
    };
    EXPECT_TRUE(run_to_end(credentials_->ask_reset("ada@example.org", kHere)));
    const auto known = rows();
    EXPECT_TRUE(run_to_end(credentials_->ask_reset("nobody@example.org", kHere)));
    EXPECT_EQ(rows(), 2 * known);
    work();
    EXPECT_EQ(mail_.messages.size(), 1U);
}

TEST_F(CredentialsTest, LinksAreNeitherInTheJobsNorInTheDatabaseAsTheyAre) {
    enroll();
    must(run_to_end(credentials_->ask_reset("ada@example.org", kHere)));
    const auto find = [&](std::string sql, const std::string& text) {
        const auto rows = must(run_to_end(database_->read(store::Scope::system(), std::move(sql))));
        for (const auto& cell : rows.cells()) {
            const auto* found = std::get_if<std::string>(&cell.variant());
            const auto* bytes = std::get_if<store::Bytes>(&cell.variant());
            if ((found != nullptr && found->find(text) != std::string::npos) ||
                (bytes != nullptr && bytes->value.find(text) != std::string::npos))
                return true;
        }
        return false;
    };
    EXPECT_FALSE(find("select * from queue_message", "ada@")) << "not even whose it is";
    mail_.failures = 1;  // so that the mail waits for its second try
    work();
    ASSERT_EQ(mail_.messages.size(), 1U);
    EXPECT_FALSE(find("select * from account_codes", token()));
    EXPECT_EQ(must(run_to_end(database_->read(store::Scope::system(),
                                              "select code_hash from account_codes where purpose = 'errand'")))
                  .size(),
              0U)
        << "nothing is left of what is done";
}

TEST_F(CredentialsTest, AMailIsTriedAgainAndWhatWasLostIsFound) {
    enroll();
    mail_.failures = 3;
    must(run_to_end(credentials_->ask_reset("ada@example.org", kHere)));
    work();
    EXPECT_EQ(mail_.messages.size(), 1U);
    later(kMailPause);
    // The process died between the note and its job.
    auto body = [&](store::Transaction& transaction) -> Task<void> {
        SLIPWAY_CO_CHECK(co_await errands_->note(transaction, "reset", {{"email", "ada@example.org"}}));
        co_return Result<void>();
    };
    const store::Database::Body named_body = body;
    must(run_to_end(database_->transact(store::Scope::system(), named_body)));
    EXPECT_EQ(work(), 0);
    must(run_to_end(database_->write(store::Scope::system(),
                                     "update account_codes set created_at = created_at - 700000 where purpose = "
                                     "'errand'")));
    must(run_to_end(errands_->start_left()));
    work();
    EXPECT_EQ(mail_.messages.size(), 2U);
}

TEST_F(CredentialsTest, AnAddressIsVerifiedByItsMail) {
    const auto user = enroll();
    must(run_to_end(credentials_->ask_verification(user, kHere)));
    work();
    const auto link = token();
    EXPECT_FALSE(run_to_end(credentials_->verify_email("another" + link, kHere)));
    EXPECT_FALSE(run_to_end(credentials_->reset_password(link, "a battery staple", kHere))) << "it is for one purpose";
    must(run_to_end(credentials_->verify_email(link, kHere)));
    EXPECT_FALSE(run_to_end(credentials_->verify_email(link, kHere))) << "once";
    const auto verified = must(run_to_end(accounts_->find("ada")));
    EXPECT_TRUE(verified.email_verified_at);
    EXPECT_EQ(run_to_end(credentials_->ask_verification(verified, kHere)).error().code, ErrorCode::invalid);
    EXPECT_EQ(events("email_verified"), 1U);
}

TEST_F(CredentialsTest, WhereAddressesAreVerifiedFirstASignUpTellsNobodyWhoIsKnown) {
    options_.verification = Verification::required;
    reopen();
    const Registration fresh{"ada@example.org", "ada", "correct horse", ""};
    must(run_to_end(credentials_->ask_sign_up(fresh, kHere)));
    EXPECT_EQ(sign_in("correct horse").error().code, ErrorCode::unauthorized) << "nothing is made before its mail";
    work();
    ASSERT_EQ(mail_.messages.size(), 1U);
    const auto unverified = sign_in("correct horse");
    EXPECT_EQ(text_or(unverified.error().details, "reason"), "unverified");
    EXPECT_EQ(text_or(sign_in("wrong").error().details, "reason"), "wrong") << "told only with the password";
    must(run_to_end(credentials_->verify_email(token(), kHere)));
    EXPECT_TRUE(sign_in("correct horse"));
    const Registration known{"ada@example.org", "somebody", "another horse", ""};
    EXPECT_TRUE(run_to_end(credentials_->ask_sign_up(known, kHere))) << "the same answer";
    work();
    ASSERT_EQ(mail_.messages.size(), 2U);
    EXPECT_NE(mail_.messages.back().subject.find("You have an account"), std::string::npos);
    EXPECT_TRUE(sign_in("correct horse")) << "and nothing has changed";
    const Registration name{"bob@example.org", "ADA", "another horse", ""};
    EXPECT_EQ(run_to_end(credentials_->ask_sign_up(name, kHere)).error().code, ErrorCode::conflict);
    const Registration both{"ada@example.org", "ADA", "another horse", ""};
    EXPECT_EQ(run_to_end(credentials_->ask_sign_up(both, kHere)).error().code, ErrorCode::conflict)
        << "whether the address is known makes no difference";
}

TEST_F(CredentialsTest, AChangedPasswordNeedsTheOldOneAndMayEndTheOthers) {
    enroll();
    const auto principal = ada(), other = ada();
    const auto change = [&](std::string current, std::string fresh, bool others) {
        return run_to_end(
            credentials_->change_password(principal, std::move(current), std::move(fresh), others, kHere));
    };
    EXPECT_EQ(text_or(change("wrong", "a battery staple", true).error().details, "reason"), "wrong");
    EXPECT_EQ(change("correct horse", "ada@example.org", true).error().code, ErrorCode::invalid);
    must(change("correct horse", "a battery staple", false));
    EXPECT_TRUE(run_to_end(accounts_->renew(other)));
    must(change("a battery staple", "a new staple", true));
    EXPECT_FALSE(run_to_end(accounts_->renew(other)));
    EXPECT_TRUE(run_to_end(accounts_->renew(principal)));
    EXPECT_TRUE(sign_in("a new staple"));
    work();
    EXPECT_EQ(mail_.messages.size(), 2U);
    EXPECT_EQ(events("password_changed"), 2U);
}

TEST_F(CredentialsTest, GuessesAtThePasswordOfWhoIsSignedInAreCounted) {
    options_.attempts_max = 3;
    reopen();
    enroll();
    const auto principal = ada();
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(run_to_end(credentials_->check_password(principal, "wrong", kHere)).error().code,
                  ErrorCode::forbidden);
    EXPECT_EQ(run_to_end(credentials_->check_password(principal, "correct horse", kHere)).error().code,
              ErrorCode::rate_limited);
}

TEST_F(CredentialsTest, AChangedAddressHoldsOnceItsMailWasOpenedAndBothAreTold) {
    enroll();
    const auto principal = ada();
    const auto change = [&](std::string password, std::string email) {
        return run_to_end(credentials_->change_email(principal, std::move(password), std::move(email), kHere));
    };
    EXPECT_EQ(text_or(change("wrong", "new@example.org").error().details, "reason"), "wrong");
    EXPECT_EQ(change("correct horse", "none").error().code, ErrorCode::invalid);
    must(change("correct horse", "New@example.org"));
    work();
    ASSERT_EQ(mail_.messages.size(), 2U);
    std::ranges::sort(mail_.messages, {}, [](const auto& message) { return message.to.front().address; });
    EXPECT_EQ(mail_.messages[0].to.front().address, "ada@example.org");
    EXPECT_EQ(mail_.messages[1].to.front().address, "new@example.org");
    EXPECT_TRUE(sign_in("correct horse", "ada@example.org")) << "not yet";
    must(run_to_end(credentials_->verify_email(token(), kHere)));
    EXPECT_FALSE(sign_in("correct horse", "ada@example.org"));
    EXPECT_TRUE(sign_in("correct horse", "new@example.org"));
    work();
    EXPECT_EQ(mail_.messages.back().to.front().address, "ada@example.org") << "the old one is told";
    EXPECT_EQ(events("email_changed"), 1U);
}

TEST_F(CredentialsTest, AnAddressThatSomebodyElseTookMeanwhileIsRefused) {
    enroll();
    must(run_to_end(credentials_->change_email(ada(), "correct horse", "new@example.org", kHere)));
    work();
    std::ranges::sort(mail_.messages, {}, [](const auto& message) { return message.to.front().address; });
    must(run_to_end(accounts_->enroll({"new@example.org", "bob", "another horse"})));
    EXPECT_EQ(run_to_end(credentials_->verify_email(token(), kHere)).error().code, ErrorCode::conflict);
    EXPECT_TRUE(sign_in("correct horse", "ada@example.org"));
}

TEST_F(CredentialsTest, NamesDoNotWordAMail) {
    enroll();
    must(run_to_end(credentials_->ask_reset("ada@example.org", kHere)));
    work();
    EXPECT_NE(mail_.messages.front().text.find("Hello Ada <b>,"), std::string::npos);
    EXPECT_NE(mail_.messages.front().html->find("Hello Ada &lt;b&gt;,"), std::string::npos);
    EXPECT_EQ(mail_.messages.front().html->find("<b>"), std::string::npos);
}

TEST(MailTemplates, AreTheApplicationsOwnWhereThereAreAndCheckedWhenTheyAreRead) {
    test::TemporaryFolder folder;
    const auto put = [&](std::string name, std::string text) { std::ofstream(folder.path() / name) << text; };
    put("reset.txt", "New password, {name}\n\nOpen {base}/go?code={token}\n");
    put("reset.html", "<style>p { color: red }</style><p title='{name}'>{token}</p>");
    const auto templates = must(MailTemplates::load(folder.path()));
    const auto mail = templates.word("reset", {{"name", "A\nBcc: <x@y>'"}, {"base", "https://b"}, {"token", "t"}});
    EXPECT_EQ(mail.subject, "New password, A Bcc: <x@y>'");
    EXPECT_EQ(mail.text, "Open https://b/go?code=t\n");
    EXPECT_EQ(mail.html, "<style>p { color: red }</style><p title='A Bcc: &lt;x@y&gt;&#39;'>t</p>");
    EXPECT_FALSE(templates.word("verify", {}).subject.empty()) << "the others are built in";
    put("verify.txt", "Subject\n\nline\n{nmae}\n");
    const auto unknown = MailTemplates::load(folder.path());
    EXPECT_NE(unknown.error().message.find("verify.txt:4: there is no {nmae}. Did you mean {name}?"), std::string::npos)
        << unknown.error().message;
    put("verify.txt", "Subject alone\n");
    EXPECT_FALSE(MailTemplates::load(folder.path()));
    put("verify.txt", "Subject\n\ntext\n");
    put("verfy.txt", "Subject\n\ntext\n");
    EXPECT_FALSE(MailTemplates::load(folder.path()));
    EXPECT_TRUE(MailTemplates::load(folder.path() / "none"));
}

}  // namespace
}  // namespace slipway::account
