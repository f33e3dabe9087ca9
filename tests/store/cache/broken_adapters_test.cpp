// Adapters with one fault each, around a good one: the conformance suite must find each.
#include <set>

#include <gtest/gtest.h>

#include "store/cache/conformance.h"
#include "store/cache/memory.h"

namespace slipway::test {
namespace {

using store::Admission;
using store::Cache;
using store::CacheKey;
using store::CacheStatus;
using store::Limit;

class PassingCache : public Cache {
 public:
    Task<std::optional<std::string>> get(WorkspaceId workspace, CacheKey key) override {
        return inner_->get(std::move(workspace), std::move(key));
    }
    Task<void> set(WorkspaceId workspace, CacheKey key, std::string value, Milliseconds ttl) override {
        return inner_->set(std::move(workspace), std::move(key), std::move(value), ttl);
    }
    Task<bool> add(WorkspaceId workspace, CacheKey key, std::string value, Milliseconds ttl) override {
        return inner_->add(std::move(workspace), std::move(key), std::move(value), ttl);
    }
    Task<void> erase(WorkspaceId workspace, CacheKey key) override {
        return inner_->erase(std::move(workspace), std::move(key));
    }
    Task<void> erase_group(WorkspaceId workspace, std::string group) override {
        return inner_->erase_group(std::move(workspace), std::move(group));
    }
    Task<std::int64_t> count(WorkspaceId workspace, CacheKey key, std::int64_t amount, Milliseconds ttl) override {
        return inner_->count(std::move(workspace), std::move(key), amount, ttl);
    }
    Task<Admission> admit(WorkspaceId workspace, CacheKey key, Limit limit) override {
        return inner_->admit(std::move(workspace), std::move(key), limit);
    }
    Task<CacheStatus> status() override { return inner_->status(); }

 protected:
    std::unique_ptr<Cache> inner_ = store::make_memory_cache();
};

using Names = std::set<std::string_view>;

template <typename Fault>
Names failed_checks() {
    Names failed;
    for (const auto& check : cache_checks())
        if (failure_of(check, [] { return std::make_unique<Fault>(); })) failed.insert(check.name);
    return failed;
}

struct SharesWorkspaces final : PassingCache {
    Task<std::optional<std::string>> get(WorkspaceId, CacheKey key) override {
        return inner_->get(WorkspaceId{"here"}, std::move(key));
    }
};

struct JoinsNames final : PassingCache {
    static CacheKey joined(const WorkspaceId& workspace, const CacheKey& key) {
        return {"", workspace.value + ":" + key.group + ":" + key.name};
    }
    Task<std::optional<std::string>> get(WorkspaceId workspace, CacheKey key) override {
        return inner_->get({"all"}, joined(workspace, key));
    }
    Task<void> set(WorkspaceId workspace, CacheKey key, std::string value, Milliseconds ttl) override {
        return inner_->set({"all"}, joined(workspace, key), std::move(value), ttl);
    }
};

struct KeepsForever final : PassingCache {
    Task<void> set(WorkspaceId workspace, CacheKey key, std::string value, Milliseconds ttl) override {
        return inner_->set(std::move(workspace), std::move(key), std::move(value), ttl * 1000);
    }
};

struct KeepsGroups final : PassingCache {
    Task<void> erase_group(WorkspaceId, std::string) override { co_return Result<void>(); }
};

struct AddsAlways final : PassingCache {
    Task<bool> add(WorkspaceId workspace, CacheKey key, std::string value, Milliseconds ttl) override {
        SLIPWAY_CO_CHECK(co_await inner_->set(std::move(workspace), std::move(key), std::move(value), ttl));
        co_return true;
    }
};

struct AdmitsOneMore final : PassingCache {
    Task<Admission> admit(WorkspaceId workspace, CacheKey key, Limit limit) override {
        if (limit.burst > 0) ++limit.burst;
        return inner_->admit(std::move(workspace), std::move(key), limit);
    }
};

struct OneLimitForAll final : PassingCache {
    Task<Admission> admit(WorkspaceId, CacheKey key, Limit limit) override {
        return inner_->admit({"all"}, std::move(key), limit);
    }
};

TEST(BrokenCache, TheWrapperItselfIsGood) { EXPECT_EQ(failed_checks<PassingCache>(), Names{}); }
TEST(BrokenCache, SharingWorkspacesIsFound) {
    EXPECT_TRUE(failed_checks<SharesWorkspaces>().contains("TenantsAreApart"));
}
TEST(BrokenCache, JoiningNamesIsFound) { EXPECT_TRUE(failed_checks<JoinsNames>().contains("NamesCannotReachAcross")); }
TEST(BrokenCache, KeepingForeverIsFound) { EXPECT_TRUE(failed_checks<KeepsForever>().contains("ValuesExpire")); }
TEST(BrokenCache, KeepingGroupsIsFound) { EXPECT_EQ(failed_checks<KeepsGroups>(), Names{"GroupsAreErasedTogether"}); }
TEST(BrokenCache, AddingAlwaysIsFound) { EXPECT_TRUE(failed_checks<AddsAlways>().contains("OneOfManyAdds")); }
TEST(BrokenCache, AdmittingOneMoreIsFound) {
    EXPECT_TRUE(failed_checks<AdmitsOneMore>().contains("LimitsAdmitExactly"));
}
TEST(BrokenCache, OneLimitForAllIsFound) { EXPECT_TRUE(failed_checks<OneLimitForAll>().contains("TenantsAreApart")); }

}  // namespace
}  // namespace slipway::test
