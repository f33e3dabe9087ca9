// One message, one worker (conformance.h).
#include "store/queue/conformance.h"

namespace slipway::test {

using store::LeasedMessage;
using store::LeaseOptions;
using store::MessageState;
using store::NewMessage;
using store::Queue;

std::optional<std::string> failure_of(const QueueCheck& check, const QueuePlaces& places) {
    const auto place = places();
    return failure_of_check(check.name, check.run(*place));
}

NewMessage message(std::string body) {
    NewMessage made;
    made.body = std::move(body);
    return made;
}

Task<std::string> enqueue(Queue& queue, WorkspaceId workspace, NewMessage message) {
    SLIPWAY_CO_TRY(auto enqueued, co_await queue.enqueue(std::move(workspace), "work", std::move(message)));
    if (enqueued.id.empty()) co_return fail(ErrorCode::internal, "a message has an id");
    co_return std::move(enqueued.id);
}

Task<std::vector<LeasedMessage>> lease(Queue& queue, std::size_t count, Milliseconds visibility) {
    LeaseOptions options;
    options.count_max = count;
    options.visibility = visibility;
    return queue.lease("work", options);
}

Task<LeasedMessage> lease_one(Queue& queue, Milliseconds visibility) {
    LeaseOptions options;
    options.count_max = 1;
    options.visibility = visibility;
    options.wait = Milliseconds(20'000);
    SLIPWAY_CO_TRY(auto messages, co_await queue.lease("work", options));
    if (messages.size() != 1) co_return fail(ErrorCode::internal, "expected: a message that can be leased");
    co_return std::move(messages.front());
}

std::string bodies(const std::vector<LeasedMessage>& messages) {
    std::string text;
    for (const auto& each : messages) text += (text.empty() ? "" : " ") + each.body;
    return text;
}

Task<void> expect_bodies(Queue& queue, std::string expected) {
    SLIPWAY_CO_TRY(const auto messages, co_await lease(queue));
    const auto found = bodies(messages);
    co_return expect(found == expected, fmt::format("“{}”, not “{}”", expected, found));
}

namespace {

Task<void> gives_what_it_was_given(QueuePlace& place) {
    SLIPWAY_CO_TRY(const auto queue, place.open());
    auto given = message(std::string("\0\r\n\xff{}", 6));
    given.priority = 3;
    given.group = "a group: {1}";
    given.attempts_max = 7;
    const auto body = given.body;
    SLIPWAY_CO_TRY(const auto id, co_await enqueue(*queue, kHere, std::move(given)));
    SLIPWAY_CO_TRY(const auto before, co_await queue->find(kHere, "work", id));
    SLIPWAY_CO_CHECK(expect(before.state == MessageState::ready && before.attempts == 0, "it is ready"));
    SLIPWAY_CO_TRY(const auto leased, co_await lease_one(*queue));
    SLIPWAY_CO_CHECK(expect(leased.lease.id == id && leased.lease.workspace == kHere, "its id and workspace"));
    SLIPWAY_CO_CHECK(expect(leased.body == body && leased.group == "a group: {1}", "its body and group"));
    SLIPWAY_CO_CHECK(expect(leased.priority == 3 && leased.attempts == 1 && leased.attempts_max == 7, "its numbers"));
    SLIPWAY_CO_CHECK(expect(leased.enqueued <= leased.until && leased.until > now(), "its times"));
    SLIPWAY_CO_TRY(const auto during, co_await queue->find(kHere, "work", id));
    SLIPWAY_CO_CHECK(expect(during.state == MessageState::leased && during.body == body, "it is leased"));
    SLIPWAY_CO_CHECK(co_await expect_bodies(*queue, ""));
    SLIPWAY_CO_CHECK(co_await queue->acknowledge(leased.lease));
    SLIPWAY_CO_CHECK(expect_error(co_await queue->find(kHere, "work", id), ErrorCode::not_found, "what is done"));
    SLIPWAY_CO_CHECK(
        expect_error(co_await queue->acknowledge(leased.lease), ErrorCode::conflict, "a second acknowledgement"));
    co_return co_await expect_bodies(*queue, "");
}

Task<void> carries_large_bodies(QueuePlace& place) {
    SLIPWAY_CO_TRY(const auto queue, place.open());
    const std::string large(store::kQueueBodyBytesMax, 'x');
    SLIPWAY_CO_CHECK(co_await enqueue(*queue, kHere, message(large)));
    SLIPWAY_CO_TRY(const auto leased, co_await lease_one(*queue));
    co_return expect(leased.body == large, "all of it");
}

Task<void> keeps_what_was_enqueued(QueuePlace& place) {
    {
        SLIPWAY_CO_TRY(const auto queue, place.open());
        SLIPWAY_CO_CHECK(co_await enqueue(*queue, kHere, message("a")));
    }
    SLIPWAY_CO_TRY(const auto queue, place.open());
    SLIPWAY_CO_TRY(const auto other, place.open());
    SLIPWAY_CO_TRY(const auto leased, co_await lease_one(*other));
    SLIPWAY_CO_CHECK(co_await expect_bodies(*queue, ""));
    co_return co_await queue->acknowledge(leased.lease);
}

Task<void> leases_run_out(QueuePlace& place) {
    SLIPWAY_CO_TRY(const auto queue, place.open());
    SLIPWAY_CO_CHECK(co_await enqueue(*queue, kHere, message("a")));
    SLIPWAY_CO_TRY(const auto first, co_await lease_one(*queue, Milliseconds(30)));
    SLIPWAY_CO_TRY(const auto second, co_await lease_one(*queue));
    SLIPWAY_CO_CHECK(expect(second.lease.id == first.lease.id && second.attempts == 2, "it comes back"));
    const auto conflict = ErrorCode::conflict;
    SLIPWAY_CO_CHECK(expect_error(co_await queue->acknowledge(first.lease), conflict, "an ended lease"));
    SLIPWAY_CO_CHECK(expect_error(co_await queue->extend(first.lease, kLongLease), conflict, "an ended lease"));
    SLIPWAY_CO_CHECK(expect_error(co_await queue->retry(first.lease, "why"), conflict, "an ended lease"));
    SLIPWAY_CO_CHECK(expect_error(co_await queue->release(first.lease), conflict, "an ended lease"));
    SLIPWAY_CO_CHECK(expect_error(co_await queue->bury(first.lease, "why"), conflict, "an ended lease"));
    co_return co_await queue->acknowledge(second.lease);
}

Task<void> heartbeats_keep_leases(QueuePlace& place) {
    SLIPWAY_CO_TRY(const auto queue, place.open());
    SLIPWAY_CO_CHECK(co_await enqueue(*queue, kHere, message("a")));
    SLIPWAY_CO_TRY(const auto held, co_await lease_one(*queue, Milliseconds(2'000)));
    SLIPWAY_CO_CHECK(co_await queue->extend(held.lease, kLongLease));
    co_await sleep_for(Milliseconds(2'200));  // longer than the first lease
    SLIPWAY_CO_CHECK(co_await expect_bodies(*queue, ""));
    // A shorter time counts, too.
    SLIPWAY_CO_CHECK(co_await queue->extend(held.lease, Milliseconds(1)));
    SLIPWAY_CO_TRY(const auto again, co_await lease_one(*queue));
    co_return expect(again.attempts == 2, "the second attempt");
}

Task<void> released_is_as_never_leased(QueuePlace& place) {
    SLIPWAY_CO_TRY(const auto queue, place.open());
    auto once = message("a");
    once.attempts_max = 1;
    SLIPWAY_CO_CHECK(co_await enqueue(*queue, kHere, std::move(once)));
    for (int i = 0; i < 3; ++i) {
        SLIPWAY_CO_TRY(const auto leased, co_await lease_one(*queue));
        SLIPWAY_CO_CHECK(expect(leased.attempts == 1, "the attempt does not count"));
        SLIPWAY_CO_CHECK(co_await queue->release(leased.lease));
        SLIPWAY_CO_TRY(const auto info, co_await queue->find(kHere, "work", leased.lease.id));
        SLIPWAY_CO_CHECK(expect(info.state == MessageState::ready && info.attempts == 0, "it is ready again"));
    }
    co_return Result<void>();
}

Task<void> failures_come_back_later(QueuePlace& place) {
    SLIPWAY_CO_TRY(const auto queue, place.open());
    SLIPWAY_CO_TRY(const auto id, co_await enqueue(*queue, kHere, message("a")));
    SLIPWAY_CO_TRY(const auto first, co_await lease_one(*queue));
    SLIPWAY_CO_CHECK(co_await queue->retry(first.lease, "the disk is full", Milliseconds(30)));
    SLIPWAY_CO_TRY(const auto second, co_await lease_one(*queue));
    SLIPWAY_CO_CHECK(expect(second.attempts == 2, "the second attempt"));
    SLIPWAY_CO_CHECK(co_await queue->retry(second.lease, "and again", Milliseconds(600'000)));
    SLIPWAY_CO_CHECK(co_await expect_bodies(*queue, ""));
    SLIPWAY_CO_TRY(const auto info, co_await queue->find(kHere, "work", id));
    SLIPWAY_CO_CHECK(expect(info.state == MessageState::delayed && info.reason == "and again", "why it waits"));
    SLIPWAY_CO_CHECK(co_await enqueue(*queue, kHere, message("b")));
    SLIPWAY_CO_TRY(const auto other, co_await lease_one(*queue));
    SLIPWAY_CO_CHECK(co_await queue->retry(other.lease, "by default"));
    SLIPWAY_CO_TRY(const auto later, co_await queue->find(kHere, "work", other.lease.id));
    co_return expect(later.state == MessageState::delayed, "by default it waits a while");
}

Task<void> delayed_waits(QueuePlace& place) {
    SLIPWAY_CO_TRY(const auto queue, place.open());
    auto late = message("late"), soon = message("soon");
    late.delay = Milliseconds(600'000);
    soon.delay = Milliseconds(50);
    SLIPWAY_CO_TRY(const auto id, co_await enqueue(*queue, kHere, std::move(late)));
    SLIPWAY_CO_CHECK(co_await enqueue(*queue, kHere, std::move(soon)));
    SLIPWAY_CO_TRY(const auto leased, co_await lease_one(*queue));
    SLIPWAY_CO_CHECK(expect(leased.body == "soon", "what is due"));
    SLIPWAY_CO_TRY(const auto info, co_await queue->find(kHere, "work", id));
    SLIPWAY_CO_CHECK(expect(info.state == MessageState::delayed, "what is not"));
    co_return co_await expect_bodies(*queue, "");
}

Task<void> lease_waits_for_the_first(QueuePlace& place) {
    SLIPWAY_CO_TRY(const auto queue, place.open());
    auto wait = [](Queue& from, std::string& found) -> Task<void> {
        SLIPWAY_CO_TRY(const auto leased, co_await lease_one(from));
        found = leased.body;
        co_return Result<void>();
    };
    auto add = [](Queue& to) -> Task<void> {
        co_await sleep_for(Milliseconds(50));
        SLIPWAY_CO_CHECK(co_await enqueue(to, kHere, message("a")));
        co_return Result<void>();
    };
    std::string found;
    std::vector<Task<void>> tasks;
    tasks.push_back(wait(*queue, found));
    tasks.push_back(add(*queue));
    SLIPWAY_CO_CHECK(first_failure(co_await all_of(std::move(tasks))));
    co_return expect(found == "a", "who waits gets it");
}

Task<void> equal_keys_are_one_message(QueuePlace& place) {
    SLIPWAY_CO_TRY(const auto queue, place.open());
    auto keyed = message("a");
    keyed.deduplication_key = "key {1}";
    SLIPWAY_CO_TRY(const auto first, co_await queue->enqueue(kHere, "work", keyed));
    SLIPWAY_CO_TRY(const auto second, co_await queue->enqueue(kHere, "work", keyed));
    SLIPWAY_CO_TRY(const auto there, co_await queue->enqueue(kThere, "work", keyed));
    SLIPWAY_CO_TRY(const auto other, co_await queue->enqueue(kHere, "other", keyed));
    SLIPWAY_CO_CHECK(expect(!first.duplicate && second.duplicate && second.id == first.id, "the first one's id"));
    SLIPWAY_CO_CHECK(expect(!there.duplicate && !other.duplicate, "other workspaces and queues have their own"));
    SLIPWAY_CO_TRY(const auto leased, co_await lease(*queue));
    SLIPWAY_CO_CHECK(expect(leased.size() == 2, "one message for each workspace"));
    for (const auto& each : leased) SLIPWAY_CO_CHECK(co_await queue->acknowledge(each.lease));
    SLIPWAY_CO_TRY(const auto after, co_await queue->enqueue(kHere, "work", keyed));
    SLIPWAY_CO_CHECK(expect(after.duplicate && after.id == first.id, "for a while also after it is done"));
    co_return co_await expect_bodies(*queue, "");
}

Task<void> has_bounds(QueuePlace& place) {
    SLIPWAY_CO_TRY(const auto queue, place.open());
    const auto invalid = ErrorCode::invalid;
    const auto refused = [&](auto change) {
        auto wrong = message("a");
        change(wrong);
        return wrong;
    };
    std::vector<NewMessage> wrong;
    wrong.push_back(refused([](NewMessage& m) { m.body = std::string(store::kQueueBodyBytesMax + 1, 'x'); }));
    wrong.push_back(refused([](NewMessage& m) { m.priority = 10; }));
    wrong.push_back(refused([](NewMessage& m) { m.priority = -1; }));
    wrong.push_back(refused([](NewMessage& m) { m.attempts_max = 0; }));
    wrong.push_back(refused([](NewMessage& m) { m.delay = Milliseconds(-1); }));
    wrong.push_back(refused([](NewMessage& m) { m.delay = store::kQueueDelayMax + Milliseconds(1); }));
    wrong.push_back(refused([](NewMessage& m) { m.group = std::string(1000, 'x'); }));
    wrong.push_back(refused([](NewMessage& m) { m.deduplication_key = std::string(1000, 'x'); }));
    for (const auto& each : wrong)
        SLIPWAY_CO_CHECK(expect_error(co_await queue->enqueue(kHere, "work", each), invalid, "a wrong message"));
    SLIPWAY_CO_CHECK(expect_error(co_await queue->enqueue(kHere, "a queue", message("a")), invalid, "a wrong name"));
    SLIPWAY_CO_CHECK(expect_error(co_await queue->counts(kHere, ""), invalid, "no name"));
    SLIPWAY_CO_CHECK(expect_error(co_await lease(*queue, 0), invalid, "no message"));
    SLIPWAY_CO_CHECK(expect_error(co_await lease(*queue, 101), invalid, "too many messages"));
    co_return expect_error(co_await lease(*queue, 1, Milliseconds(0)), invalid, "no time");
}

Task<void> says_what_it_is(QueuePlace& place) {
    SLIPWAY_CO_TRY(const auto queue, place.open());
    SLIPWAY_CO_TRY(const auto status, co_await queue->status());
    co_return expect(!status.engine.empty(), "a name of the engine");
}

constexpr QueueCheck kChecks[] = {
    {"GivesWhatItWasGiven", gives_what_it_was_given},
    {"CarriesLargeBodies", carries_large_bodies},
    {"KeepsWhatWasEnqueued", keeps_what_was_enqueued},
    {"LeasesRunOut", leases_run_out},
    {"HeartbeatsKeepLeases", heartbeats_keep_leases},
    {"ReleasedIsAsNeverLeased", released_is_as_never_leased},
    {"FailuresComeBackLater", failures_come_back_later},
    {"DelayedWaits", delayed_waits},
    {"LeaseWaitsForTheFirst", lease_waits_for_the_first},
    {"EqualKeysAreOneMessage", equal_keys_are_one_message},
    {"HasBounds", has_bounds},
    {"SaysWhatItIs", says_what_it_is},
};

}  // namespace

std::span<const QueueCheck> queue_checks() { return kChecks; }

}  // namespace slipway::test
