#include "store/mail/file.h"

#include <fstream>

#include <gtest/gtest.h>

#include "store/mail/outbox_place.h"

namespace slipway::test {
namespace {

namespace fs = std::filesystem;

class Outbox : public testing::Test {
 protected:
    OutboxPlace outbox_;
    store::Message message_{
        .from = {"sender@example.org"}, .to = {{"ada@example.org"}}, .subject = "Hello", .text = "Hi."};
};

TEST_F(Outbox, PassesTheConformanceSuite) {
    const auto place = outbox_.place();
    for (const auto& check : mail_checks()) EXPECT_EQ(failure_of(check, place).value_or(""), "") << check.name;
}

TEST_F(Outbox, IsBounded) {
    auto mail = outbox_.open({.messages_max = 2});
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(run_to_end(mail->send(message_)).has_value());
    const auto refused = run_to_end(mail->send(message_));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_EQ(outbox_.count(), 2U);
    for (const auto& entry : fs::directory_iterator(outbox_.folder())) fs::remove(entry.path());
    EXPECT_TRUE(run_to_end(mail->send(message_)).has_value()) << "room was made";
    auto small = outbox_.open({.bytes_max = 100});
    EXPECT_EQ(run_to_end(small->send(message_)).error().code, ErrorCode::unavailable);
}

TEST_F(Outbox, BelongsToItsOwnerAndForgetsWhatWasHalfWritten) {
    std::ofstream(outbox_.folder() / ".half.new") << "half";
    auto mail = outbox_.open();
    EXPECT_FALSE(fs::exists(outbox_.folder() / ".half.new"));
    const auto id = run_to_end(mail->send(message_)).value();
    EXPECT_EQ(fs::status(outbox_.file_of(id)).permissions(), fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(fs::status(outbox_.folder()).permissions(), fs::perms::owner_all);
}

TEST_F(Outbox, SaysWhenTheFolderIsGone) {
    auto mail = outbox_.open();
    fs::remove_all(outbox_.folder());
    EXPECT_EQ(run_to_end(mail->send(message_)).error().code, ErrorCode::unavailable);
    std::ofstream(outbox_.folder()) << "a file";
    WorkerPool pool("mail", 1);
    EXPECT_FALSE(store::open_file_mail(outbox_.folder(), {}, pool).has_value());
}

}  // namespace
}  // namespace slipway::test
