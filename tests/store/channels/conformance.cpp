#include "store/channels/conformance.h"

namespace slipway::test {
namespace {

using store::Channels;
using store::Heard;
using store::Subscription;

const WorkspaceId kHere{"here"};
const WorkspaceId kThere{"there"};
constexpr Milliseconds kNever{150};
using Names = std::vector<std::string>;

Task<void> expect_silence(Subscription& subscription) {
    SLIPWAY_CO_TRY(const auto heard, co_await subscription.next(kNever));
    const auto text = !heard || heard->missed() ? "missed" : *heard->message;
    co_return expect(!heard, fmt::format("nothing, not {}", text));
}

Task<void> tells_all_who_listen(Channels& one, Channels& other) {
    SLIPWAY_CO_TRY(const auto first, co_await listen(one, kHere, "news"));
    SLIPWAY_CO_TRY(const auto second, co_await listen(other, kHere, "news", "more"));
    SLIPWAY_CO_CHECK(one.publish(kHere, "news", "1"));
    SLIPWAY_CO_CHECK(one.publish(kHere, "more", "2"));
    SLIPWAY_CO_CHECK(one.publish(kHere, "others", "3"));
    SLIPWAY_CO_CHECK(co_await expect_heard(*first, "news", "1"));
    SLIPWAY_CO_CHECK(co_await expect_heard(*second, "news", "1"));
    SLIPWAY_CO_CHECK(co_await expect_heard(*second, "more", "2"));
    SLIPWAY_CO_CHECK(co_await expect_silence(*first));
    co_return co_await expect_silence(*second);
}

Task<void> keeps_the_order_of_a_publisher(Channels& one, Channels& other) {
    SLIPWAY_CO_TRY(const auto listener, co_await listen(other, kHere, "a", "b"));
    for (int i = 0; i < 200; ++i) SLIPWAY_CO_CHECK(one.publish(kHere, i % 3 == 0 ? "a" : "b", fmt::format("{}", i)));
    for (int i = 0; i < 200; ++i)
        SLIPWAY_CO_CHECK(co_await expect_heard(*listener, i % 3 == 0 ? "a" : "b", fmt::format("{}", i)));
    co_return co_await expect_silence(*listener);
}

Task<void> carries_any_bytes(Channels& one, Channels& other) {
    const std::string name(store::kChannelNameBytesMax, 'n');
    const std::string bytes("\0\r\n{}:\xff%", 8), large(store::kChannelMessageBytesMax, 'x');
    Names names{name};
    SLIPWAY_CO_TRY(const auto listener, co_await other.subscribe(kHere, std::move(names)));
    for (const auto& message : {bytes, std::string(), large}) {
        SLIPWAY_CO_CHECK(one.publish(kHere, name, message));
        SLIPWAY_CO_CHECK(co_await expect_heard(*listener, name, message));
    }
    co_return Result<void>();
}

Task<void> tenants_are_apart(Channels& one, Channels& other) {
    SLIPWAY_CO_TRY(const auto here, co_await listen(one, kHere, "news"));
    SLIPWAY_CO_TRY(const auto there, co_await listen(other, kThere, "news"));
    SLIPWAY_CO_CHECK(one.publish(kThere, "news", "for there"));
    SLIPWAY_CO_CHECK(co_await expect_heard(*there, "news", "for there"));
    SLIPWAY_CO_CHECK(other.publish(kHere, "news", "for here"));
    SLIPWAY_CO_CHECK(co_await expect_heard(*here, "news", "for here"));
    SLIPWAY_CO_CHECK(co_await expect_silence(*here));
    co_return co_await expect_silence(*there);
}

Task<void> names_cannot_reach_across(Channels& one, Channels& other) {
    const WorkspaceId tenant{"a"}, longer{"a:b"};
    SLIPWAY_CO_TRY(const auto listener, co_await listen(other, longer, "c"));
    SLIPWAY_CO_CHECK(one.publish(tenant, "b:c", "of another"));
    SLIPWAY_CO_CHECK(one.publish(longer, "c", "own"));
    SLIPWAY_CO_CHECK(co_await expect_heard(*listener, "c", "own"));
    // Patterns are names like all others, and refused.
    for (const auto* const pattern : {"*", "?", "[a-z]", "a b", "", "!missed"})
        SLIPWAY_CO_CHECK(expect_error(co_await listen(one, kHere, pattern), ErrorCode::invalid, pattern));
    co_return Result<void>();
}

Task<void> channels_come_and_go(Channels& one, Channels& other) {
    SLIPWAY_CO_TRY(const auto witness, co_await listen(other, kHere, "a"));
    SLIPWAY_CO_TRY(const auto listener, co_await listen(other, kHere));
    SLIPWAY_CO_CHECK(one.publish(kHere, "a", "too early"));
    SLIPWAY_CO_CHECK(co_await expect_heard(*witness, "a", "too early"));
    witness->remove("a");
    for (int round = 0; round < 20; ++round) {
        SLIPWAY_CO_CHECK(co_await add_to(*listener, "a", "b", "a"));
        SLIPWAY_CO_CHECK(one.publish(kHere, "a", "1"));
        SLIPWAY_CO_CHECK(one.publish(kHere, "b", "2"));
        SLIPWAY_CO_CHECK(co_await expect_heard(*listener, "a", "1"));
        SLIPWAY_CO_CHECK(co_await expect_heard(*listener, "b", "2"));
        listener->remove("a");
        SLIPWAY_CO_CHECK(one.publish(kHere, "a", "3"));
        SLIPWAY_CO_CHECK(one.publish(kHere, "b", "4"));
        SLIPWAY_CO_CHECK(co_await expect_heard(*listener, "b", "4"));
    }
    listener->remove("never");
    co_return co_await expect_silence(*listener);
}

// Memory is bounded, and who lost something knows it.
Task<void> the_slow_are_told(Channels& one, Channels& other) {
    SLIPWAY_CO_TRY(const auto slow, co_await listen(other, kHere, "flood"));
    SLIPWAY_CO_TRY(const auto quick, co_await listen(other, kHere, "flood"));
    constexpr int kCount = 4 * static_cast<int>(store::kChannelWaitingMax);
    int heard = 0;
    for (int i = 0; i < kCount; ++i) {
        SLIPWAY_CO_CHECK(one.publish(kHere, "flood", fmt::format("{}", i)));
        SLIPWAY_CO_CHECK(co_await expect_heard(*quick, "flood", fmt::format("{}", i)));
    }
    int last = -1, missed = 0;
    while (last != kCount - 1) {
        SLIPWAY_CO_TRY(const auto next, co_await slow->next(channels_patience));
        SLIPWAY_CO_CHECK(expect(next.has_value(), "what came last is heard"));
        if (next->missed()) {
            ++missed;
            continue;
        }
        const auto number = std::stoi(*next->message);
        SLIPWAY_CO_CHECK(expect(number > last, "in order"));
        SLIPWAY_CO_CHECK(expect(number == last + 1 || missed > 0, "nothing is lost untold"));
        last = number;
        ++heard;
    }
    SLIPWAY_CO_CHECK(expect(missed > 0 && heard < kCount, "a slow reader has lost something, and is told"));
    SLIPWAY_CO_CHECK(expect(heard <= static_cast<int>(store::kChannelWaitingMax), "the memory of a reader is bounded"));
    SLIPWAY_CO_CHECK(one.publish(kHere, "flood", "after"));
    co_return co_await expect_heard(*slow, "flood", "after");
}

Task<void> few_large_ones_are_bounded(Channels& one, Channels& other) {
    SLIPWAY_CO_TRY(const auto slow, co_await listen(other, kHere, "flood"));
    SLIPWAY_CO_TRY(const auto quick, co_await listen(other, kHere, "flood"));
    const std::string large(store::kChannelMessageBytesMax, 'x');
    for (int i = 0; i < 40; ++i) {
        SLIPWAY_CO_CHECK(one.publish(kHere, "flood", large));
        SLIPWAY_CO_CHECK(co_await expect_heard(*quick, "flood", large));
    }
    std::size_t bytes = 0, missed = 0;
    while (true) {
        SLIPWAY_CO_TRY(const auto heard, slow->take());
        if (!heard) break;
        if (heard->missed()) ++missed;
        if (!heard->missed()) bytes += heard->message->size();
    }
    co_return expect(missed > 0 && bytes > 0 && bytes <= store::kChannelWaitingBytesMax,
                     fmt::format("bytes are bounded, not {} with {} missed", bytes, missed));
}

Task<void> thousands_listen(Channels& one, Channels& other) {
    constexpr std::size_t kCount = 1'000;
    std::vector<std::unique_ptr<Subscription>> all;
    for (std::size_t i = 0; i < kCount; ++i) {
        Names names{"all", fmt::format("user/{}", i)};
        SLIPWAY_CO_TRY(auto subscription, co_await (i % 2 == 0 ? one : other).subscribe(kHere, std::move(names)));
        all.push_back(std::move(subscription));
    }
    SLIPWAY_CO_CHECK(one.publish(kHere, "all", "hello"));
    for (std::size_t i = 0; i < kCount; ++i)
        SLIPWAY_CO_CHECK(other.publish(kHere, fmt::format("user/{}", i), fmt::format("{}", i)));
    for (std::size_t i = 0; i < kCount; ++i) {
        const auto own = fmt::format("{}", i);
        // Two publishers have no order among each other.
        SLIPWAY_CO_TRY(const auto first, co_await all[i]->next(channels_patience));
        SLIPWAY_CO_TRY(const auto second, co_await all[i]->next(channels_patience));
        SLIPWAY_CO_CHECK(expect(first && second && !first->missed() && !second->missed(), "both are heard"));
        const auto& mine = first->channel == "all" ? *second : *first;
        SLIPWAY_CO_CHECK(expect(*mine.message == own, "what is for one is heard by that one"));
    }
    for (const auto& subscription : all) {
        SLIPWAY_CO_TRY(const auto more, subscription->take());
        SLIPWAY_CO_CHECK(expect(!more, "nothing else"));
    }
    co_return Result<void>();
}

Task<void> has_bounds(Channels& one, Channels& other) {
    const auto invalid = ErrorCode::invalid;
    const std::string large(store::kChannelMessageBytesMax + 1, 'x'), name(store::kChannelNameBytesMax + 1, 'n');
    SLIPWAY_CO_CHECK(expect_error(one.publish(kHere, "a", large), invalid, "a large message"));
    SLIPWAY_CO_CHECK(expect_error(one.publish(kHere, name, ""), invalid, "a long name"));
    SLIPWAY_CO_CHECK(expect_error(one.publish(kHere, "", ""), invalid, "no name"));
    SLIPWAY_CO_CHECK(expect_error(one.publish(kHere, "a\r\nb", ""), invalid, "a line"));
    SLIPWAY_CO_TRY(const auto greedy, co_await listen(other, kHere));
    Names names;
    for (std::size_t i = 0; i < store::kChannelsPerSubscriptionMax; ++i) names.push_back(fmt::format("{}", i));
    SLIPWAY_CO_CHECK(co_await greedy->add(std::move(names)));
    co_return expect_error(co_await add_to(*greedy, "one more"), invalid, "one more channel");
}

Task<void> closing_ends_all(Channels& one, Channels&) {
    SLIPWAY_CO_TRY(const auto waiting, co_await listen(one, kHere, "a"));
    SLIPWAY_CO_TRY(const auto bare, co_await listen(one, kHere));
    SLIPWAY_CO_CHECK(one.publish(kHere, "a", "last"));
    SLIPWAY_CO_CHECK(co_await expect_heard(*waiting, "a", "last"));
    auto close_later = [](Channels& closed) -> Task<void> {
        co_await sleep_for(Milliseconds(20));
        closed.close();
        co_return Result<void>();
    };
    auto expect_end = [](Subscription& ended) -> Task<void> {
        co_return expect_error(co_await ended.next(channels_patience), ErrorCode::unavailable, "a closed subscription");
    };
    std::vector<Task<void>> tasks;
    tasks.push_back(expect_end(*waiting));
    tasks.push_back(expect_end(*bare));
    tasks.push_back(close_later(one));
    SLIPWAY_CO_CHECK(first_failure(co_await all_of(std::move(tasks))));
    SLIPWAY_CO_CHECK(expect_error(co_await listen(one, kHere, "a"), ErrorCode::unavailable, "a new one"));
    co_return one.publish(kHere, "a", "the others may hear it");
}

Task<void> a_reader_can_be_cancelled(Channels& one, Channels&) {
    SLIPWAY_CO_TRY(const auto listener, co_await listen(one, kHere, "a"));
    auto reading = listener->next(channels_patience);
    const auto cut = co_await with_timeout(std::move(reading), Milliseconds(20), "Reading");
    SLIPWAY_CO_CHECK(expect_error(cut, ErrorCode::unavailable, "a cancelled reader"));
    SLIPWAY_CO_CHECK(one.publish(kHere, "a", "still here"));
    co_return co_await expect_heard(*listener, "a", "still here");
}

Task<void> says_what_it_is(Channels& one, Channels&) {
    SLIPWAY_CO_TRY(const auto status, co_await one.status());
    co_return expect(!status.engine.empty(), "a name of the engine");
}

constexpr ChannelsCheck kChecks[] = {
    {"TellsAllWhoListen", tells_all_who_listen},
    {"KeepsTheOrderOfAPublisher", keeps_the_order_of_a_publisher},
    {"CarriesAnyBytes", carries_any_bytes},
    {"TenantsAreApart", tenants_are_apart},
    {"NamesCannotReachAcross", names_cannot_reach_across},
    {"ChannelsComeAndGo", channels_come_and_go},
    {"TheSlowAreTold", the_slow_are_told},
    {"FewLargeOnesAreBounded", few_large_ones_are_bounded},
    {"ThousandsListen", thousands_listen},
    {"HasBounds", has_bounds},
    {"ClosingEndsAll", closing_ends_all},
    {"AReaderCanBeCancelled", a_reader_can_be_cancelled},
    {"SaysWhatItIs", says_what_it_is},
};

}  // namespace

Task<void> expect_heard(Subscription& subscription, std::string channel, std::string message) {
    SLIPWAY_CO_TRY(const auto heard, co_await subscription.next(channels_patience));
    SLIPWAY_CO_CHECK(expect(heard.has_value(), fmt::format("{} on {}, not nothing", message, channel)));
    const auto text = heard->missed() ? std::string("missed") : *heard->message;
    co_return expect(heard->channel == channel && text == message,
                     fmt::format("{} on {}, not {} on {}", message, channel, text, heard->channel));
}

std::span<const ChannelsCheck> channels_checks() { return kChecks; }

std::optional<std::string> failure_of(const ChannelsCheck& check, const ChannelsPlaces& places) {
    const auto pair = places();
    return failure_of_check(check.name, check.run(*pair.one, *pair.other));
}

}  // namespace slipway::test
