// Conversations on a real SQLite database, answered by a graph whose speaker the test controls.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <gtest/gtest.h>

#include "account/service.h"
#include "account/tables.h"
#include "chat/service.h"
#include "chat/tables.h"
#include "store/database/engines/any_database.h"
#include "store/temporary_folder.h"

namespace slipway::chat {
namespace {

// Repeats what it was asked, word by word, and how many messages of history it saw.
class Echo final : public agent::Node {
 public:
    Echo(const bool& fails, bool& began) : fails_(fails), began_(began) {}
    std::string_view kind() const override { return "answer"; }
    Task<void> run(agent::State& state, agent::Step& step, agent::Output& output) override {
        state.agent = step.node;
        began_ = true;
        const auto text = fmt::format("{} seen, you said {}", state.input.history.size(), state.input.message);
        SLIPWAY_CO_CHECK(co_await output.text(text));
        if (fails_) co_return fail(ErrorCode::upstream, "the model broke off");
        if (state.input.message == "fail before") co_return Result<void>();
        if (state.input.message == "break off") co_return fail(ErrorCode::upstream, "the model broke off");
        if (state.input.message == "wait") co_await sleep_for(std::chrono::minutes(10));
        step.prompt_tokens = 3;
        step.completion_tokens = 2;
        co_return Result<void>();
    }

 private:
    const bool& fails_;
    bool& began_;
};

// Does before each transaction what the test wants.
class PausingDatabase final : public store::Database {
 public:
    PausingDatabase(store::Database& inner, std::function<Task<void>()> before)
        : inner_(inner), before_(std::move(before)) {}
    Task<store::Rows> read(store::Scope scope, std::string sql, store::Parameters parameters) override {
        return inner_.read(std::move(scope), std::move(sql), std::move(parameters));
    }
    Task<void> transact(store::Scope scope, Body body) override {
        SLIPWAY_CO_CHECK(co_await before_());
        co_return co_await inner_.transact(std::move(scope), std::move(body));
    }
    Task<void> migrate(std::span<const store::Migration> migrations) override { return inner_.migrate(migrations); }
    Task<void> dump(Page page) override { return inner_.dump(std::move(page)); }
    Task<void> backup(std::filesystem::path destination) override { return inner_.backup(std::move(destination)); }
    Task<store::DatabaseStatus> status() override { return inner_.status(); }
    Task<void> check_integrity() override { return inner_.check_integrity(); }

 private:
    store::Database& inner_;
    std::function<Task<void>()> before_;
};

class ChatsTest : public ::testing::Test {
 protected:
    void SetUp() override {
        auto opened = test::open_any_database(folder_ / "chats.sqlite");
        ASSERT_TRUE(opened) << opened.error().message;
        database_ = *std::move(opened);
        std::vector<store::Migration> all;
        for (const auto& part : {store::series_migrations(), account::migrations(), migrations()})
            all.insert(all.end(), part.begin(), part.end());
        const auto migrated = run_to_end(database_->migrate(all));
        ASSERT_TRUE(migrated) << migrated.error().message;
        account::AccountOptions options;
        audit_ = std::make_unique<account::Audit>(*database_, account::AuditOptions{.key = "seals"});
        keys_ = std::make_unique<account::SigningKeys>(*database_, *audit_,
                                                       account::SigningOptions{.secret = std::string(32, 's')});
        ASSERT_TRUE(run_to_end(keys_->prepare()));
        accounts_ = std::make_unique<account::Accounts>(*database_, passwords_, *audit_, *keys_, options);
        ASSERT_TRUE(run_to_end(accounts_->prepare()));
        owner_ = user("ada");
        agent::GraphNode node;
        node.node = std::make_unique<Echo>(fails_, began_);
        node.time_max = std::chrono::minutes(20);
        graph_.add("echo", std::move(node));
        chats_ = std::make_unique<Chats>(*database_, graph_, ChatOptions{});
    }

    Owner user(const std::string& name) {
        const auto made = run_to_end(accounts_->enroll({name + "@example.org", name, "correct horse"}));
        EXPECT_TRUE(made) << made.error().message;
        return {accounts_->workspace(), made->id};
    }

