#include "store/mail/file.h"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "base/child_process.h"
#include "store/mail/conformance.h"
#include "store/temporary_folder.h"

namespace slipway::test {
namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

json::object read_by_python(const fs::path& file) {
    const auto script = fs::path(SLIPWAY_SOURCE_DIR) / "tests/store/mail/mail_as_json.py";
    ChildLimits limits;
    limits.memory_bytes = 2ULL << 30;
    const auto outcome = run_child("/usr/bin/python3", {script.string()}, content_of(file), limits).value();
    if (outcome.exit_code != 0) throw std::runtime_error(outcome.errors);
    return parse_json(outcome.output).value().get_object();
}

class Outbox : public testing::Test {
 protected:
    std::size_t count() const {
        std::size_t found = 0;
        for (const auto& entry : fs::directory_iterator(folder_ / "outbox"))
            found += entry.path().extension() == ".eml";
        return found;
    }
    std::unique_ptr<store::Mail> open(store::FileMailOptions options = {}) {
        return store::open_file_mail(folder_ / "outbox", options, pool_).value();
    }
    fs::path file_of(const std::string& id) const { return folder_ / "outbox" / (id.substr(0, id.find('@')) + ".eml"); }

    TemporaryFolder folder_;
    WorkerPool pool_{"mail", 2};
    store::Message message_{
        .from = {"sender@example.org"}, .to = {{"ada@example.org"}}, .subject = "Hello", .text = "Hi."};
};

TEST_F(Outbox, PassesTheConformanceSuite) {
    fs::create_directories(folder_ / "outbox");
    const MailPlace place{[&] { return open(); }, [&](const std::string& id) { return read_by_python(file_of(id)); },
                          [&] { return count(); }};
    for (const auto& check : mail_checks()) EXPECT_EQ(failure_of(check, place).value_or(""), "") << check.name;
}

TEST_F(Outbox, IsBounded) {
    auto mail = open({.messages_max = 2});
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(run_to_end(mail->send(message_)).has_value());
    const auto refused = run_to_end(mail->send(message_));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_EQ(count(), 2U);
    for (const auto& entry : fs::directory_iterator(folder_ / "outbox")) fs::remove(entry.path());
    EXPECT_TRUE(run_to_end(mail->send(message_)).has_value()) << "room was made";
    auto small = open({.bytes_max = 100});
    EXPECT_EQ(run_to_end(small->send(message_)).error().code, ErrorCode::unavailable);
}

TEST_F(Outbox, BelongsToItsOwnerAndForgetsWhatWasHalfWritten) {
    fs::create_directories(folder_ / "outbox");
    std::ofstream(folder_ / "outbox" / ".half.new") << "half";
    auto mail = open();
    EXPECT_FALSE(fs::exists(folder_ / "outbox" / ".half.new"));
    const auto id = run_to_end(mail->send(message_)).value();
    EXPECT_EQ(fs::status(file_of(id)).permissions(), fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(fs::status(folder_ / "outbox").permissions(), fs::perms::owner_all);
}

TEST_F(Outbox, SaysWhenTheFolderIsGone) {
    auto mail = open();
    fs::remove_all(folder_ / "outbox");
    EXPECT_EQ(run_to_end(mail->send(message_)).error().code, ErrorCode::unavailable);
    std::ofstream(folder_ / "outbox") << "a file";
    EXPECT_FALSE(store::open_file_mail(folder_ / "outbox", {}, pool_).has_value());
}

}  // namespace
}  // namespace slipway::test
