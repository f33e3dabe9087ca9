#include "store/objects/file.h"

#include <csignal>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/objects/file_place.h"
#include "store/objects/object_key.h"
#include "store/objects/presigned.h"

namespace slipway::test {
namespace {

using store::Access;
using store::FileObjectsOptions;
using store::open_file_objects;

const WorkspaceId kHere{"here"};

struct FileConformance : testing::TestWithParam<ObjectsCheck> {};
TEST_P(FileConformance, Holds) {
    const auto failure = failure_of(GetParam(), [] { return std::make_unique<FilePlace>(); });
    EXPECT_FALSE(failure.has_value()) << failure.value_or("");
}
INSTANTIATE_TEST_SUITE_P(Objects, FileConformance, testing::ValuesIn(objects_checks().begin(), objects_checks().end()),
                         [](const auto& info) { return std::string(info.param.name); });

std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (!entry.is_directory()) files.push_back(entry.path());
    }
    return files;
}

TEST(FileObjects, FilesAndFoldersArePrivate) {
    FilePlace place;
    auto objects = place.open().value();
    ASSERT_TRUE(run_to_end(objects->put(kHere, "a/b", "x", "text/plain")).has_value());
    using std::filesystem::perms;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(place.folder())) {
        const auto expected = entry.is_directory() ? perms::owner_all : perms::owner_read | perms::owner_write;
        EXPECT_EQ(entry.status().permissions(), expected) << entry.path();
    }
}

TEST(FileObjects, EveryKeyStaysBelowItsWorkspace) {
    const auto root = std::filesystem::path("/root") / store::workspace_folder(WorkspaceId{"../.."});
    EXPECT_EQ(std::distance(root.begin(), root.end()), 3);
    for (const std::string key : {"a", "a/b", "...", "..a/..b", "w/../x"}) {
        const auto file = (root / store::object_file(key)).lexically_normal();
        EXPECT_TRUE(file.string().starts_with(root.string() + "/")) << key;
    }
    for (const auto& part : store::object_file(std::string(512, 'x'))) EXPECT_LE(part.string().size(), 255);
}

TEST(FileObjects, EmptyFoldersAreRemoved) {
    FilePlace place;
    auto objects = place.open().value();
    ASSERT_TRUE(run_to_end(objects->put(kHere, "a/b/c", "x", "")).has_value());
    ASSERT_TRUE(run_to_end(objects->erase(kHere, "a/b/c")).has_value());
    EXPECT_TRUE(std::filesystem::is_empty(place.folder() / "objects"));
}

TEST(FileObjects, HalfWrittenFilesOfAnEarlierProgramAreRemoved) {
    FilePlace place;
    place.open().value();
    std::ofstream(place.folder() / "new" / "left") << "half";
    auto objects = place.open().value();
    EXPECT_TRUE(std::filesystem::is_empty(place.folder() / "new"));
}

TEST(FileObjects, ADamagedObjectIsAnErrorThatSaysSo) {
    FilePlace place;
    auto objects = place.open().value();
    ASSERT_TRUE(run_to_end(objects->put(kHere, "a", "content", "text/plain")).has_value());
    const auto file = files_in(place.folder()).front();
    const auto size = std::filesystem::file_size(file);
    for (const auto length : {size - 1, size - 20, std::uintmax_t{3}, std::uintmax_t{0}}) {
        std::filesystem::resize_file(file, length);
        const auto got = run_to_end(objects->get(kHere, "a"));
        ASSERT_FALSE(got.has_value()) << length;
        EXPECT_EQ(got.error().code, ErrorCode::unavailable);
        EXPECT_NE(got.error().message.find("damaged"), std::string::npos);
    }
    std::ofstream(file, std::ios::binary) << "x{\"etag\":1}ffffffffslipway1";
    EXPECT_EQ(run_to_end(objects->head(kHere, "a")).error().code, ErrorCode::unavailable);
}

TEST(FileObjects, AByteThatChangedOnTheDiskIsFound) {
    FilePlace place;
    auto objects = place.open().value();
    ASSERT_TRUE(run_to_end(objects->put(kHere, "a", "content", "text/plain")).has_value());
    std::fstream(files_in(place.folder()).front(), std::ios::in | std::ios::out | std::ios::binary) << 'C';
    EXPECT_EQ(run_to_end(objects->get(kHere, "a")).error().code, ErrorCode::unavailable);
}

