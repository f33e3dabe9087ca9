// Adapters with one fault each, around a good one: the conformance suite must find each.
#include <gtest/gtest.h>

#include "base/crypto.h"
#include "store/objects/file_place.h"

namespace slipway::test {
namespace {

using store::Access;
using store::ByteRange;
using store::FormLimits;
using store::Object;
using store::ObjectAttributes;
using store::ObjectInfo;
using store::ObjectPage;
using store::Objects;
using store::ObjectUpload;
using store::SignedForm;
using store::SignedLink;
using store::WriteCondition;

class PassingObjects : public Objects {
 public:
    explicit PassingObjects(std::unique_ptr<Objects> inner) : inner_(std::move(inner)) {}
    Task<ObjectInfo> put(WorkspaceId workspace, std::string key, std::string data, ObjectAttributes attributes,
                         WriteCondition condition) override {
        return inner_->put(std::move(workspace), std::move(key), std::move(data), std::move(attributes),
                           std::move(condition));
    }
    Task<std::unique_ptr<ObjectUpload>> upload(WorkspaceId workspace, std::string key, ObjectAttributes attributes,
                                               WriteCondition condition) override {
        return inner_->upload(std::move(workspace), std::move(key), std::move(attributes), std::move(condition));
    }
    Task<Object> get(WorkspaceId workspace, std::string key, std::optional<ByteRange> range,
                     std::string if_match) override {
        return inner_->get(std::move(workspace), std::move(key), range, std::move(if_match));
    }
    Task<std::optional<Object>> get_if_changed(WorkspaceId workspace, std::string key, std::string etag) override {
        return inner_->get_if_changed(std::move(workspace), std::move(key), std::move(etag));
    }
    Task<ObjectInfo> head(WorkspaceId workspace, std::string key) override {
        return inner_->head(std::move(workspace), std::move(key));
    }
    Task<ObjectInfo> copy(WorkspaceId workspace, std::string from, std::string to) override {
        return inner_->copy(std::move(workspace), std::move(from), std::move(to));
    }
    Task<void> erase(WorkspaceId workspace, std::string key) override {
        return inner_->erase(std::move(workspace), std::move(key));
    }
    Task<ObjectPage> list(WorkspaceId workspace, std::string prefix, std::size_t limit,
                          std::optional<std::string> cursor) override {
        return inner_->list(std::move(workspace), std::move(prefix), limit, std::move(cursor));
    }
    Task<SignedLink> presign(WorkspaceId workspace, std::string key, Access access, Milliseconds valid_for,
                             std::string file_name) override {
        return inner_->presign(std::move(workspace), std::move(key), access, valid_for, std::move(file_name));
    }
    Task<SignedForm> presign_form(WorkspaceId workspace, std::string key, FormLimits limits,
                                  Milliseconds valid_for) override {
        return inner_->presign_form(std::move(workspace), std::move(key), std::move(limits), valid_for);
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
        if (check.name == "links_end" || check.name == "uploads_have_any_length") continue;  // they take their time
        if (failure_of(check, [] { return std::make_unique<BrokenPlace<Fault>>(); })) failed.insert(check.name);
    }
    return failed;
}

using Names = std::set<std::string_view>;

struct SharesWorkspaces final : PassingObjects {
    using PassingObjects::PassingObjects;
    Task<Object> get(WorkspaceId, std::string key, std::optional<ByteRange> range, std::string if_match) override {
        return inner_->get(WorkspaceId{"here"}, std::move(key), range, std::move(if_match));
    }
};

struct ExclusiveRanges final : PassingObjects {
    using PassingObjects::PassingObjects;
    Task<Object> get(WorkspaceId workspace, std::string key, std::optional<ByteRange> range,
                     std::string if_match) override {
        if (range && range->last && *range->last > range->first) --*range->last;
        return inner_->get(std::move(workspace), std::move(key), range, std::move(if_match));
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
    Task<ObjectInfo> put(WorkspaceId workspace, std::string key, std::string data, ObjectAttributes attributes,
                         WriteCondition condition) override {
        return inner_->put(std::move(workspace), flat(std::move(key)), std::move(data), std::move(attributes),
                           std::move(condition));
    }
    Task<Object> get(WorkspaceId workspace, std::string key, std::optional<ByteRange> range,
                     std::string if_match) override {
        return inner_->get(std::move(workspace), flat(std::move(key)), range, std::move(if_match));
    }
};

struct KeepsErased final : PassingObjects {
    using PassingObjects::PassingObjects;
    Task<void> erase(WorkspaceId, std::string) override { co_return Result<void>(); }
};

// Content and description are written one after the other.
struct TearsObjects final : PassingObjects {
    using PassingObjects::PassingObjects;
    Task<ObjectInfo> put(WorkspaceId workspace, std::string key, std::string data, ObjectAttributes attributes,
                         WriteCondition condition) override {
        auto half = data.substr(0, data.size() / 2) + std::string(data.size() - data.size() / 2, '?');
        SLIPWAY_CO_CHECK(co_await inner_->put(workspace, key, std::move(half), attributes, condition));
        co_await sleep_for(Milliseconds(20));
        co_return co_await inner_->put(std::move(workspace), std::move(key), std::move(data), std::move(attributes),
                                       std::move(condition));
    }
};

struct SameLinkForAll final : PassingObjects {
    using PassingObjects::PassingObjects;
    Task<SignedLink> presign(WorkspaceId workspace, std::string key, Access, Milliseconds valid_for,
                             std::string file_name) override {
        return inner_->presign(std::move(workspace), std::move(key), Access::get, valid_for, std::move(file_name));
    }
};

struct IgnoresConditions final : PassingObjects {
    using PassingObjects::PassingObjects;
    Task<ObjectInfo> put(WorkspaceId workspace, std::string key, std::string data, ObjectAttributes attributes,
                         WriteCondition) override {
        WriteCondition none;
        return inner_->put(std::move(workspace), std::move(key), std::move(data), std::move(attributes),
                           std::move(none));
    }
};

struct ForgetsAttributes final : PassingObjects {
    using PassingObjects::PassingObjects;
    Task<std::unique_ptr<ObjectUpload>> upload(WorkspaceId workspace, std::string key, ObjectAttributes attributes,
                                               WriteCondition condition) override {
        attributes.metadata.clear();
        return inner_->upload(std::move(workspace), std::move(key), std::move(attributes), std::move(condition));
    }
};

struct FormsForAnything final : PassingObjects {
    using PassingObjects::PassingObjects;
    Task<SignedForm> presign_form(WorkspaceId workspace, std::string key, FormLimits limits,
                                  Milliseconds valid_for) override {
        limits.bytes_max += 1000;
        return inner_->presign_form(std::move(workspace), std::move(key), std::move(limits), valid_for);
    }
};

struct CopiesFromAnywhere final : PassingObjects {
    using PassingObjects::PassingObjects;
    Task<ObjectInfo> copy(WorkspaceId, std::string from, std::string to) override {
        return inner_->copy(WorkspaceId{"here"}, std::move(from), std::move(to));
    }
};

TEST(BrokenObjects, TheWrapperItselfIsGood) { EXPECT_EQ(failed_checks<PassingObjects>(), Names{}); }
TEST(BrokenObjects, SharingWorkspacesIsFound) {
    EXPECT_TRUE(failed_checks<SharesWorkspaces>().contains("workspaces_are_apart"));
}
TEST(BrokenObjects, ExclusiveRangesAreFound) {
    EXPECT_TRUE(failed_checks<ExclusiveRanges>().contains("ranges_are_inclusive"));
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
TEST(BrokenObjects, OneLinkForAllAccessIsFound) {
    EXPECT_TRUE(failed_checks<SameLinkForAll>().contains("links_are_made"));
}
TEST(BrokenObjects, IgnoringConditionsIsFound) {
    const Names expected{"one_of_many_creates_an_object", "writes_hold_their_condition"};
    EXPECT_EQ(failed_checks<IgnoresConditions>(), expected);
}
TEST(BrokenObjects, ForgettingAttributesIsFound) {
    EXPECT_TRUE(failed_checks<ForgetsAttributes>().contains("attributes_are_kept"));
}
TEST(BrokenObjects, FormsForAnythingAreFound) {
    EXPECT_TRUE(failed_checks<FormsForAnything>().contains("forms_take_what_they_allow"));
}
TEST(BrokenObjects, CopyingFromAnywhereIsFound) {
    EXPECT_EQ(failed_checks<CopiesFromAnywhere>(), Names{"copies_stand_alone"});
}

}  // namespace
}  // namespace slipway::test
