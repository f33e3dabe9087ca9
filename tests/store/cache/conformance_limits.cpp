// What each limiter has to do.
#include "store/cache/conformance.h"

namespace slipway::test {
namespace {

using store::CacheKey;
using store::Limit;
using store::Limiter;

const WorkspaceId kHere{"here"};
const WorkspaceId kThere{"there"};

CacheKey key(std::string name) { return {"group", std::move(name)}; }

Task<void> limits_admit_exactly(Limiter& limiter) {
    static constexpr Limit kLimit{.burst = 7, .period = Milliseconds(3'600'000)};
    auto ask = [](Limiter& to, int& admitted, int& refused) -> Task<void> {
        SLIPWAY_CO_TRY(const auto answer, co_await to.admit(kHere, key("limit"), kLimit));
        ++(answer.admitted ? admitted : refused);
        SLIPWAY_CO_CHECK(expect(answer.admitted || answer.retry_after > Milliseconds(0), "when to try again"));
        co_return expect(!answer.degraded, "the store itself judges");
    };
    int admitted = 0, refused = 0;
    std::vector<Task<void>> tasks;
    for (int i = 0; i < 40; ++i) tasks.push_back(ask(limiter, admitted, refused));
    SLIPWAY_CO_CHECK(first_failure(co_await all_of(std::move(tasks))));
    SLIPWAY_CO_CHECK(expect(admitted == 7 && refused == 33, fmt::format("7 of 40, not {}", admitted)));
    SLIPWAY_CO_TRY(const auto other, co_await limiter.admit(kHere, key("other"), kLimit));
    co_return expect(other.admitted, "another key has a limit of its own");
}

Task<void> limits_tell_what_is_left(Limiter& limiter) {
    static constexpr Limit kLimit{.burst = 4, .period = Milliseconds(4'000'000)};
    constexpr Milliseconds kEach{1'000'000}, kWhile{100'000};
    for (std::size_t used = 1; used <= 4; ++used) {
        SLIPWAY_CO_TRY(const auto answer, co_await limiter.admit(kHere, key("limit"), kLimit));
        SLIPWAY_CO_CHECK(expect(answer.admitted && answer.remaining == 4 - used,
                                fmt::format("{} are left, not {}", 4 - used, answer.remaining)));
        const auto full = kEach * static_cast<int>(used);
        SLIPWAY_CO_CHECK(expect(answer.full_after <= full && answer.full_after > full - kWhile,
                                fmt::format("full after {} ms", answer.full_after.count())));
    }
    SLIPWAY_CO_TRY(const auto refused, co_await limiter.admit(kHere, key("limit"), kLimit));
    SLIPWAY_CO_CHECK(expect(!refused.admitted && refused.remaining == 0, "none is left"));
    SLIPWAY_CO_CHECK(expect(refused.retry_after <= kEach && refused.retry_after > kEach - kWhile, "the next one"));
    const auto full = kEach * 4;
    co_return expect(refused.full_after <= full && refused.full_after > full - kWhile,
                     "what was refused costs nothing");
}

Task<void> limits_fill_again(Limiter& limiter) {
    static constexpr Limit kLimit{.burst = 1, .period = Milliseconds(50)};
    SLIPWAY_CO_TRY(auto answer, co_await limiter.admit(kHere, key("limit"), kLimit));
    SLIPWAY_CO_CHECK(expect(answer.admitted, "the first"));
    for (int i = 0; i < 500; ++i) {
        co_await sleep_for(Milliseconds(5));
        SLIPWAY_CO_TRY(answer, co_await limiter.admit(kHere, key("limit"), kLimit));
        if (answer.admitted) co_return Result<void>();
    }
    co_return expect(false, "a limit fills again");
}

Task<void> limits_of_tenants_are_apart(Limiter& limiter) {
    static constexpr Limit kLimit{.burst = 1, .period = Milliseconds(3'600'000)};
    SLIPWAY_CO_CHECK(co_await limiter.admit(kHere, key("l"), kLimit));
    SLIPWAY_CO_TRY(const auto there, co_await limiter.admit(kThere, key("l"), kLimit));
    SLIPWAY_CO_CHECK(expect(there.admitted, "another tenant's limit is not used up"));
    SLIPWAY_CO_TRY(const auto again, co_await limiter.admit(kHere, key("l"), kLimit));
    co_return expect(!again.admitted, "its own is");
}

Task<void> limits_of_other_size_are_apart(Limiter& limiter) {
    static constexpr Limit kOne{.burst = 1, .period = Milliseconds(3'600'000)};
    static constexpr Limit kTwo{.burst = 2, .period = Milliseconds(3'600'000)};
    SLIPWAY_CO_CHECK(co_await limiter.admit(kHere, key("l"), kOne));
    SLIPWAY_CO_TRY(const auto other, co_await limiter.admit(kHere, key("l"), kTwo));
    co_return expect(other.admitted && other.remaining == 1, "a limit that was changed begins anew");
}

Task<void> limits_have_bounds(Limiter& limiter) {
    const std::string long_name(store::kCacheKeyBytesMax + 1, 'x');
    static constexpr Limit kNone{.burst = 0, .period = Milliseconds(1'000)}, kSome{};
    SLIPWAY_CO_CHECK(expect_error(co_await limiter.admit(kHere, key("a"), kNone), ErrorCode::invalid, "of nothing"));
    co_return expect_error(co_await limiter.admit(kHere, key(long_name), kSome), ErrorCode::invalid, "a long key");
}

constexpr LimiterCheck kChecks[] = {
    {"LimitsAdmitExactly", limits_admit_exactly},
    {"LimitsTellWhatIsLeft", limits_tell_what_is_left},
    {"LimitsFillAgain", limits_fill_again},
    {"LimitsOfTenantsAreApart", limits_of_tenants_are_apart},
    {"LimitsOfOtherSizeAreApart", limits_of_other_size_are_apart},
    {"LimitsHaveBounds", limits_have_bounds},
};

}  // namespace

std::span<const LimiterCheck> limiter_checks() { return kChecks; }

}  // namespace slipway::test
