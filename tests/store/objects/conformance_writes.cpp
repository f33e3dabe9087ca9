// Attributes, conditions, uploads of unknown length, copies.
#include <algorithm>

#include "base/crypto.h"
#include "store/objects/conformance_parts.h"

namespace slipway::test {
namespace {

using store::ObjectAttributes;
using store::ObjectInfo;
using store::Objects;
using store::WriteCondition;

const WorkspaceId kHere{"here"};
const WorkspaceId kThere{"there"};

ObjectAttributes some_attributes() {
    ObjectAttributes attributes("text/html; charset=utf-8");
    attributes.cache_control = "public, max-age=3600";
    attributes.metadata = {{"title", "a \"quoted\" <name> & more"}, {"x", ""}};
    attributes.tags = {{"kind", "draft"}};
    return attributes;
}

Result<void> expect_attributes(const ObjectInfo& info, std::string_view of) {
    const auto wanted = some_attributes();
    SLIPWAY_CHECK(expect(info.content_type == wanted.content_type, fmt::format("the content type of {}", of)));
    SLIPWAY_CHECK(expect(info.cache_control == wanted.cache_control, fmt::format("the cache control of {}", of)));
    return expect(info.metadata == wanted.metadata, fmt::format("the metadata of {}", of));
}

Task<ObjectInfo> upload(Objects& objects, std::string key, std::vector<std::string> pieces,
                        ObjectAttributes attributes = {}, WriteCondition condition = {}) {
    SLIPWAY_CO_TRY(const auto writer, co_await objects.upload(kHere, key, attributes, condition));
    for (auto& piece : pieces) {
        SLIPWAY_CO_CHECK(co_await writer->write(std::move(piece)));
    }
    co_return co_await writer->finish();
}

Task<std::size_t> count(Objects& objects) {
    std::optional<std::string> cursor;
    SLIPWAY_CO_TRY(const auto page, co_await objects.list(kHere, "", 100, cursor));
    co_return page.objects.size();
}

Task<void> attributes_are_kept(ObjectsPlace& place) {
    SLIPWAY_CO_TRY(auto objects, place.open());
    const auto attributes = some_attributes();
    SLIPWAY_CO_TRY(const auto put, co_await objects->put(kHere, "put", "x", attributes));
    SLIPWAY_CO_CHECK(expect_attributes(put, "what was put"));
    SLIPWAY_CO_TRY(const auto uploaded, co_await upload(*objects, "uploaded", {"x", "y"}, attributes));
    SLIPWAY_CO_CHECK(expect_attributes(uploaded, "what was uploaded"));
    for (const char* const key : {"put", "uploaded"}) {
        SLIPWAY_CO_TRY(const auto head, co_await objects->head(kHere, key));
        SLIPWAY_CO_CHECK(expect_attributes(head, key));
        SLIPWAY_CO_TRY(const auto object, co_await objects->get(kHere, key));
        SLIPWAY_CO_CHECK(expect_attributes(object.info, key));
    }
    SLIPWAY_CO_CHECK(co_await objects->put(kHere, "put", "x", "text/plain"));
    SLIPWAY_CO_TRY(const auto plain, co_await objects->head(kHere, "put"));
    co_return expect(plain.metadata.empty() && plain.cache_control.empty(), "a new object has its own attributes");
}

Task<void> bad_attributes_are_refused(ObjectsPlace& place) {
    SLIPWAY_CO_TRY(auto objects, place.open());
    std::vector<ObjectAttributes> bad(9);
    bad[0].content_type = std::string(300, 't');
    bad[1].content_type = "text/plain\r\nX-Evil: yes";
    bad[2].cache_control = "no-store\n";
    bad[3].metadata = {{"Upper", "x"}};
    bad[4].metadata = {{"name", "\xC3\xA4"}};
    bad[5].metadata = {{"name", "a\r\nX-Evil: yes"}};
    bad[6].metadata = {{"slipway-sha256", "x"}};
    for (int i = 0; i < 20; ++i) bad[7].metadata.emplace(fmt::format("n{}", i), std::string(200, 'v'));
    for (int i = 0; i < 11; ++i) bad[8].tags.emplace(fmt::format("t{}", i), "v");
    for (const auto& attributes : bad) {
        const auto put = co_await objects->put(kHere, "a", "x", attributes);
        SLIPWAY_CO_CHECK(expect_error(put, ErrorCode::invalid, "attributes that cannot be"));
        const auto uploading = co_await objects->upload(kHere, "a", attributes);
        SLIPWAY_CO_CHECK(expect_error(uploading, ErrorCode::invalid, "attributes that cannot be, uploaded"));
    }
    SLIPWAY_CO_TRY(const auto left, co_await count(*objects));
    co_return expect(left == 0, "nothing was put");
}

Task<void> create_one(Objects& objects, int number, int& created) {
    const WriteCondition absent{.if_absent = true};
    const auto put = co_await objects.put(kHere, "one", std::to_string(number), "text/plain", absent);
    if (put) {
        ++created;
        co_return Result<void>();
    }
    co_return expect_error(put, ErrorCode::conflict, "an object that exists already");
}

Task<void> one_of_many_creates_an_object(ObjectsPlace& place) {
    SLIPWAY_CO_TRY(auto objects, place.open());
    int created = 0;
    std::vector<Task<void>> tasks;
    for (int i = 0; i < 8; ++i) tasks.push_back(create_one(*objects, i, created));
    auto all = all_of(std::move(tasks));
    const auto results = co_await std::move(all);
    SLIPWAY_CO_CHECK(first_failure(results));
    SLIPWAY_CO_CHECK(expect(created == 1, fmt::format("exactly one writer creates it, not {}", created)));
    const WriteCondition absent{.if_absent = true};
    const auto uploaded = co_await upload(*objects, "one", {"x"}, {}, absent);
    SLIPWAY_CO_CHECK(expect_error(uploaded, ErrorCode::conflict, "an upload where an object is"));
    SLIPWAY_CO_TRY(const auto other, co_await upload(*objects, "other", {"x"}, {}, absent));
    co_return expect(other.size == 1, "an upload where none is");
}

Task<void> writes_hold_their_condition(ObjectsPlace& place) {
    SLIPWAY_CO_TRY(auto objects, place.open());
    SLIPWAY_CO_TRY(const auto first, co_await objects->put(kHere, "a", "first", "text/plain"));
    const WriteCondition of_first{.if_match = first.etag};
    SLIPWAY_CO_TRY(const auto second, co_await objects->put(kHere, "a", "second", "text/plain", of_first));
    SLIPWAY_CO_CHECK(expect(second.etag != first.etag, "another content has another etag"));
    const auto late = co_await objects->put(kHere, "a", "third", "text/plain", of_first);
    SLIPWAY_CO_CHECK(expect_error(late, ErrorCode::conflict, "an etag that was"));
    const auto uploaded = co_await upload(*objects, "a", {"third"}, {}, of_first);
    SLIPWAY_CO_CHECK(expect_error(uploaded, ErrorCode::conflict, "an upload for an etag that was"));
    const auto none = co_await objects->put(kHere, "b", "x", "text/plain", of_first);
    SLIPWAY_CO_CHECK(expect_error(none, ErrorCode::not_found, "an etag of nothing"));
    SLIPWAY_CO_TRY(const auto object, co_await objects->get(kHere, "a"));
    co_return expect(object.data == "second", "what did not hold changed nothing");
}

Task<void> reads_hold_their_condition(ObjectsPlace& place) {
    SLIPWAY_CO_TRY(auto objects, place.open());
    SLIPWAY_CO_TRY(const auto first, co_await objects->put(kHere, "a", "first", "text/plain"));
    SLIPWAY_CO_TRY(const auto same, co_await objects->get_if_changed(kHere, "a", first.etag));
    SLIPWAY_CO_CHECK(expect(!same, "nothing when it did not change"));
    store::ByteRange part{.first = 1, .last = 2};
    SLIPWAY_CO_TRY(const auto piece, co_await objects->get(kHere, "a", part, first.etag));
    SLIPWAY_CO_CHECK(expect(piece.data == "ir", "a range of the object that is meant"));
    SLIPWAY_CO_CHECK(co_await objects->put(kHere, "a", "second", "text/plain"));
    SLIPWAY_CO_TRY(const auto changed, co_await objects->get_if_changed(kHere, "a", first.etag));
    SLIPWAY_CO_CHECK(expect(changed && changed->data == "second", "the object when it changed"));
    const auto late = co_await objects->get(kHere, "a", part, first.etag);
    SLIPWAY_CO_CHECK(expect_error(late, ErrorCode::conflict, "a range of an object that was replaced"));
    const auto none = co_await objects->get_if_changed(kThere, "a", first.etag);
    co_return expect_error(none, ErrorCode::not_found, "another workspace's object");
}

// Larger than what an adapter may hold at once (S3: two parts and a bit).
Task<void> uploads_have_any_length(ObjectsPlace& place) {
    SLIPWAY_CO_TRY(auto objects, place.open());
    std::string whole;
    std::vector<std::string> pieces;
    for (int i = 0; i < 61; ++i) {
        pieces.emplace_back(200'000, static_cast<char>('a' + i % 26));
        whole += pieces.back();
    }
    const std::vector<std::vector<std::string>> all{{}, {""}, {"a", "", "bc"}, {whole}, pieces};
    for (const auto& each : all) {
        std::string wanted;
        for (const auto& piece : each) wanted += piece;
        SLIPWAY_CO_TRY(const auto info, co_await upload(*objects, "deep/a b.bin", each, "application/x-test"));
        SLIPWAY_CO_CHECK(expect(info.size == wanted.size() && info.key == "deep/a b.bin", "size and key of an upload"));
        SLIPWAY_CO_CHECK(expect(info.sha256 == sha256_hex(wanted), "the SHA-256 of an upload"));
        SLIPWAY_CO_TRY(const auto object, co_await objects->get(kHere, "deep/a b.bin"));
        SLIPWAY_CO_CHECK(expect(object.data == wanted, "the bytes that were uploaded"));
        SLIPWAY_CO_CHECK(expect(object.info.etag == info.etag, "the etag of an upload"));
        SLIPWAY_CO_CHECK(expect(object.info.content_type == "application/x-test", "the content type of an upload"));
    }
    co_return Result<void>();
}

Task<void> an_upload_is_seen_when_it_is_finished(ObjectsPlace& place) {
    SLIPWAY_CO_TRY(auto objects, place.open());
    SLIPWAY_CO_CHECK(co_await objects->put(kHere, "old", "old", "text/plain"));
    for (const char* const key : {"old", "new"}) {
        SLIPWAY_CO_TRY(auto writer, co_await objects->upload(kHere, key));
        SLIPWAY_CO_CHECK(co_await writer->write(std::string(9'000'000, 'x')));
        writer.reset();
    }
    SLIPWAY_CO_TRY(const auto left, co_await count(*objects));
    SLIPWAY_CO_CHECK(expect(left == 1, "an upload that was dropped leaves nothing"));
    SLIPWAY_CO_TRY(const auto object, co_await objects->get(kHere, "old"));
    SLIPWAY_CO_CHECK(expect(object.data == "old", "and changes nothing"));
    SLIPWAY_CO_TRY(const auto writer, co_await objects->upload(kHere, "new"));
    SLIPWAY_CO_CHECK(co_await writer->write("x"));
    SLIPWAY_CO_CHECK(co_await writer->finish());
    const auto again = co_await writer->finish();
    co_return expect_error(again, ErrorCode::unavailable, "finishing twice");
}

Task<void> copies_stand_alone(ObjectsPlace& place) {
    SLIPWAY_CO_TRY(auto objects, place.open());
    const auto attributes = some_attributes();
    SLIPWAY_CO_CHECK(co_await objects->put(kHere, "from/a b+c.txt", "content", attributes));
    SLIPWAY_CO_CHECK(co_await objects->put(kHere, "to", "old", "text/plain"));
    SLIPWAY_CO_TRY(const auto copied, co_await objects->copy(kHere, "from/a b+c.txt", "to"));
    SLIPWAY_CO_CHECK(expect(copied.key == "to" && copied.size == 7, "key and size of a copy"));
    SLIPWAY_CO_CHECK(expect_attributes(copied, "a copy"));
    SLIPWAY_CO_CHECK(co_await objects->put(kHere, "from/a b+c.txt", "changed", "text/plain"));
    SLIPWAY_CO_CHECK(co_await objects->erase(kHere, "from/a b+c.txt"));
    SLIPWAY_CO_TRY(const auto object, co_await objects->get(kHere, "to"));
    SLIPWAY_CO_CHECK(expect(object.data == "content", "a copy stays when its source goes"));
    SLIPWAY_CO_TRY(const auto itself, co_await objects->copy(kHere, "to", "to"));
    SLIPWAY_CO_CHECK(expect(itself.size == 7, "a copy of itself"));
    const auto none = co_await objects->copy(kHere, "none", "to");
    SLIPWAY_CO_CHECK(expect_error(none, ErrorCode::not_found, "a copy of nothing"));
    const auto theirs = co_await objects->copy(kThere, "to", "mine");
    SLIPWAY_CO_CHECK(expect_error(theirs, ErrorCode::not_found, "a copy of another workspace's object"));
    const auto bad = co_await objects->copy(kHere, "../there/a", "to");
    co_return expect_error(bad, ErrorCode::invalid, "a copy of a bad key");
}

constexpr ObjectsCheck kChecks[] = {
    {"attributes_are_kept", attributes_are_kept},
    {"bad_attributes_are_refused", bad_attributes_are_refused},
    {"one_of_many_creates_an_object", one_of_many_creates_an_object},
    {"writes_hold_their_condition", writes_hold_their_condition},
    {"reads_hold_their_condition", reads_hold_their_condition},
    {"uploads_have_any_length", uploads_have_any_length},
    {"an_upload_is_seen_when_it_is_finished", an_upload_is_seen_when_it_is_finished},
    {"copies_stand_alone", copies_stand_alone},
};

}  // namespace

std::span<const ObjectsCheck> write_checks() { return kChecks; }

}  // namespace slipway::test
