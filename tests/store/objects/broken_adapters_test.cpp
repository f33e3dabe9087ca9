// Adapters with one fault each, around a good one: the conformance suite must find each.
#include <gtest/gtest.h>

#include "base/crypto.h"
#include "store/objects/file_place.h"

namespace slipway::test {
namespace {

using store::Access;
using store::ByteRange;
using store::Object;
using store::ObjectInfo;
using store::ObjectPage;
using store::Objects;

class PassingObjects : public Objects {
 public:
    explicit PassingObjects(std::unique_ptr<Objects> inner) : inner_(std::move(inner)) {}
    Task<ObjectInfo> put(WorkspaceId workspace, std::string key, std::string data, std::string type) override {
        return inner_->put(std::move(workspace), std::move(key), std::move(data), std::move(type));
    }
    Task<Object> get(WorkspaceId workspace, std::string key, std::optional<ByteRange> range) override {
        return inner_->get(std::move(workspace), std::move(key), range);
    }
    Task<ObjectInfo> head(WorkspaceId workspace, std::string key) override {
        return inner_->head(std::move(workspace), std::move(key));
    }
    Task<void> erase(WorkspaceId workspace, std::string key) override {
        return inner_->erase(std::move(workspace), std::move(key));
    }
    Task<ObjectPage> list(WorkspaceId workspace, std::string prefix, std::size_t limit,
                          std::optional<std::string> cursor) override {
        return inner_->list(std::move(workspace), std::move(prefix), limit, std::move(cursor));
    }
    Result<std::string> presign(WorkspaceId workspace, std::string key, Access access,
                                Milliseconds valid_for) override {
        return inner_->presign(std::move(workspace), std::move(key), access, valid_for);
    }
    Task<void> check() override { return inner_->check(); }

 protected:
    std::unique_ptr<Objects> inner_;
};

template <typename Fault>
class BrokenPlace : public FilePlace {
 public:
    Result<std::unique_ptr<Objects>> open() override {
        SLIPWAY_TRY(auto inner, FilePlace::open());
        return std::make_unique<Fault>(std::move(inner));
    }
};

template <typename Fault>
std::set<std::string_view> failed_checks() {
    std::set<std::string_view> failed;
    for (const auto& check : objects_checks()) {
        if (failure_of(check, [] { return std::make_unique<BrokenPlace<Fault>>(); })) failed.insert(check.name);
    }
    return failed;
}

using Names = std::set<std::string_view>;

struct SharesWorkspaces final : PassingObjects {
    using PassingObjects::PassingObjects;
    Task<Object> get(WorkspaceId, std::string key, std::optional<ByteRange> range) override {
        return inner_->get(WorkspaceId{"here"}, std::move(key), range);
    }
};

struct ExclusiveRanges final : PassingObjects {
    using PassingObjects::PassingObjects;
    Task<Object> get(WorkspaceId workspace, std::string key, std::optional<ByteRange> range) override {
        if (range && range->last && *range->last > range->first) --*range->last;
        return inner_->get(std::move(workspace), std::move(key), range);
    }
};

struct IgnoresCursor final : PassingObjects {
    using PassingObjects::PassingObjects;
    Task<ObjectPage> list(WorkspaceId workspace, std::string prefix, std::size_t limit,
                          std::optional<std::string>) override {
        auto page = co_await inner_->list(std::move(workspace), std::move(prefix), limit, {});
        if (page) page->next.reset();
        co_return page;
    }
};

struct FlattensKeys final : PassingObjects {
    using PassingObjects::PassingObjects;
    static std::string flat(std::string key) {
        std::ranges::replace(key, '/', '-');
        return key;
    }
    Task<ObjectInfo> put(WorkspaceId workspace, std::string key, std::string data, std::string type) override {
        return inner_->put(std::move(workspace), flat(std::move(key)), std::move(data), std::move(type));
    }
    Task<Object> get(WorkspaceId workspace, std::string key, std::optional<ByteRange> range) override {
        return inner_->get(std::move(workspace), flat(std::move(key)), range);
    }
};

struct KeepsErased final : PassingObjects {
    using PassingObjects::PassingObjects;
    Task<void> erase(WorkspaceId, std::string) override { co_return Result<void>(); }
};

// Content and description are written one after the other.
struct TearsObjects final : PassingObjects {
    using PassingObjects::PassingObjects;
    Task<ObjectInfo> put(WorkspaceId workspace, std::string key, std::string data, std::string type) override {
        auto half = data.substr(0, data.size() / 2) + std::string(data.size() - data.size() / 2, '?');
        SLIPWAY_CO_CHECK(co_await inner_->put(workspace, key, std::move(half), type));
        co_await sleep_for(Milliseconds(20));
        co_return co_await inner_->put(std::move(workspace), std::move(key), std::move(data), std::move(type));
    }
};

struct SameLinkForAll final : PassingObjects {
    using PassingObjects::PassingObjects;
    Result<std::string> presign(WorkspaceId workspace, std::string key, Access, Milliseconds valid_for) override {
        return inner_->presign(std::move(workspace), std::move(key), Access::get, valid_for);
    }
};

TEST(BrokenObjects, TheWrapperItselfIsGood) { EXPECT_EQ(failed_checks<PassingObjects>(), Names{}); }
TEST(BrokenObjects, SharingWorkspacesIsFound) {
    EXPECT_TRUE(failed_checks<SharesWorkspaces>().contains("workspaces_are_apart"));
}
TEST(BrokenObjects, ExclusiveRangesAreFound) {
    EXPECT_EQ(failed_checks<ExclusiveRanges>(), Names{"ranges_are_inclusive"});
}
TEST(BrokenObjects, IgnoringTheCursorIsFound) {
    EXPECT_EQ(failed_checks<IgnoresCursor>(), Names{"listings_are_in_key_order"});
}
TEST(BrokenObjects, FlatteningKeysIsFound) {
    EXPECT_TRUE(failed_checks<FlattensKeys>().contains("strange_keys_are_kept_apart"));
}
TEST(BrokenObjects, KeepingErasedObjectsIsFound) {
    EXPECT_TRUE(failed_checks<KeepsErased>().contains("erased_objects_are_gone"));
}
TEST(BrokenObjects, TearingObjectsIsFound) {
    EXPECT_TRUE(failed_checks<TearsObjects>().contains("replacing_is_atomic"));
}
TEST(BrokenObjects, OneLinkForAllAccessIsFound) { EXPECT_EQ(failed_checks<SameLinkForAll>(), Names{"links_are_made"}); }

}  // namespace
}  // namespace slipway::test