    Result<Message> send(std::string content, std::optional<std::string> chat = {}) {
        SendRequest request;
        request.owner = owner_;
        request.chat_id = std::move(chat);
        request.content = std::move(content);
        auto answer = run_to_end(chats_->send(std::move(request), listener()));
        if (!answer) return pass(answer);
        return **answer;
    }

    ChatListener listener() {
        return [this](const ChatEvent& event) -> Task<void> {
            kinds_.push_back(event.kind);
            if (event.kind == ChatEvent::Kind::text) told_ += event.text;
            if (event.kind == ChatEvent::Kind::started) chat_ = event.chat->id;
            co_return Result<void>();
        };
    }

    test::TemporaryFolder folder_;
    account::Passwords passwords_{{.cost = {.operations = 1, .memory_bytes = 8 << 10}}};
    std::unique_ptr<store::Database> database_;
    std::unique_ptr<account::Audit> audit_;
    std::unique_ptr<account::SigningKeys> keys_;
    std::unique_ptr<account::Accounts> accounts_;
    bool fails_ = false;  // whether the model breaks off
    bool began_ = false;  // whether the agents were asked
    agent::Graph graph_;
    std::unique_ptr<Chats> chats_;
    Owner owner_;
    std::vector<ChatEvent::Kind> kinds_;
    std::string told_, chat_;
};

TEST_F(ChatsTest, ANewChatIsMadeWithItsFirstMessageAndTellsItsIdFirst) {
    const auto answer = send("How are you today?");
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->content, "0 seen, you said How are you today?");
    EXPECT_EQ(answer->content, told_);
    EXPECT_EQ(kinds_.front(), ChatEvent::Kind::started);
    EXPECT_EQ(kinds_.back(), ChatEvent::Kind::done);
    const auto chat = run_to_end(chats_->get(owner_, chat_));
    ASSERT_TRUE(chat);
    EXPECT_EQ(chat->title, "How are you today?");
    EXPECT_EQ(chat->messages, 2);
    EXPECT_EQ(chat->tokens, 5);
}

TEST_F(ChatsTest, ATitleIsAsLongInEveryAlphabet) {
    ChatOptions options;
    options.title_characters_max = 20;
    chats_ = std::make_unique<Chats>(*database_, graph_, options);
    ASSERT_TRUE(send("Как мне справиться с долгами и начать копить?"));
    const auto chat = run_to_end(chats_->get(owner_, chat_));
    ASSERT_TRUE(chat);
    EXPECT_EQ(chat->title, "Как мне справиться…");
}

TEST_F(ChatsTest, TheConversationIsRememberedInsideItsBudget) {
    ASSERT_TRUE(send("one"));
    ASSERT_TRUE(send("two", chat_));
    const auto third = send("three", chat_);
    EXPECT_TRUE(third->content.starts_with("4 seen")) << third->content;
    ChatOptions small;
    small.history_tokens = 12;
    chats_ = std::make_unique<Chats>(*database_, graph_, small);
    const auto fourth = send("four", chat_);
    EXPECT_FALSE(fourth->content.starts_with("6 seen")) << fourth->content;
}

TEST_F(ChatsTest, AnotherUsersChatDoesNotExist) {
    ASSERT_TRUE(send("mine"));
    const auto bob = user("bob");
    for (const auto& result : {run_to_end(chats_->get(bob, chat_)), run_to_end(chats_->rename(bob, chat_, "x"))})
        EXPECT_EQ(result.error().code, ErrorCode::not_found);
    EXPECT_EQ(run_to_end(chats_->messages(bob, chat_, 0, 10)).error().code, ErrorCode::not_found);
    EXPECT_EQ(run_to_end(chats_->remove(bob, chat_)).error().code, ErrorCode::not_found);
    EXPECT_EQ(run_to_end(chats_->to_export(bob, chat_)).error().code, ErrorCode::not_found);
    EXPECT_EQ(run_to_end(chats_->list(bob, 0, 10))->total, 0);
    SendRequest request;
    request.owner = bob;
    request.chat_id = chat_;
    request.content = "hello";
    EXPECT_EQ(run_to_end(chats_->send(std::move(request), listener())).error().code, ErrorCode::not_found);
}

TEST_F(ChatsTest, ABrokenAnswerIsKeptAsPartialAndTheErrorIsTold) {
    const auto answer = send("break off");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::upstream);
    const auto messages = run_to_end(chats_->messages(owner_, chat_, 0, 10));
    ASSERT_EQ(messages->size(), 2U);
    EXPECT_EQ(messages->back().status, MessageStatus::partial);
    EXPECT_EQ(messages->back().content, told_);
    EXPECT_EQ(messages->back().id, std::string(text_or(answer.error().details, "message_id")));
}

