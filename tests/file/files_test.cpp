// Files on a real database and a folder: who sees what, what is refused, and what is left when a process ends in the
// middle.
#include <gtest/gtest.h>

#include "base/crypto.h"
#include "base/pool.h"
#include "file/service.h"
#include "file/tables.h"
#include "store/check.h"
#include "store/database/engines/any_database.h"
#include "store/objects/file.h"
#include "store/objects/presigned.h"
#include "store/temporary_folder.h"

namespace slipway::file {
namespace {

using test::must;

const std::string kSigningKey(32, 'k');
const WorkspaceId kHere{"here"}, kThere{"there"};

Caller caller(std::string user, account::Role role = account::Role::member, WorkspaceId workspace = kHere,
              bool script = false) {
    account::Principal principal;
    principal.user.id = std::move(user);
    principal.user.role = role;
    principal.workspace = std::move(workspace);
    return {principal, script};
}

class FilesTest : public testing::Test {
 protected:
    FilesTest() {
        must(run_to_end(database_->migrate(migrations())));
        Purpose drafts{.name = "drafts", .objects = objects_.get(), .size_max = 10};
        drafts.types = {"text/plain", "image/", "text/html"};
        Purpose own{.name = "own", .objects = objects_.get(), .read = Readers::owner};
        Purpose assets{.name = "assets", .objects = objects_.get(), .read = Readers::everybody};
        assets.write = account::Role::admin;
        Purpose made{.name = "made", .objects = objects_.get(), .write = std::nullopt, .keep = Milliseconds(60'000)};
        files_ = std::make_unique<Files>(*database_, std::vector{drafts, own, assets, made}, options());
    }

    FilesOptions options() {
        FilesOptions options;
        options.rows_max = 100;
        options.held = [this]() -> Task<bool> { co_return held_; };
        return options;
    }
    Result<File> put(const Caller& by, std::string purpose, std::string name, std::string bytes,
                     std::string type = "") {
        NewFile wanted{std::move(purpose), std::move(name), std::move(type)};
        return run_to_end(files_->put(by, std::move(wanted), std::move(bytes)));
    }
    std::string content(const File& file) { return must(run_to_end(files_->content(kHere, file, std::nullopt))).data; }
    std::vector<std::string> listed(const Caller& by, std::string purpose) {
        std::vector<std::string> names;
        for (const auto& file : must(run_to_end(files_->list(by, std::move(purpose), 100, std::nullopt))).files)
            names.push_back(file.name);
        return names;
    }
    std::int64_t sweep(Instant at = now() + std::chrono::hours(2)) {
        return must(run_to_end(files_->sweep(kHere, at)));
    }
    std::vector<std::string> keys() {
        std::vector<std::string> keys;
        for (const auto& object : must(run_to_end(objects_->list(kHere, "", 100, std::nullopt))).objects)
            keys.push_back(object.key);
        return keys;
    }
    std::int64_t rows() {
        return must(run_to_end(database_->read(store::Scope::system(), "select count(*) as n from files")))
            .front()
            .integer("n");
    }
    std::vector<std::string> findings() { return must(run_to_end(files_->verify(kHere))).findings; }
    // What a client does with the form, as the server that serves the folder lets it.
    std::optional<ErrorCode> post(const Upload& upload, std::string bytes, const std::string& type,
                                  Instant at = now()) {
        std::map<std::string, std::string> fields(upload.form.fields.begin(), upload.form.fields.end());
        const store::PostedForm form{fields["policy"], fields["signature"], type, bytes.size()};
        const auto grant = store::verify_form(kSigningKey, form, at);
        if (!grant) return grant.error().code;
        must(run_to_end(objects_->put(grant->workspace, grant->key, std::move(bytes), type)));
        return std::nullopt;
    }
    Result<Upload> begin(const Caller& by, std::string name, std::uint64_t size = 0) {
        NewFile wanted{"drafts", std::move(name), ""};
        return run_to_end(files_->begin_upload(by, std::move(wanted), size));
    }
    Result<File> complete(const Caller& by, const Upload& upload) {
        return run_to_end(files_->complete(by, "drafts", upload.id));
    }

    test::TemporaryFolder folder_{test::quick_place()};
    WorkerPool pool_{"objects", 2};
    std::unique_ptr<store::Database> database_ = must(test::open_any_database(folder_.path() / "files.sqlite"));
    std::unique_ptr<store::Objects> objects_ =
        must(store::open_file_objects(folder_.path() / "objects", {.signing_key = kSigningKey}, pool_));
    bool held_ = false;
    std::unique_ptr<Files> files_;
    const Caller ada_ = caller("ada"), bob_ = caller("bob"), admin_ = caller("root", account::Role::admin);
};

TEST_F(FilesTest, WhatIsStoredIsReadListedAndDeleted) {
    const auto file = must(put(ada_, "drafts", "one.txt", "hello", "text/plain; charset=utf-8"));
    EXPECT_EQ(file.content_type, "text/plain");
    EXPECT_EQ(file.size, 5U);
    EXPECT_EQ(file.sha256, sha256_hex("hello"));
    EXPECT_EQ(must(run_to_end(files_->get(bob_, "drafts", file.id))).name, "one.txt");
    EXPECT_EQ(content(file), "hello");
    EXPECT_EQ(must(run_to_end(files_->content(kHere, file, store::ByteRange{1, 2}))).data, "el");
    EXPECT_EQ(keys(), std::vector<std::string>{"files/drafts/" + file.id}) << "no name of a client in a key";
    EXPECT_EQ(findings(), std::vector<std::string>());

    must(put(bob_, "drafts", "two.txt", "hi"));
    EXPECT_EQ(listed(ada_, "drafts"), (std::vector<std::string>{"two.txt", "one.txt"}));
    const auto first = must(run_to_end(files_->list(ada_, "drafts", 1, std::nullopt)));
    EXPECT_EQ(must(run_to_end(files_->list(ada_, "drafts", 1, first.next))).files.front().name, "one.txt");

    EXPECT_EQ(run_to_end(files_->erase(bob_, "drafts", file.id)).error().code, ErrorCode::forbidden);
    must(run_to_end(files_->erase(ada_, "drafts", file.id)));
    EXPECT_EQ(run_to_end(files_->get(ada_, "drafts", file.id)).error().code, ErrorCode::not_found);
    EXPECT_EQ(run_to_end(files_->erase(ada_, "drafts", file.id)).error().code, ErrorCode::not_found);
    EXPECT_EQ(keys().size(), 1U);
    EXPECT_EQ(rows(), 1);
    must(run_to_end(files_->erase(admin_, "drafts", first.files.front().id)));
    EXPECT_EQ(keys().size() + static_cast<std::size_t>(rows()), 0U);
}

TEST_F(FilesTest, NamesTypesAndSizesAreHeldToWhatIsAllowed) {
    for (const auto* const name : {"", ".", "..", "a/b.txt", "..\\b.txt", "a\nb.txt", "\xff.txt"})
        EXPECT_EQ(put(ada_, "drafts", name, "x", "text/plain").error().code, ErrorCode::invalid) << name;
    EXPECT_EQ(put(ada_, "drafts", std::string(256, 'a'), "x", "text/plain").error().code, ErrorCode::invalid);
    EXPECT_TRUE(put(ada_, "drafts", "\xC3\xA4 b.png", "x"));
    EXPECT_EQ(put(ada_, "drafts", "a.pdf", "x").error().code, ErrorCode::invalid) << "not of an allowed type";
    EXPECT_EQ(put(ada_, "drafts", "a.png", "x", "image/").error().code, ErrorCode::invalid);
    EXPECT_EQ(put(ada_, "drafts", "a.png", "x", "image/png\r\nSet-Cookie: a").error().code, ErrorCode::invalid);
    EXPECT_EQ(put(ada_, "drafts", "a.txt", "01234567890").error().code, ErrorCode::invalid) << "too large";
    EXPECT_EQ(put(ada_, "drafts", "a.txt", "").error().code, ErrorCode::invalid) << "empty";
    EXPECT_NE(put(ada_, "draft", "a.txt", "x").error().message.find("drafts, own, assets, made"), std::string::npos);
    EXPECT_EQ(keys().size(), 1U);
}

TEST_F(FilesTest, RolesOwnersAndScriptsMayWhatTheManifestSays) {
    const auto viewer = caller("eve", account::Role::viewer);
    EXPECT_EQ(put(viewer, "drafts", "a.txt", "x").error().code, ErrorCode::forbidden);
    EXPECT_EQ(put(ada_, "assets", "a.png", "x").error().code, ErrorCode::forbidden);
    EXPECT_EQ(put(ada_, "made", "a.txt", "x").error().code, ErrorCode::forbidden);
    EXPECT_EQ(put(admin_, "made", "a.txt", "x").error().code, ErrorCode::forbidden) << "nobody but scripts";
    const auto made = must(put(caller("ada", account::Role::member, kHere, true), "made", "a.txt", "x"));
    EXPECT_TRUE(made.expires_at);
    EXPECT_EQ(run_to_end(files_->erase(admin_, "made", made.id)).error().code, ErrorCode::forbidden);

    const auto mine = must(put(ada_, "own", "a.txt", "secret"));
    EXPECT_EQ(run_to_end(files_->get(admin_, "own", mine.id)).error().code, ErrorCode::not_found);
    EXPECT_EQ(run_to_end(files_->link(bob_, "own", mine.id)).error().code, ErrorCode::not_found);
    EXPECT_EQ(listed(bob_, "own"), std::vector<std::string>());
    EXPECT_EQ(listed(ada_, "own"), std::vector<std::string>{"a.txt"});
    EXPECT_EQ(listed(caller(""), "own"), std::vector<std::string>{"a.txt"}) << "the application itself";
    EXPECT_EQ(run_to_end(files_->get_public(kHere, "own", mine.id)).error().code, ErrorCode::not_found);
    const auto shown = must(put(admin_, "assets", "a.png", "x"));
    EXPECT_EQ(must(run_to_end(files_->get_public(kHere, "assets", shown.id))).name, "a.png");
}

TEST_F(FilesTest, AnotherTenantFindsNothing) {
    const auto theirs = caller("ada", account::Role::owner, kThere);
    const auto file = must(put(ada_, "drafts", "a.txt", "here"));
    const auto shown = must(put(admin_, "assets", "a.png", "x"));
    EXPECT_EQ(run_to_end(files_->get(theirs, "drafts", file.id)).error().code, ErrorCode::not_found);
    EXPECT_EQ(run_to_end(files_->link(theirs, "drafts", file.id)).error().code, ErrorCode::not_found);
    EXPECT_EQ(run_to_end(files_->erase(theirs, "drafts", file.id)).error().code, ErrorCode::not_found);
    EXPECT_EQ(run_to_end(files_->get(ada_, "own", file.id)).error().code, ErrorCode::not_found) << "another purpose";
    EXPECT_EQ(run_to_end(files_->content(kThere, file, std::nullopt)).error().code, ErrorCode::not_found);
    EXPECT_EQ(run_to_end(files_->get_public(kThere, "assets", shown.id)).error().code, ErrorCode::not_found);
    EXPECT_EQ(listed(theirs, "drafts"), std::vector<std::string>());
    const auto page = must(run_to_end(files_->list(theirs, "drafts", 1, file.id)));
    EXPECT_TRUE(page.files.empty()) << "by a cursor of others";
    const auto upload = must(begin(ada_, "b.txt"));
    EXPECT_EQ(complete(theirs, upload).error().code, ErrorCode::not_found);
}

TEST_F(FilesTest, AFormBringsAFileOfItsTypeAndSizeOnce) {
    const auto upload = must(begin(ada_, "b.txt", 4));
    EXPECT_EQ(complete(ada_, upload).error().code, ErrorCode::not_found) << "nothing came yet";
    EXPECT_EQ(listed(ada_, "drafts"), std::vector<std::string>());
    EXPECT_EQ(post(upload, "12345", "text/plain"), ErrorCode::invalid);
    EXPECT_EQ(post(upload, "1234", "text/html"), ErrorCode::invalid);
    EXPECT_EQ(post(upload, "1234", "text/plain", now() + std::chrono::hours(2)), ErrorCode::forbidden) << "too late";
    EXPECT_EQ(post(upload, "1234", "text/plain"), std::nullopt);
    EXPECT_EQ(complete(bob_, upload).error().code, ErrorCode::not_found) << "somebody else's";
    const auto file = must(complete(ada_, upload));
    EXPECT_EQ(content(file), "1234");
    EXPECT_EQ(file.sha256, sha256_hex("1234"));
    EXPECT_EQ(must(complete(ada_, upload)).id, file.id) << "again";

    EXPECT_EQ(post(upload, "4321", "text/plain"), std::nullopt) << "the form is still valid";
    EXPECT_EQ(content(file), "1234") << "and changes nothing";
    EXPECT_EQ(keys().size(), 2U);
    EXPECT_EQ(sweep(now() + std::chrono::hours(4)), 1);
    EXPECT_EQ(keys(), std::vector<std::string>{"files/drafts/" + file.id});
    EXPECT_EQ(begin(ada_, "b.txt", 11).error().code, ErrorCode::invalid);
    EXPECT_EQ(begin(ada_, "b.pdf").error().code, ErrorCode::invalid);
}

TEST_F(FilesTest, APageThatSomebodyStoresIsNoPageToWhoReadsIt) {
    const auto file = must(put(ada_, "drafts", "a.html", "<script>"));
    EXPECT_EQ(must(run_to_end(objects_->head(kHere, "files/drafts/" + file.id))).content_type,
              "application/octet-stream");
    const auto upload = must(begin(ada_, "b.html"));
    EXPECT_EQ(post(upload, "<b>", "text/html"), ErrorCode::invalid);
    EXPECT_EQ(post(upload, "<b>", "application/octet-stream"), std::nullopt);
    EXPECT_EQ(must(complete(ada_, upload)).content_type, "text/html");
    EXPECT_FALSE(is_shown("image/svg+xml"));
    EXPECT_FALSE(is_shown("text/html"));
    EXPECT_FALSE(is_shown("application/xhtml+xml"));
    EXPECT_TRUE(is_shown("image/png"));
}

TEST_F(FilesTest, LinksOpenOneFileForATime) {
    const auto file = must(put(ada_, "drafts", "r\xC3\xA9sum\xC3\xA9.txt", "hello"));
    const auto link = must(run_to_end(files_->link(bob_, "drafts", file.id)));
    const auto grant = must(store::verify_presigned(kSigningKey, "/objects", link.url, store::Access::get));
    EXPECT_EQ(grant.key, "files/drafts/" + file.id);
    EXPECT_EQ(grant.file_name, file.name);
    EXPECT_FALSE(store::verify_presigned(kSigningKey, "/objects", link.url, store::Access::put));
    EXPECT_FALSE(store::verify_presigned(kSigningKey, "/objects", link.url, store::Access::get,
                                         now() + std::chrono::minutes(61)));
}

// The steps between which a process may end, by the state that each leaves.
TEST_F(FilesTest, WhatAProcessThatEndedLeftIsNeverSeenAndIsSwept) {
    const auto pending = [&](std::string id) {
        File file{.id = std::move(id), .purpose = "drafts", .owner = "ada", .name = "a.txt"};
        file.content_type = "text/plain";
        file.created_at = now();
        file.expires_at = now() + std::chrono::hours(1);
        must(run_to_end(insert_pending(*database_, kHere, std::move(file))));
    };
    pending("row-alone");
    pending("row-and-object");
    must(run_to_end(objects_->put(kHere, "files/drafts/row-and-object", "half")));
    const auto kept = must(put(ada_, "drafts", "kept.txt", "kept"));
    const auto gone = must(put(ada_, "drafts", "gone.txt", "gone"));
    EXPECT_TRUE(must(run_to_end(make_removed(*database_, kHere, gone.id, "ready"))));

    EXPECT_EQ(listed(ada_, "drafts"), std::vector<std::string>{"kept.txt"});
    for (const auto& id : {std::string("row-alone"), std::string("row-and-object"), gone.id})
        EXPECT_EQ(run_to_end(files_->get(ada_, "drafts", id)).error().code, ErrorCode::not_found) << id;
    EXPECT_EQ(findings(), std::vector<std::string>()) << "their rows name them";
    EXPECT_EQ(sweep(now() + std::chrono::seconds(1)), 1) << "what is under way is left alone";
    EXPECT_EQ(sweep(), 2);
    EXPECT_EQ(rows(), 1);
    EXPECT_EQ(keys(), std::vector<std::string>{"files/drafts/" + kept.id});
    EXPECT_EQ(content(kept), "kept");
}

TEST_F(FilesTest, WhatIsOverGoes) {
    const auto by_script = caller("ada", account::Role::member, kHere, true);
    const auto file = must(put(by_script, "made", "a.txt", "x"));
    EXPECT_EQ(sweep(now() + std::chrono::seconds(30)), 0);
    EXPECT_EQ(content(file), "x");
    EXPECT_EQ(sweep(now() + std::chrono::seconds(90)), 1);
    EXPECT_EQ(listed(ada_, "made"), std::vector<std::string>());
    EXPECT_EQ(keys(), std::vector<std::string>());
}

TEST_F(FilesTest, ABackupKeepsTheObjectsThatItNames) {
    const auto file = must(put(ada_, "drafts", "a.txt", "x"));
    held_ = true;
    must(run_to_end(files_->erase(ada_, "drafts", file.id)));
    EXPECT_EQ(keys().size(), 1U);
    held_ = false;
    EXPECT_EQ(sweep(), 1);
    EXPECT_EQ(keys().size(), 0U);
}

TEST_F(FilesTest, ACheckNamesWhatDoesNotAgree) {
    const auto file = must(put(ada_, "drafts", "a.txt", "x"));
    must(run_to_end(objects_->erase(kHere, "files/drafts/" + file.id)));
    must(run_to_end(objects_->put(kHere, "files/own/nobody", "x")));
    const auto found = findings();
    ASSERT_EQ(found.size(), 2U);
    EXPECT_NE(found[0].find(file.id), std::string::npos);
    EXPECT_NE(found[1].find("files/own/nobody belongs to no file"), std::string::npos);
    files_ = std::make_unique<Files>(*database_, std::vector<Purpose>());
    ASSERT_EQ(findings().size(), 1U);
    EXPECT_NE(findings()[0].find("which app.yaml does not name any more"), std::string::npos);
}

TEST_F(FilesTest, ManyFilesAreCheckedAndSweptByPages) {
    constexpr int kMany = 1'050;
    std::string gone;
    const auto store = [&](int number) -> Task<void> {
        NewFile wanted{"drafts", "a.txt", ""};
        SLIPWAY_CO_TRY(const auto file, co_await files_->put(ada_, std::move(wanted), "x"));
        if (number == kMany / 2) gone = file.id;
        co_return Result<void>();
    };
    std::vector<Task<void>> tasks;  // side by side, so that they share their flushes
    for (int i = 0; i < kMany; ++i) tasks.push_back(store(i));
    must(test::first_failure(run_to_end(test::all_of(std::move(tasks)))));
    must(run_to_end(objects_->erase(kHere, "files/drafts/" + gone)));
    const auto seen = must(run_to_end(files_->verify(kHere)));
    EXPECT_EQ(seen.files, kMany);
    ASSERT_EQ(seen.findings.size(), 1U);
    EXPECT_NE(seen.findings[0].find(gone), std::string::npos);
    const std::string over = "update files set expires_at = 1 where id in (select id from files order by id limit 250)";
    must(run_to_end(database_->write(store::Scope::system(), over)));
    EXPECT_EQ(sweep(), 250) << "more than one statement takes";
    EXPECT_EQ(rows(), kMany - 250);
}

TEST_F(FilesTest, ADamagedObjectIsNotServed) {
    const auto file = must(put(ada_, "drafts", "a.txt", "x"));
    must(run_to_end(objects_->put(kHere, "files/drafts/" + file.id, "y")));
    EXPECT_EQ(run_to_end(files_->content(kHere, file, std::nullopt)).error().code, ErrorCode::conflict);
}

}  // namespace
}  // namespace slipway::file