TEST(FileObjects, AnUploadThatIsTooLargeLeavesNothing) {
    TemporaryFolder folder;
    WorkerPool pool("objects", 1);
    auto objects = open_file_objects(folder.path(), {.object_bytes_max = 100}, pool).value();
    auto writer = run_to_end(objects->upload(kHere, "a")).value();
    ASSERT_TRUE(run_to_end(writer->write(std::string(100, 'x'))).has_value());
    EXPECT_EQ(run_to_end(writer->write("x")).error().code, ErrorCode::invalid);
    EXPECT_EQ(run_to_end(writer->finish()).error().code, ErrorCode::unavailable);
    writer.reset();
    EXPECT_TRUE(files_in(folder.path()).empty());
}

TEST(FileObjects, ASymbolicLinkIsNotFollowed) {
    FilePlace place;
    auto objects = place.open().value();
    ASSERT_TRUE(run_to_end(objects->put(kHere, "a", "content", "")).has_value());
    const auto file = files_in(place.folder()).front();
    std::filesystem::rename(file, place.folder() / "elsewhere");
    std::filesystem::create_symlink(place.folder() / "elsewhere", file);
    EXPECT_EQ(run_to_end(objects->get(kHere, "a")).error().code, ErrorCode::unavailable);
}

TEST(FileObjects, TooLargeIsInvalid) {
    TemporaryFolder folder;
    WorkerPool pool("objects", 1);
    FileObjectsOptions options{.object_bytes_max = 100, .read_bytes_max = 50};
    auto objects = open_file_objects(folder.path(), options, pool).value();
    EXPECT_EQ(run_to_end(objects->put(kHere, "a", std::string(101, 'x'), "")).error().code, ErrorCode::invalid);
    ASSERT_TRUE(run_to_end(objects->put(kHere, "a", std::string(100, 'x'), "")).has_value());
    EXPECT_EQ(run_to_end(objects->get(kHere, "a")).error().code, ErrorCode::invalid);
    EXPECT_TRUE(run_to_end(objects->get(kHere, "a", store::ByteRange{60, 80})).has_value());
    EXPECT_EQ(run_to_end(objects->put(kHere, "a", "x", std::string(300, 't'))).error().code, ErrorCode::invalid);
    EXPECT_EQ(run_to_end(objects->list(kHere, "", 10, "not a cursor!")).error().code, ErrorCode::invalid);
}

