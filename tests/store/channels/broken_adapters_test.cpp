// Adapters with one fault each, around a good one: the conformance suite must find each.
#include <algorithm>

#include <gtest/gtest.h>

#include "store/channels/conformance.h"
#include "store/channels/memory.h"

namespace slipway::test {
namespace {

using store::Channels;
using store::Heard;
using store::Subscription;

class PassingSubscription : public Subscription {
 public:
    explicit PassingSubscription(std::unique_ptr<Subscription> inner) : inner_(std::move(inner)) {}
    Task<void> add(std::vector<std::string> channels) override { return inner_->add(std::move(channels)); }
    void remove(std::string_view channel) override { inner_->remove(channel); }
    Result<std::optional<Heard>> take() override { return inner_->take(); }
    void on_heard(std::function<void()> tell) override { inner_->on_heard(std::move(tell)); }

 protected:
    std::unique_ptr<Subscription> inner_;
};

template <typename Kind = PassingSubscription>
class Passing : public Channels {
 public:
    Result<void> publish(const WorkspaceId& workspace, std::string_view channel, std::string message) override {
        return inner_->publish(workspace, channel, std::move(message));
    }
    Task<std::unique_ptr<Subscription>> subscribe(WorkspaceId workspace, std::vector<std::string> channels) override {
        SLIPWAY_CO_TRY(auto inner, co_await inner_->subscribe(std::move(workspace), std::move(channels)));
        co_return std::unique_ptr<Subscription>(std::make_unique<Kind>(std::move(inner)));
    }
    void close() override { inner_->close(); }
    Task<store::ChannelsStatus> status() override { return inner_->status(); }

 protected:
    std::unique_ptr<Channels> inner_ = store::make_memory_channels();
};

template <typename Fault>
bool fails(std::string_view name, Milliseconds patience = Milliseconds(500)) {
    const auto usual = std::exchange(channels_patience, patience);
    const auto check = std::ranges::find(channels_checks(), name, &ChannelsCheck::name);
    const auto failure = failure_of(*check, []() -> ChannelsPair {
        const std::shared_ptr<Channels> channels = std::make_shared<Fault>();
        return {channels, channels};
    });
    channels_patience = usual;
    return failure.has_value();
}

struct SharesWorkspaces final : Passing<> {
    Result<void> publish(const WorkspaceId&, std::string_view channel, std::string message) override {
        return inner_->publish({"here"}, channel, std::move(message));
    }
};

struct JoinsNames final : Passing<> {
    static std::string joined(const WorkspaceId& workspace, std::string_view channel) {
        return fmt::format("{}:{}", workspace.value, channel);
    }
    Result<void> publish(const WorkspaceId& workspace, std::string_view channel, std::string message) override {
        SLIPWAY_CHECK(store::check_publication(channel, message));
        return inner_->publish({"all"}, joined(workspace, channel), std::move(message));
    }
    Task<std::unique_ptr<Subscription>> subscribe(WorkspaceId workspace, std::vector<std::string> channels) override {
        for (auto& channel : channels) channel = joined(workspace, channel);
        return inner_->subscribe(WorkspaceId{"all"}, std::move(channels));
    }
};

struct NeverTellsOfLosses final : PassingSubscription {
    using PassingSubscription::PassingSubscription;
    Result<std::optional<Heard>> take() override {
        auto heard = inner_->take();
        while (heard && *heard && (*heard)->missed()) heard = inner_->take();
        return heard;
    }
};

struct RemovesNothing final : PassingSubscription {
    using PassingSubscription::PassingSubscription;
    void remove(std::string_view) override {}
};

struct TurnsPairsRound final : Passing<> {
    Result<void> publish(const WorkspaceId& workspace, std::string_view channel, std::string message) override {
        if (message != "1" && message.size() == 1 && held_.empty() && channel == "b") {
            held_ = message;
            return {};
        }
        SLIPWAY_CHECK(inner_->publish(workspace, channel, std::move(message)));
        if (held_.empty()) return {};
        return inner_->publish(workspace, "b", std::exchange(held_, {}));
    }
    std::string held_;
};

struct StaysOpen final : Passing<> {
    void close() override {}
};

struct CutsMessages final : Passing<> {
    Result<void> publish(const WorkspaceId& workspace, std::string_view channel, std::string message) override {
        if (const auto zero = message.find('\0'); zero != std::string::npos) message.resize(zero);
        return inner_->publish(workspace, channel, std::move(message));
    }
};

TEST(BrokenChannels, TheWrapperItselfIsGood) {
    for (const auto& check : channels_checks())
        EXPECT_FALSE(fails<Passing<>>(check.name, channels_patience)) << check.name;
}
TEST(BrokenChannels, SharingWorkspacesIsFound) { EXPECT_TRUE(fails<SharesWorkspaces>("TenantsAreApart")); }
TEST(BrokenChannels, JoiningNamesIsFound) { EXPECT_TRUE(fails<JoinsNames>("NamesCannotReachAcross")); }
TEST(BrokenChannels, HidingLossesIsFound) {
    EXPECT_TRUE(fails<Passing<NeverTellsOfLosses>>("TheSlowAreTold"));
    EXPECT_TRUE(fails<Passing<NeverTellsOfLosses>>("FewLargeOnesAreBounded"));
}
TEST(BrokenChannels, RemovingNothingIsFound) { EXPECT_TRUE(fails<Passing<RemovesNothing>>("ChannelsComeAndGo")); }
TEST(BrokenChannels, AnotherOrderIsFound) { EXPECT_TRUE(fails<TurnsPairsRound>("KeepsTheOrderOfAPublisher")); }
TEST(BrokenChannels, StayingOpenIsFound) { EXPECT_TRUE(fails<StaysOpen>("ClosingEndsAll")); }
TEST(BrokenChannels, CuttingMessagesIsFound) { EXPECT_TRUE(fails<CutsMessages>("CarriesAnyBytes")); }

}  // namespace
}  // namespace slipway::test