TEST_F(ChatsTest, WhenTheClientLeavesWhatWasSentIsStoredAsPartial) {
    asio::io_context loop(1);
    asio::cancellation_signal hang_up;
    SendRequest request;
    request.owner = owner_;
    request.content = "wait";
    ChatListener listener = [&](const ChatEvent& event) -> Task<void> {
        if (event.kind == ChatEvent::Kind::started) chat_ = event.chat->id;
        if (event.kind == ChatEvent::Kind::text)
            asio::post(loop, [&hang_up] { hang_up.emit(asio::cancellation_type::terminal); });
        co_return Result<void>();
    };
    bool ended = false;
    auto end = [&ended](std::exception_ptr, Result<Answer>) { ended = true; };
    asio::co_spawn(loop, chats_->send(std::move(request), listener), asio::bind_cancellation_slot(hang_up.slot(), end));
    loop.run();
    EXPECT_TRUE(ended);
    const auto messages = run_to_end(chats_->messages(owner_, chat_, 0, 10));
    ASSERT_EQ(messages->size(), 2U);
    EXPECT_EQ(messages->back().status, MessageStatus::partial);
    EXPECT_EQ(messages->back().content, "0 seen, you said wait");
}

TEST_F(ChatsTest, StopEndsTheAnswerAndKeepsItsPart) {
    asio::io_context loop(1);
    ChatListener listener = [&](const ChatEvent& event) -> Task<void> {
        if (event.kind == ChatEvent::Kind::started) chat_ = event.chat->id;
        if (event.kind != ChatEvent::Kind::text) co_return Result<void>();
        auto stop = [this]() -> asio::awaitable<void> { EXPECT_TRUE(*co_await chats_->stop(owner_, chat_)); };
        asio::co_spawn(loop, stop, asio::detached);
        co_return Result<void>();
    };
    SendRequest request;
    request.owner = owner_;
    request.content = "wait";
    Result<Answer> answer;
    auto end = [&answer](std::exception_ptr, Result<Answer> result) { answer = std::move(result); };
    asio::co_spawn(loop, chats_->send(std::move(request), listener), end);
    loop.run();
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ((*answer)->status, MessageStatus::partial);
    EXPECT_FALSE(*run_to_end(chats_->stop(owner_, chat_))) << "nothing runs any more";
}

TEST_F(ChatsTest, TwoMessagesAtOnceAreAnsweredInOrder) {
    ASSERT_TRUE(send("first"));
    asio::io_context loop(1);
    std::vector<std::string> answers;
    for (int i = 0; i < 5; ++i) {
        SendRequest request;
        request.owner = owner_;
        request.chat_id = chat_;
        request.content = fmt::format("message {}", i);
        auto end = [&answers](std::exception_ptr, Result<Answer> result) {
            answers.push_back(result ? (*result)->content : result.error().message);
        };
        asio::co_spawn(loop, chats_->send(std::move(request), listener()), end);
    }
    loop.run();
    ASSERT_EQ(answers.size(), 5U);
    for (std::size_t i = 0; i < 5; ++i)
        EXPECT_EQ(answers[i], fmt::format("{} seen, you said message {}", 2 + 2 * i, i));
}

TEST_F(ChatsTest, RegeneratingReplacesTheLastAnswer) {
    ASSERT_TRUE(send("one"));
    const auto before = run_to_end(chats_->messages(owner_, chat_, 0, 10));
    const auto again = run_to_end(chats_->regenerate(owner_, chat_, listener()));
    ASSERT_TRUE(again) << again.error().message;
    const auto after = run_to_end(chats_->messages(owner_, chat_, 0, 10));
    ASSERT_EQ(after->size(), 2U);
    EXPECT_NE(after->back().id, before->back().id);
    EXPECT_TRUE(after->back().content.starts_with("0 seen"));
}