// A limit on the size of files stands for a full disk; the child ignores the signal that comes with it.
TEST(FileObjects, AWriteThatDoesNotFitLeavesNothingBehind) {
    FilePlace place;
    place.open().value();
    const pid_t child = fork();
    if (child == 0) {
        signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{100'000, 100'000};
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(3);
        WorkerPool pool("objects", 1);
        auto objects = open_file_objects(place.folder(), {}, pool).value();
        const auto put = run_to_end(objects->put(kHere, "a", std::string(200'000, 'x'), ""));
        _exit(!put && put.error().code == ErrorCode::unavailable && std::filesystem::is_empty(place.folder() / "new")
                  ? 0
                  : 1);
    }
    int status = -1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_TRUE(files_in(place.folder()).empty());
}

TEST(FileObjects, AFolderThatCannotBeMadeIsNamed) {
    TemporaryFolder folder;
    std::ofstream(folder / "file") << "x";
    WorkerPool pool("objects", 1);
    const auto opened = open_file_objects(folder / "file" / "store", {}, pool);
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, ErrorCode::unavailable);
    EXPECT_NE(opened.error().message.find("file"), std::string::npos);
}

TEST(FileObjects, CheckFailsWhenTheFolderIsGone) {
    FilePlace place;
    auto objects = place.open().value();
    ASSERT_TRUE(run_to_end(objects->check()).has_value());
    std::filesystem::remove_all(place.folder());
    EXPECT_EQ(run_to_end(objects->check()).error().code, ErrorCode::unavailable);
}

[[noreturn]] void put_until_killed(const std::filesystem::path& folder, int pipe) {
    WorkerPool pool("objects", 4);
    auto objects = open_file_objects(folder, {}, pool).value();
    for (int number = 0;; ++number) {
        const auto put = run_to_end(objects->put(kHere, fmt::format("a/{}", number), std::string(50'000, 'x'), ""));
        if (put && write(pipe, &number, sizeof number) != sizeof number) _exit(1);
    }
}

TEST(FileObjects, WhatWasAcknowledgedSurvivesKill) {
    FilePlace place;
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        put_until_killed(place.folder(), ends[1]);
    }
    close(ends[1]);
    int last = -1;
    int number = 0;
    while (last < 50 && read(ends[0], &number, sizeof number) == sizeof number) last = number;
    kill(child, SIGKILL);
    while (read(ends[0], &number, sizeof number) == sizeof number) last = number;
    close(ends[0]);
    waitpid(child, nullptr, 0);
    ASSERT_GE(last, 50);
    auto objects = place.open().value();
    for (int each = 0; each <= last; ++each) {
        const auto object = run_to_end(objects->get(kHere, fmt::format("a/{}", each)));
        ASSERT_TRUE(object.has_value()) << each;
        EXPECT_EQ(object->data.size(), 50'000);
    }
    EXPECT_TRUE(std::filesystem::is_empty(place.folder() / "new"));
}

TEST(FileObjects, AShortSigningKeyIsRefused) {
    TemporaryFolder folder;
    WorkerPool pool("objects", 1);
    EXPECT_EQ(open_file_objects(folder.path(), {.signing_key = "short"}, pool).error().code, ErrorCode::invalid);
    auto objects = open_file_objects(folder.path(), {}, pool).value();
    const auto link = run_to_end(objects->presign(kHere, "a", Access::get, Milliseconds(1000)));
    EXPECT_EQ(link.error().code, ErrorCode::unavailable);
}

struct PresignedUrl : testing::Test {
    std::string url(Access access = Access::get) {
        return run_to_end(objects->presign(kHere, "a b/\xC3\xA4?&#%.pdf", access, std::chrono::minutes(5)))->url;
    }
    ErrorCode refused(std::string_view target, Access access = Access::get, Instant at = now(),
                      std::string_view prefix = "/objects") {
        const auto grant = store::verify_presigned(kSigningKey, prefix, target, access, at);
        return grant ? ErrorCode::internal : grant.error().code;
    }
    FilePlace place;
    std::unique_ptr<store::Objects> objects = place.open().value();
};

TEST_F(PresignedUrl, GivesTheAccessItWasMadeFor) {
    const auto grant = store::verify_presigned(kSigningKey, "/objects", url(), Access::get);
    ASSERT_TRUE(grant.has_value()) << grant.error().message;
    EXPECT_EQ(grant->workspace, kHere);
    EXPECT_EQ(grant->key, "a b/\xC3\xA4?&#%.pdf");
    EXPECT_TRUE(store::verify_presigned(kSigningKey, "/objects", url(Access::put), Access::put).has_value());
}

TEST_F(PresignedUrl, DoesNotGiveAnother) {
    EXPECT_EQ(refused(url(Access::get), Access::put), ErrorCode::forbidden);
    EXPECT_EQ(refused(url(Access::put), Access::get), ErrorCode::forbidden);
    EXPECT_EQ(refused(url(), Access::get, now(), "/other"), ErrorCode::forbidden);
    const auto other = store::verify_presigned(std::string(32, 'z'), "/objects", url(), Access::get);
    EXPECT_EQ(other.error().code, ErrorCode::forbidden);
}

TEST_F(PresignedUrl, Expires) {
    EXPECT_EQ(refused(url(), Access::get, now() + std::chrono::minutes(4)), ErrorCode::internal);
    EXPECT_EQ(refused(url(), Access::get, now() + std::chrono::minutes(6)), ErrorCode::forbidden);
}

TEST_F(PresignedUrl, EveryChangedCharacterIsRefused) {
    const auto good = url();
    ASSERT_EQ(refused(good), ErrorCode::internal);
    for (std::size_t i = 0; i < good.size(); ++i) {
        auto changed = good;
        changed[i] = changed[i] == 'x' ? 'y' : 'x';
        EXPECT_EQ(refused(changed), ErrorCode::forbidden) << changed;
        EXPECT_EQ(refused(good.substr(0, i)), ErrorCode::forbidden) << i;
    }
    for (const char* const target : {"", "/objects", "/objects/", "/objects/?", "/objects/a/b?access",
                                     "/objects/%/%4?expires=x", "/objects//?&&="})
        EXPECT_EQ(refused(target), ErrorCode::forbidden) << target;
}

}  // namespace
}  // namespace slipway::test
