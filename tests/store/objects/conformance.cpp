#include "store/objects/conformance.h"

#include <atomic>

#include <fmt/ranges.h>

#include "base/crypto.h"
#include "store/objects/conformance_parts.h"

namespace slipway::test {
namespace {

using store::Access;
using store::ByteRange;
using store::ObjectInfo;
using store::Objects;

const WorkspaceId kHere{"here"};
const WorkspaceId kThere{"there"};

Task<void> put_text(Objects& objects, WorkspaceId workspace, std::string key, std::string data) {
    std::string type = "text/plain";
    SLIPWAY_CO_CHECK(co_await objects.put(std::move(workspace), std::move(key), std::move(data), std::move(type)));
    co_return Result<void>();
}

Task<std::string> get_text(Objects& objects, WorkspaceId workspace, std::string key) {
    SLIPWAY_CO_TRY(auto object, co_await objects.get(std::move(workspace), std::move(key)));
    co_return std::move(object.data);
}

std::string every_byte() {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    return bytes;
}

Task<void> objects_round_trip(ObjectsPlace& place) {
    SLIPWAY_CO_TRY(auto objects, place.open());
    for (const auto& data : {std::string(), std::string("a"), every_byte(), std::string(3'000'001, '\0')}) {
        SLIPWAY_CO_TRY(const auto put, co_await objects->put(kHere, "a/b.bin", data, "application/x-test; q=1"));
        SLIPWAY_CO_TRY(const auto object, co_await objects->get(kHere, "a/b.bin"));
        SLIPWAY_CO_TRY(const auto head, co_await objects->head(kHere, "a/b.bin"));
        SLIPWAY_CO_CHECK(expect(object.data == data, "the bytes that were put"));
        for (const auto& info : {put, object.info, head}) {
            SLIPWAY_CO_CHECK(expect(info.key == "a/b.bin", "the key"));
            SLIPWAY_CO_CHECK(expect(info.size == data.size(), "the size"));
            SLIPWAY_CO_CHECK(expect(info.content_type == "application/x-test; q=1", "the content type"));
            SLIPWAY_CO_CHECK(expect(info.sha256 == sha256_hex(data), "the SHA-256"));
            SLIPWAY_CO_CHECK(expect(!info.etag.empty() && info.etag == put.etag, "the etag"));
            SLIPWAY_CO_CHECK(expect(now() - info.modified < std::chrono::hours(1), "the time"));
        }
    }
    co_return Result<void>();
}

Task<void> objects_outlive_the_adapter(ObjectsPlace& place) {
    {
        SLIPWAY_CO_TRY(auto objects, place.open());
        SLIPWAY_CO_CHECK(co_await put_text(*objects, kHere, "a", "kept"));
    }
    SLIPWAY_CO_TRY(auto objects, place.open());
    SLIPWAY_CO_TRY(const auto data, co_await get_text(*objects, kHere, "a"));
    co_return expect(data == "kept", "the object is there after opening again");
}

Task<void> what_is_not_there_is_not_found(ObjectsPlace& place) {
    SLIPWAY_CO_TRY(auto objects, place.open());
    SLIPWAY_CO_CHECK(co_await put_text(*objects, kHere, "a/b", "x"));
    for (const char* const key : {"none", "a", "a/b/c", "a/none"}) {
        const auto got = co_await objects->get(kHere, key);
        SLIPWAY_CO_CHECK(expect_error(got, ErrorCode::not_found, key));
        const auto head = co_await objects->head(kHere, key);
        SLIPWAY_CO_CHECK(expect_error(head, ErrorCode::not_found, key));
        SLIPWAY_CO_CHECK(co_await objects->erase(kHere, key));
    }
    SLIPWAY_CO_TRY(const auto data, co_await get_text(*objects, kHere, "a/b"));
    co_return expect(data == "x", "erasing what is not there touches nothing else");
}

Task<void> erased_objects_are_gone(ObjectsPlace& place) {
    SLIPWAY_CO_TRY(auto objects, place.open());
    SLIPWAY_CO_CHECK(co_await put_text(*objects, kHere, "a/b/c", "x"));
    SLIPWAY_CO_CHECK(co_await objects->erase(kHere, "a/b/c"));
    const auto got = co_await objects->get(kHere, "a/b/c");
    SLIPWAY_CO_CHECK(expect_error(got, ErrorCode::not_found, "an erased object"));
    SLIPWAY_CO_TRY(const auto page, co_await objects->list(kHere, "", 10, {}));
    SLIPWAY_CO_CHECK(expect(page.objects.empty(), "an empty list"));
    SLIPWAY_CO_CHECK(co_await put_text(*objects, kHere, "a/b", "y"));
    SLIPWAY_CO_TRY(const auto data, co_await get_text(*objects, kHere, "a/b"));
    co_return expect(data == "y", "a key that was a folder before");
}

Task<void> workspaces_are_apart(ObjectsPlace& place) {
    SLIPWAY_CO_TRY(auto objects, place.open());
    SLIPWAY_CO_CHECK(co_await put_text(*objects, kHere, "a", "here"));
    const auto got = co_await objects->get(kThere, "a");
    SLIPWAY_CO_CHECK(expect_error(got, ErrorCode::not_found, "another workspace's object"));
    SLIPWAY_CO_CHECK(co_await put_text(*objects, kThere, "a", "there"));
    SLIPWAY_CO_CHECK(co_await objects->erase(kThere, "a"));
    SLIPWAY_CO_TRY(const auto page, co_await objects->list(kThere, "", 10, {}));
    SLIPWAY_CO_CHECK(expect(page.objects.empty(), "the other workspace is empty"));
    SLIPWAY_CO_TRY(const auto data, co_await get_text(*objects, kHere, "a"));
    SLIPWAY_CO_CHECK(expect(data == "here", "each workspace has its own object"));
    const WorkspaceId odd{"../here/ä"};
    SLIPWAY_CO_CHECK(co_await put_text(*objects, odd, "a", "odd"));
    SLIPWAY_CO_TRY(const auto other, co_await get_text(*objects, odd, "a"));
    co_return expect(other == "odd", "a workspace of any name");
}

Task<void> bad_keys_are_refused(ObjectsPlace& place) {
    SLIPWAY_CO_TRY(auto objects, place.open());
    const std::vector<std::string> keys{"",         "/a",
                                        "a/",       "a//b",
                                        ".",        "..",
                                        "../a",     "a/../b",
                                        "a/./b",    std::string(513, 'k'),
                                        "a\nb",     "\x7f",
                                        "\xff\xfe", std::string("a\0b", 3)};
    for (const auto& key : keys) {
        const auto put = co_await put_text(*objects, kHere, key, "x");
        SLIPWAY_CO_CHECK(expect_error(put, ErrorCode::invalid, fmt::format("putting the key \"{}\"", key)));
        const auto got = co_await objects->get(kHere, key);
        SLIPWAY_CO_CHECK(expect_error(got, ErrorCode::invalid, fmt::format("getting the key \"{}\"", key)));
        const auto erased = co_await objects->erase(kHere, key);
        SLIPWAY_CO_CHECK(expect_error(erased, ErrorCode::invalid, fmt::format("erasing the key \"{}\"", key)));
        const auto link = co_await objects->presign(kHere, key, Access::get, std::chrono::minutes(1));
        SLIPWAY_CO_CHECK(expect_error(link, ErrorCode::invalid, fmt::format("a link to the key \"{}\"", key)));
    }
    const auto nobody = co_await put_text(*objects, WorkspaceId{}, "a", "x");
    co_return expect_error(nobody, ErrorCode::invalid, "an empty workspace");
}

std::vector<std::string> strange_keys(const ObjectsPlace& place) {
    std::vector<std::string> keys{"...",
                                  "..a",
                                  ".hidden",
                                  "a",
                                  "a b",
                                  "a%2fb",
                                  "a-b",
                                  "a.b",
                                  "a.tmp",
                                  "a/b",
                                  "a/b.c",
                                  "a/b/c",
                                  "a0",
                                  "a\\b",
                                  "ca",
                                  "da",
                                  "fa",
                                  std::string(199, 'n'),
                                  std::string(200, 'n'),
                                  std::string(200, 'n') + "/x",
                                  std::string(201, 'n'),
                                  std::string(200, 'n') + "-x",
                                  std::string(512, 'n'),
                                  "new/x",
                                  "objects",
                                  "\xC3\xA4/\xE6\xBC\xA2.pdf",
                                  "~"};
    std::erase_if(keys, [&](const std::string& key) { return !place.holds(key); });
    return keys;
}

Task<void> strange_keys_are_kept_apart(ObjectsPlace& place) {
    SLIPWAY_CO_TRY(auto objects, place.open());
    for (const auto& key : strange_keys(place)) {
        SLIPWAY_CO_CHECK(co_await put_text(*objects, kHere, key, "of " + key));
    }
    for (const auto& key : strange_keys(place)) {
        SLIPWAY_CO_TRY(const auto data, co_await get_text(*objects, kHere, key));
        SLIPWAY_CO_CHECK(expect(data == "of " + key, fmt::format("the object of the key {}", key)));
    }
    co_return Result<void>();
}

Task<std::vector<std::string>> list_in_pages(Objects& objects, std::string prefix, std::size_t limit) {
    std::vector<std::string> keys;
    std::optional<std::string> cursor;
    do {
        SLIPWAY_CO_TRY(auto page, co_await objects.list(kHere, prefix, limit, cursor));
        if (page.objects.size() > limit) co_return fail(ErrorCode::internal, "a page is not longer than asked for");
        if (page.next && page.objects.empty())
            co_return fail(ErrorCode::internal, "a page with a next one is not empty");
        for (auto& info : page.objects) keys.push_back(std::move(info.key));
        cursor = std::move(page.next);
    } while (cursor);
    co_return keys;
}

Task<void> listings_are_in_key_order(ObjectsPlace& place) {
    SLIPWAY_CO_TRY(auto objects, place.open());
    auto keys = strange_keys(place);
    for (const auto& key : keys) {
        SLIPWAY_CO_CHECK(co_await put_text(*objects, kHere, key, "x"));
    }
    SLIPWAY_CO_CHECK(co_await put_text(*objects, kThere, "a/other", "x"));
    std::ranges::sort(keys);
    for (const std::size_t limit : {1, 2, 7, 100}) {
        SLIPWAY_CO_TRY(const auto listed, co_await list_in_pages(*objects, "", limit));
        SLIPWAY_CO_CHECK(
            expect(listed == keys, fmt::format("all keys in order, {} to a page: {}", limit, fmt::join(listed, " "))));
    }
    for (const std::string prefix : {"a", "a/", "a/b", "nn", "none", "../", "a/b/c"}) {
        std::vector<std::string> expected;
        for (const auto& key : keys) {
            if (key.starts_with(prefix)) expected.push_back(key);
        }
        SLIPWAY_CO_TRY(const auto listed, co_await list_in_pages(*objects, prefix, 3));
        SLIPWAY_CO_CHECK(expect(listed == expected, fmt::format("the keys that begin with {}", prefix)));
    }
    co_return Result<void>();
}

Task<void> listings_describe_objects(ObjectsPlace& place) {
    SLIPWAY_CO_TRY(auto objects, place.open());
    SLIPWAY_CO_CHECK(co_await put_text(*objects, kHere, "a", "twelve bytes"));
    SLIPWAY_CO_TRY(const auto page, co_await objects->list(kHere, "", 1, {}));
    SLIPWAY_CO_CHECK(expect(page.objects.size() == 1 && !page.next, "one object and no next page"));
    const auto& info = page.objects.front();
    SLIPWAY_CO_TRY(const auto head, co_await objects->head(kHere, "a"));
    SLIPWAY_CO_CHECK(expect(info.size == 12 && info.etag == head.etag, "size and etag"));
    SLIPWAY_CO_CHECK(expect(now() - info.modified < std::chrono::hours(1), "the time"));
    const auto none = co_await objects->list(kHere, "", 0, {});
    co_return expect_error(none, ErrorCode::invalid, "a page of nothing");
}

struct RangeCase {
    ByteRange range;
    std::string_view expected;
};

Task<void> ranges_are_inclusive(ObjectsPlace& place) {
    SLIPWAY_CO_TRY(auto objects, place.open());
    SLIPWAY_CO_CHECK(co_await put_text(*objects, kHere, "a", "0123456789"));
    const std::vector<RangeCase> good{{{0, 0}, "0"}, {{2, 4}, "234"},     {{7, {}}, "789"},
                                      {{9, 9}, "9"}, {{5, 100}, "56789"}, {{0, {}}, "0123456789"}};
    for (const auto& [range, expected] : good) {
        SLIPWAY_CO_TRY(const auto object, co_await objects->get(kHere, "a", range));
        SLIPWAY_CO_CHECK(expect(object.data == expected, fmt::format("bytes from {} are {}", range.first, expected)));
        SLIPWAY_CO_CHECK(expect(object.info.size == 10, "the size of the whole object"));
    }
    const std::vector<ByteRange> bad{{10, {}}, {11, 12}, {5, 4}};
    for (const auto& range : bad) {
        const auto got = co_await objects->get(kHere, "a", range);
        SLIPWAY_CO_CHECK(expect_error(got, ErrorCode::invalid, "a range outside the object"));
    }
    co_return Result<void>();
}

Task<void> put_versions(Objects& objects, char letter, std::atomic<int>& writers) {
    Result<void> done;
    for (std::size_t i = 0; i < 8 && done; ++i)
        done = co_await put_text(objects, kHere, "same", std::string(100'000 + i, letter));
    --writers;
    co_return done;
}

// Reads for as long as somebody writes.
Task<void> get_versions(Objects& objects, std::atomic<int>& writers) {
    while (writers > 0) {
        SLIPWAY_CO_TRY(const auto object, co_await objects.get(kHere, "same"));
        const bool whole = object.data.size() == object.info.size &&
                           object.data.find_first_not_of(object.data.front()) == std::string::npos;
        SLIPWAY_CO_CHECK(
            expect(whole && sha256_hex(object.data) == object.info.sha256, "a reader sees one version whole"));
    }
    co_return Result<void>();
}

Task<void> replacing_is_atomic(ObjectsPlace& place) {
    SLIPWAY_CO_TRY(auto objects, place.open());
    SLIPWAY_CO_CHECK(co_await put_text(*objects, kHere, "same", "aaaaa"));
    std::atomic<int> writers = 2;
    std::vector<Task<void>> tasks;
    tasks.push_back(put_versions(*objects, 'a', writers));
    tasks.push_back(put_versions(*objects, 'b', writers));
    tasks.push_back(get_versions(*objects, writers));
    tasks.push_back(get_versions(*objects, writers));
    auto all = all_of(std::move(tasks));
    const auto results = co_await std::move(all);
    SLIPWAY_CO_CHECK(first_failure(results));
    SLIPWAY_CO_TRY(const auto page, co_await objects->list(kHere, "", 10, {}));
    co_return expect(page.objects.size() == 1, "one object remains");
}

Task<void> put_and_erase(Objects& objects, std::string key) {
    for (int i = 0; i < 8; ++i) {
        SLIPWAY_CO_CHECK(co_await put_text(objects, kHere, key, "x"));
        SLIPWAY_CO_TRY(const auto data, co_await get_text(objects, kHere, key));
        SLIPWAY_CO_CHECK(expect(data == "x", "an object beside others that come and go"));
        SLIPWAY_CO_CHECK(co_await objects.erase(kHere, key));
    }
    co_return Result<void>();
}

Task<void> neighbours_may_come_and_go(ObjectsPlace& place) {
    SLIPWAY_CO_TRY(auto objects, place.open());
    std::vector<Task<void>> tasks;
    for (int i = 0; i < 6; ++i) tasks.push_back(put_and_erase(*objects, fmt::format("deep/folder/{}", i)));
    auto all = all_of(std::move(tasks));
    const auto results = co_await std::move(all);
    co_return first_failure(results);
}

Task<void> a_good_store_says_so(ObjectsPlace& place) {
    SLIPWAY_CO_TRY(auto objects, place.open());
    SLIPWAY_CO_CHECK(co_await objects->check());
    SLIPWAY_CO_TRY(const auto page, co_await objects->list(kHere, "", 10, {}));
    co_return expect(page.objects.empty(), "checking leaves nothing behind");
}

constexpr ObjectsCheck kChecks[] = {
    {"objects_round_trip", objects_round_trip},
    {"objects_outlive_the_adapter", objects_outlive_the_adapter},
    {"what_is_not_there_is_not_found", what_is_not_there_is_not_found},
    {"erased_objects_are_gone", erased_objects_are_gone},
    {"workspaces_are_apart", workspaces_are_apart},
    {"bad_keys_are_refused", bad_keys_are_refused},
    {"strange_keys_are_kept_apart", strange_keys_are_kept_apart},
    {"listings_are_in_key_order", listings_are_in_key_order},
    {"listings_describe_objects", listings_describe_objects},
    {"ranges_are_inclusive", ranges_are_inclusive},
    {"replacing_is_atomic", replacing_is_atomic},
    {"neighbours_may_come_and_go", neighbours_may_come_and_go},
    {"a_good_store_says_so", a_good_store_says_so},
};

}  // namespace

std::span<const ObjectsCheck> objects_checks() {
    static const auto all = [] {
        std::vector<ObjectsCheck> checks(std::begin(kChecks), std::end(kChecks));
        for (const auto part : {write_checks(), link_checks()}) checks.insert(checks.end(), part.begin(), part.end());
        return checks;
    }();
    return all;
}

std::optional<std::string> failure_of(const ObjectsCheck& check, const ObjectsPlaces& places) {
    auto place = places();
    return failure_of_check(check.name, check.run(*place));
}

}  // namespace slipway::test