TEST_F(ChatsTest, AFailedRegenerationLeavesTheAnswerThatIsThere) {
    ASSERT_TRUE(send("one"));
    const auto before = run_to_end(chats_->messages(owner_, chat_, 0, 10));
    fails_ = true;
    EXPECT_FALSE(run_to_end(chats_->regenerate(owner_, chat_, listener())));
    const auto after = run_to_end(chats_->messages(owner_, chat_, 0, 10));
    ASSERT_EQ(after->size(), 2U);
    EXPECT_EQ(after->back().id, before->back().id);
    EXPECT_EQ(after->back().status, MessageStatus::complete);
}

TEST_F(ChatsTest, PagingRenamingRemovingExporting) {
    ASSERT_TRUE(send("one"));
    const auto first = chat_;
    for (const auto* text : {"two", "three", "four"}) ASSERT_TRUE(send(text, first));
    const auto last = run_to_end(chats_->messages(owner_, first, 0, 3));
    ASSERT_EQ(last->size(), 3U);
    EXPECT_EQ(last->front().content, "4 seen, you said three");
    const auto earlier = run_to_end(chats_->messages(owner_, first, last->front().number, 100));
    EXPECT_EQ(earlier->size(), 5U);
    ASSERT_TRUE(send("another chat"));
    EXPECT_EQ(run_to_end(chats_->rename(owner_, first, "  My  title "))->title, "My title");
    const auto page = run_to_end(chats_->list(owner_, 0, 10));
    EXPECT_EQ(page->total, 2);
    EXPECT_EQ(page->chats.front().id, chat_) << "last used first";
    EXPECT_EQ(run_to_end(chats_->to_export(owner_, first))->at("messages").as_array().size(), 8U);
    ASSERT_TRUE(run_to_end(chats_->remove(owner_, first)));
    EXPECT_FALSE(run_to_end(chats_->get(owner_, first)));
    EXPECT_EQ(run_to_end(chats_->list(owner_, 0, 10))->total, 1);
}

TEST_F(ChatsTest, TheAgentsWorkWhileTheQuestionIsStoredButNothingIsToldBefore) {
    bool asked = false;
    PausingDatabase slow(*database_, [&]() -> Task<void> {
        if (std::exchange(asked, true)) co_return Result<void>();
        while (!began_) co_await sleep_for(Milliseconds(1));
        co_await sleep_for(Milliseconds(20));  // the agents' first words have every chance to come through
        EXPECT_TRUE(kinds_.empty());
        co_return Result<void>();
    });
    chats_ = std::make_unique<Chats>(slow, graph_, ChatOptions{});
    const auto answer = send("hello");
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(kinds_.front(), ChatEvent::Kind::started);
    EXPECT_EQ(told_, "0 seen, you said hello");
    EXPECT_EQ(run_to_end(chats_->messages(owner_, chat_, 0, 10))->size(), 2U);
}

TEST_F(ChatsTest, AQuestionThatCannotBeStoredIsAnErrorAndItsAnswerIsNotTold) {
    PausingDatabase full(*database_, [&]() -> Task<void> {
        while (!began_) co_await sleep_for(Milliseconds(1));
        co_return fail(ErrorCode::unavailable, "the disk is full");
    });
    Chats unlucky(full, graph_, ChatOptions{});
    SendRequest request;
    request.owner = owner_;
    request.content = "wait";
    const auto answer = run_to_end(unlucky.send(std::move(request), listener()));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().message, "the disk is full");
    EXPECT_TRUE(kinds_.empty());
    EXPECT_EQ(run_to_end(chats_->list(owner_, 0, 10))->total, 0);
}

TEST_F(ChatsTest, EmptyAndTooLongMessagesAreRefused) {
    EXPECT_EQ(send("   ").error().code, ErrorCode::invalid);
    EXPECT_EQ(send(std::string(10'001, 'x')).error().code, ErrorCode::invalid);
    EXPECT_EQ(run_to_end(chats_->list(owner_, 0, 10))->total, 0) << "nothing was begun";
}

}  // namespace
}  // namespace slipway::chat
