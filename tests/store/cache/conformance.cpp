#include "store/cache/conformance.h"

namespace slipway::test {
namespace {

using store::Cache;
using store::CacheKey;
using store::Limit;

const WorkspaceId kHere{"here"};
const WorkspaceId kThere{"there"};
constexpr Milliseconds kLong{600'000}, kShort{40};

CacheKey key(std::string name, std::string group = "group") { return {std::move(group), std::move(name)}; }

Task<void> expect_value(Cache& cache, WorkspaceId workspace, CacheKey name, std::optional<std::string> value) {
    SLIPWAY_CO_TRY(const auto found, co_await cache.get(workspace, name));
    co_return expect(found == value, fmt::format("{} in {}/{}/{}, not {}", value.value_or("nothing"), workspace.value,
                                                 name.group, name.name, found.value_or("nothing")));
}

Task<void> keeps_values(Cache& cache) {
    SLIPWAY_CO_CHECK(co_await expect_value(cache, kHere, key("a"), std::nullopt));
    SLIPWAY_CO_CHECK(co_await cache.set(kHere, key("a"), "1", kLong));
    SLIPWAY_CO_CHECK(co_await expect_value(cache, kHere, key("a"), "1"));
    SLIPWAY_CO_CHECK(co_await cache.set(kHere, key("a"), "2", kLong));
    SLIPWAY_CO_CHECK(co_await expect_value(cache, kHere, key("a"), "2"));
    SLIPWAY_CO_CHECK(co_await cache.set(kHere, key("empty"), "", kLong));
    SLIPWAY_CO_CHECK(co_await expect_value(cache, kHere, key("empty"), ""));
    SLIPWAY_CO_CHECK(co_await cache.erase(kHere, key("a")));
    SLIPWAY_CO_CHECK(co_await cache.erase(kHere, key("never")));
    co_return co_await expect_value(cache, kHere, key("a"), std::nullopt);
}

Task<void> keeps_any_bytes(Cache& cache) {
    const std::string bytes("\0\r\n{}:\xff%", 8);
    SLIPWAY_CO_CHECK(co_await cache.set(kHere, key(bytes, bytes), bytes, kLong));
    SLIPWAY_CO_CHECK(co_await expect_value(cache, kHere, key(bytes, bytes), bytes));
    const std::string large(store::kCacheValueBytesMax, 'x');
    SLIPWAY_CO_CHECK(co_await cache.set(kHere, key("large"), large, kLong));
    co_return co_await expect_value(cache, kHere, key("large"), large);
}

Task<void> values_expire(Cache& cache) {
    SLIPWAY_CO_CHECK(co_await cache.set(kHere, key("long"), "1", kLong));
    SLIPWAY_CO_CHECK(co_await cache.set(kHere, key("short"), "1", kShort));
    for (int i = 0; i < 500; ++i) {
        SLIPWAY_CO_TRY(const auto value, co_await cache.get(kHere, key("short")));
        if (!value) {
            SLIPWAY_CO_TRY(const auto added, co_await cache.add(kHere, key("short"), "2", kLong));
            SLIPWAY_CO_CHECK(expect(added, "what has expired is not there"));
            co_return co_await expect_value(cache, kHere, key("long"), "1");
        }
        co_await sleep_for(Milliseconds(10));
    }
    co_return expect(false, "a value ends");
}

Task<void> groups_are_erased_together(Cache& cache) {
    SLIPWAY_CO_CHECK(co_await cache.set(kHere, key("a", "one"), "1", kLong));
    SLIPWAY_CO_CHECK(co_await cache.set(kHere, key("b", "one"), "2", kLong));
    SLIPWAY_CO_CHECK(co_await cache.set(kHere, key("a", "two"), "3", kLong));
    SLIPWAY_CO_CHECK(co_await cache.set(kThere, key("a", "one"), "4", kLong));
    SLIPWAY_CO_CHECK(co_await cache.erase_group(kHere, "one"));
    SLIPWAY_CO_CHECK(co_await expect_value(cache, kHere, key("a", "one"), std::nullopt));
    SLIPWAY_CO_CHECK(co_await expect_value(cache, kHere, key("b", "one"), std::nullopt));
    SLIPWAY_CO_CHECK(co_await expect_value(cache, kHere, key("a", "two"), "3"));
    SLIPWAY_CO_CHECK(co_await expect_value(cache, kThere, key("a", "one"), "4"));
    SLIPWAY_CO_CHECK(co_await cache.set(kHere, key("a", "one"), "5", kLong));
    SLIPWAY_CO_CHECK(co_await expect_value(cache, kHere, key("a", "one"), "5"));
    // What was there before does not come back with the group.
    SLIPWAY_CO_CHECK(co_await expect_value(cache, kHere, key("b", "one"), std::nullopt));
    SLIPWAY_CO_TRY(const auto added, co_await cache.add(kHere, key("b", "one"), "6", kLong));
    co_return expect(added, "what was erased can be added");
}

Task<void> one_of_many_adds(Cache& cache) {
    auto add = [](Cache& to, int number, int& added) -> Task<void> {
        const auto value = fmt::format("{}", number);
        SLIPWAY_CO_TRY(const auto first, co_await to.add(kHere, key("one"), value, kLong));
        if (first) ++added;
        co_return Result<void>();
    };
    int added = 0;
    std::vector<Task<void>> tasks;
    for (int i = 0; i < 20; ++i) tasks.push_back(add(cache, i, added));
    SLIPWAY_CO_CHECK(first_failure(co_await all_of(std::move(tasks))));
    SLIPWAY_CO_CHECK(expect(added == 1, fmt::format("one of 20 adds, not {}", added)));
    SLIPWAY_CO_CHECK(co_await cache.set(kHere, key("set"), "1", kLong));
    SLIPWAY_CO_TRY(const auto again, co_await cache.add(kHere, key("set"), "2", kLong));
    SLIPWAY_CO_CHECK(expect(!again, "what is set cannot be added"));
    co_return co_await expect_value(cache, kHere, key("set"), "1");
}

Task<void> counters_count(Cache& cache) {
    auto count = [](Cache& to) -> Task<void> {
        SLIPWAY_CO_CHECK(co_await to.count(kHere, key("n"), 3, kLong));
        co_return Result<void>();
    };
    std::vector<Task<void>> tasks;
    for (int i = 0; i < 30; ++i) tasks.push_back(count(cache));
    SLIPWAY_CO_CHECK(first_failure(co_await all_of(std::move(tasks))));
    SLIPWAY_CO_TRY(const auto total, co_await cache.count(kHere, key("n"), 1, kLong));
    SLIPWAY_CO_CHECK(expect(total == 91, fmt::format("91, not {}", total)));
    SLIPWAY_CO_CHECK(co_await expect_value(cache, kHere, key("n"), std::nullopt));
    SLIPWAY_CO_CHECK(co_await cache.erase(kHere, key("n")));
    SLIPWAY_CO_TRY(const auto anew, co_await cache.count(kHere, key("n"), 1, kLong));
    SLIPWAY_CO_CHECK(expect(anew == 1, "an erased counter begins anew"));
    SLIPWAY_CO_CHECK(co_await cache.count(kHere, key("short"), 1, kShort));
    for (int i = 0; i < 500; ++i) {
        co_await sleep_for(Milliseconds(10));
        SLIPWAY_CO_TRY(const auto short_one, co_await cache.count(kHere, key("short"), 1, kShort));
        if (short_one == 1) co_return Result<void>();  // it ended although it was counted on
    }
    co_return expect(false, "a counter ends after its first count");
}

Task<void> tenants_are_apart(Cache& cache) {
    SLIPWAY_CO_CHECK(co_await cache.set(kHere, key("a"), "here", kLong));
    SLIPWAY_CO_CHECK(co_await expect_value(cache, kThere, key("a"), std::nullopt));
    SLIPWAY_CO_TRY(const auto added, co_await cache.add(kThere, key("a"), "there", kLong));
    SLIPWAY_CO_CHECK(expect(added, "another tenant's value is none"));
    SLIPWAY_CO_CHECK(co_await expect_value(cache, kHere, key("a"), "here"));
    SLIPWAY_CO_CHECK(co_await cache.erase(kThere, key("a")));
    SLIPWAY_CO_CHECK(co_await cache.erase_group(kThere, "group"));
    SLIPWAY_CO_CHECK(co_await expect_value(cache, kHere, key("a"), "here"));
    SLIPWAY_CO_CHECK(co_await cache.count(kHere, key("n"), 5, kLong));
    SLIPWAY_CO_TRY(const auto count, co_await cache.count(kThere, key("n"), 1, kLong));
    SLIPWAY_CO_CHECK(expect(count == 1, "another tenant's counter is not counted on"));
    static constexpr Limit kLimit{.burst = 1, .period = Milliseconds(3'600'000)};
    SLIPWAY_CO_CHECK(co_await cache.admit(kHere, key("l"), kLimit));
    SLIPWAY_CO_TRY(const auto admission, co_await cache.admit(kThere, key("l"), kLimit));
    co_return expect(admission.admitted, "another tenant's limit is not used up");
}

// Workspaces and names that, put together carelessly, would be the same.
Task<void> names_cannot_reach_across(Cache& cache) {
    struct Place {
        WorkspaceId workspace;
        CacheKey name;
    };
    const std::vector<Place> places{
        {{"a"}, key("c", "b")},    {{"a:b"}, key("c", "")},   {{"a"}, key("b:c", "")},   {{"a"}, key("c", "b:")},
        {{"a}"}, key("c", "b")},   {{"{a}"}, key("c", "b")},  {{"a%3Ab"}, key("c", "")}, {{""}, key("a:b:c", "")},
        {{"a"}, key("v:b:c", "")}, {{"a"}, key("%3Ac", "b")}, {{"A"}, key("c", "b")},    {{"a:v:b"}, key("c", "")},
        {{"a"}, key("bc", "")},    {{"ab"}, key("c", "")},    {{"a"}, key("c", "b}")},   {{"a "}, key("c", "b")},
    };
    for (std::size_t i = 0; i < places.size(); ++i)
        SLIPWAY_CO_CHECK(co_await cache.set(places[i].workspace, places[i].name, fmt::format("{}", i), kLong));
    for (std::size_t i = 0; i < places.size(); ++i)
        SLIPWAY_CO_CHECK(co_await expect_value(cache, places[i].workspace, places[i].name, fmt::format("{}", i)));
    co_return Result<void>();
}

Task<void> has_bounds(Cache& cache) {
    const std::string long_name(store::kCacheKeyBytesMax + 1, 'x'), large(store::kCacheValueBytesMax + 1, 'x');
    const auto invalid = ErrorCode::invalid;
    SLIPWAY_CO_CHECK(expect_error(co_await cache.get(kHere, key(long_name, "")), invalid, "a long key"));
    SLIPWAY_CO_CHECK(expect_error(co_await cache.get(kHere, key("")), invalid, "no name"));
    SLIPWAY_CO_CHECK(expect_error(co_await cache.set(kHere, key("a"), large, kLong), invalid, "a large value"));
    SLIPWAY_CO_CHECK(expect_error(co_await cache.set(kHere, key("a"), "", Milliseconds(0)), invalid, "no time"));
    SLIPWAY_CO_CHECK(expect_error(co_await cache.add(kHere, key("a"), "", store::kCacheTimeMax + Milliseconds(1)),
                                  invalid, "too long a time"));
    SLIPWAY_CO_CHECK(expect_error(co_await cache.count(kHere, key("a"), 0, kLong), invalid, "no amount"));
    Limit none;
    none.burst = 0;
    co_return expect_error(co_await cache.admit(kHere, key("a"), none), invalid, "a limit of nothing");
}

Task<void> says_what_it_is(Cache& cache) {
    SLIPWAY_CO_TRY(const auto status, co_await cache.status());
    co_return expect(!status.engine.empty(), "a name of the engine");
}

const CacheCheck kChecks[] = {
    {"KeepsValues", keeps_values},
    {"KeepsAnyBytes", keeps_any_bytes},
    {"ValuesExpire", values_expire},
    {"GroupsAreErasedTogether", groups_are_erased_together},
    {"OneOfManyAdds", one_of_many_adds},
    {"CountersCount", counters_count},
    {"TenantsAreApart", tenants_are_apart},
    {"NamesCannotReachAcross", names_cannot_reach_across},
    {"HasBounds", has_bounds},
    {"SaysWhatItIs", says_what_it_is},
};

}  // namespace

std::vector<CacheCheck> cache_checks() {
    std::vector<CacheCheck> checks(std::begin(kChecks), std::end(kChecks));
    for (const auto& check : limiter_checks())
        checks.push_back({check.name, [run = check.run](Cache& cache) { return run(cache); }});
    return checks;
}

std::optional<std::string> failure_of(const CacheCheck& check, const CachePlaces& places) {
    const auto cache = places();
    return failure_of_check(check.name, check.run(*cache));
}

}  // namespace slipway::test
