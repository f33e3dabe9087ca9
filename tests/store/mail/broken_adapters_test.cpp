// Adapters with one fault each, around a good one: the conformance suite must find each.
#include <set>

#include <gtest/gtest.h>

#include "store/mail/compose.h"
#include "store/mail/outbox_place.h"

namespace slipway::test {
namespace {

using store::Mail;
using store::Message;

class PassingMail : public Mail {
 public:
    explicit PassingMail(std::unique_ptr<Mail> inner) : inner_(std::move(inner)) {}
    Task<std::string> send(Message message) override { return inner_->send(std::move(message)); }
    Task<store::MailStatus> status() override { return inner_->status(); }

 protected:
    std::unique_ptr<Mail> inner_;
};

struct LosesHtml final : PassingMail {
    using PassingMail::PassingMail;
    Task<std::string> send(Message message) override {
        message.html.reset();
        return inner_->send(std::move(message));
    }
};

struct LosesNames final : PassingMail {
    using PassingMail::PassingMail;
    Task<std::string> send(Message message) override {
        for (auto& mailbox : message.to) mailbox.name.clear();
        return inner_->send(std::move(message));
    }
};

struct LosesHeaders final : PassingMail {
    using PassingMail::PassingMail;
    Task<std::string> send(Message message) override {
        auto headers = std::exchange(message.headers, {});
        const auto checked = store::compose(message, now());
        if (headers.size() < 2 || !checked) message.headers = std::move(headers);
        return inner_->send(std::move(message));
    }
};

// Takes what would be a header of its own for a space.
struct RepairsLineEnds final : PassingMail {
    using PassingMail::PassingMail;
    Task<std::string> send(Message message) override {
        for (char& c : message.subject)
            if (c == '\r' || c == '\n') c = ' ';
        return inner_->send(std::move(message));
    }
};

struct SendsTwice final : PassingMail {
    using PassingMail::PassingMail;
    Task<std::string> send(Message message) override {
        SLIPWAY_CO_CHECK(co_await inner_->send(message));
        co_return co_await inner_->send(std::move(message));
    }
};

template <typename Fault>
std::set<std::string_view> failed_checks() {
    const OutboxPlace outbox;
    auto place = outbox.place();
    place.open = [&] { return std::make_unique<Fault>(outbox.open()); };
    std::set<std::string_view> failed;
    for (const auto& check : mail_checks())
        if (failure_of(check, place)) failed.insert(check.name);
    return failed;
}

TEST(MailSuite, FindsEachFault) {
    EXPECT_EQ(failed_checks<PassingMail>(), std::set<std::string_view>{});
    EXPECT_TRUE(failed_checks<LosesHtml>().contains("carries_all_languages"));
    EXPECT_TRUE(failed_checks<LosesNames>().contains("carries_all_languages"));
    EXPECT_TRUE(failed_checks<LosesHeaders>().contains("carries_further_headers"));
    EXPECT_TRUE(failed_checks<RepairsLineEnds>().contains("refuses_wrong_messages"));
    EXPECT_TRUE(failed_checks<SendsTwice>().contains("keeps_messages_apart"));
}

}  // namespace
}  // namespace slipway::test
