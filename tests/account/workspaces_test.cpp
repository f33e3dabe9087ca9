// Workspaces on a real database: who may do what, and that the last owner stays.
#include "account/workspaces.h"

#include <thread>

#include <gtest/gtest.h>

#include "account/tables.h"
#include "must.h"
#include "store/database/engines/any_database.h"
#include "store/temporary_folder.h"

namespace slipway::account {
namespace {

using test::must;

class WorkspacesTest : public ::testing::Test {
 protected:
    WorkspacesTest() {
        std::vector<store::Migration> all(store::series_migrations().begin(), store::series_migrations().end());
        all.insert(all.end(), migrations().begin(), migrations().end());
        must(run_to_end(database_->migrate(all)));
        open({});
    }

    void open(WorkspacesOptions options) {
        options.create = WorkspaceCreation::everyone;
        workspaces_ = std::make_unique<Workspaces>(*database_, roles_, audit_, std::move(options));
    }

    User user(std::string name) {
        User made;
        made.id = name;
        made.email = name + "@example.org";
        made.username = name;
        made.system_role = "user";
        store::Parameters row{made.id, ++number_, made.email, name};
        must(run_to_end(database_->write(store::Scope::system(),
                                         "insert into users(id, number, email, username, username_folded, "
                                         "password_hash, created_at, updated_at) values ($1, $2, $3, $4, $4, '', 1, 1)",
                                         std::move(row))));
        return made;
    }
    // As whom a request would be made that names no workspace.
    Principal nowhere(const User& user) {
        Principal principal;
        principal.user = user;
        roles_.apply(principal);
        return principal;
    }
    Result<Principal> try_enter(const User& user, std::string workspace) {
        Principal principal;
        principal.user = user;
        auto entered = run_to_end(workspaces_->enter(std::move(principal), std::move(workspace)));
        if (entered) roles_.apply(*entered);
        return entered;
    }
    Principal in(const User& user, const Workspace& workspace) { return must(try_enter(user, workspace.id.value)); }
    Workspace made_by(const User& owner, std::string title = "Acme Ltd.") {
        const auto principal = nowhere(owner);
        return must(run_to_end(workspaces_->create(Actor{principal}, {std::move(title), "", ""})));
    }
    Workspace join(const Workspace& workspace, const User& owner, const User& guest, std::string role) {
        const auto by = in(owner, workspace);
        const auto invitation = must(run_to_end(workspaces_->invite(Actor{by}, guest.email, std::move(role))));
        const auto who = nowhere(guest);
        return must(run_to_end(workspaces_->accept(Actor{who}, invitation.token)));
    }
    template <typename T>
    static std::string reason_of(const Result<T>& result) {
        return result ? "it worked" : std::string(text_or(result.error().details, "reason"));
    }
    template <typename T>
    static ErrorCode code_of(const Result<T>& result) {
        return result ? ErrorCode::internal : result.error().code;
    }
    std::vector<std::string> events_of(const Workspace& workspace) {
        EventFilter filter;
        filter.workspace = workspace.id.value;
        std::vector<std::string> names;
        for (const auto& recorded : must(run_to_end(audit_.list(filter)))) names.push_back(recorded.event.event);
        std::ranges::sort(names);
        return names;
    }

    test::TemporaryFolder folder_;
    std::unique_ptr<store::Database> database_ = must(test::open_any_database(folder_.path() / "workspaces.sqlite"));
    Audit audit_{*database_, {.key = "seals"}};
    Roles roles_{{}, {{"reviewer", Role::viewer, {"content:approve"}}, {"editor", Role::member, {"content:write"}}}};
    std::unique_ptr<Workspaces> workspaces_;
    int number_ = 0;
};

TEST_F(WorkspacesTest, MakerIsOwnerAndSlugsAreFree) {
    const auto ada = user("ada");
    const auto first = made_by(ada), second = made_by(ada);
    EXPECT_EQ(first.slug, "acme-ltd");
    EXPECT_EQ(first.role, "owner");
    EXPECT_NE(second.slug, first.slug);
    EXPECT_EQ(second.slug, slug_of(second.slug));
    const auto mine = must(run_to_end(workspaces_->list(ada.id)));
    ASSERT_EQ(mine.size(), 2U);
    EXPECT_EQ(mine[0].members, 1);
    const auto principal = nowhere(ada);
    const auto taken = run_to_end(workspaces_->create(Actor{principal}, {"Other", "acme-ltd", ""}));
    EXPECT_EQ(code_of(taken), ErrorCode::conflict);
    EXPECT_EQ(in(ada, first).workspace, must(try_enter(ada, "acme-ltd")).workspace);  // by the slug, too
}

TEST_F(WorkspacesTest, WhoIsNoMemberLearnsNothing) {
    const auto ada = user("ada"), eve = user("eve");
    const auto workspace = made_by(ada);
    const auto foreign = try_enter(eve, workspace.id.value), missing = try_enter(eve, "none");
    ASSERT_EQ(code_of(foreign), ErrorCode::not_found);
    EXPECT_EQ(foreign.error().message, missing.error().message);
    EXPECT_EQ(foreign.error().details, missing.error().details);
    EXPECT_EQ(code_of(foreign), code_of(missing));
    // The twin that succeeds.
    EXPECT_TRUE(try_enter(ada, workspace.id.value));
}

TEST_F(WorkspacesTest, InvitationIsForOneAddressOnceAndForSevenDays) {
    const auto ada = user("ada"), bob = user("bob"), eve = user("eve");
    const auto workspace = made_by(ada);
    const auto owner = in(ada, workspace);
    const auto invitation = must(run_to_end(workspaces_->invite(Actor{owner}, " BOB@example.org ", "editor")));
    EXPECT_EQ(invitation.expires_at - invitation.created_at, std::chrono::hours(24 * 7));
    const auto again = run_to_end(workspaces_->invite(Actor{owner}, bob.email, "viewer"));
    EXPECT_EQ(code_of(again), ErrorCode::conflict);
    const auto owner_wanted = run_to_end(workspaces_->invite(Actor{owner}, eve.email, "owner"));
    EXPECT_EQ(code_of(owner_wanted), ErrorCode::invalid);

    const auto other = nowhere(eve), right = nowhere(bob);
    EXPECT_EQ(reason_of(run_to_end(workspaces_->accept(Actor{other}, invitation.token))), "email");
    EXPECT_EQ(code_of(run_to_end(workspaces_->accept(Actor{right}, "wrong"))), ErrorCode::not_found);
    const auto joined = must(run_to_end(workspaces_->accept(Actor{right}, invitation.token)));
    EXPECT_EQ(joined.role, "editor");
    EXPECT_EQ(reason_of(run_to_end(workspaces_->accept(Actor{right}, invitation.token))), "used");
    const auto bobs = in(bob, workspace);
    EXPECT_EQ(bobs.user.role, Role::member);
    EXPECT_TRUE(Roles::check(bobs, "content:write"));  // what the manifest gives editors

    store::Parameters past{now() - std::chrono::seconds(1)};
    const auto late = must(run_to_end(workspaces_->invite(Actor{owner}, eve.email, "viewer")));
    must(run_to_end(database_->write(
        store::Scope::system(), "update invitations set expires_at = $1 where accepted_at is null", std::move(past))));
    EXPECT_EQ(reason_of(run_to_end(workspaces_->accept(Actor{other}, late.token))), "expired");
    const auto revoked = must(run_to_end(workspaces_->invite(Actor{owner}, eve.email, "viewer")));
    must(run_to_end(workspaces_->revoke_invitation(Actor{owner}, revoked.id)));
    EXPECT_EQ(code_of(run_to_end(workspaces_->accept(Actor{other}, revoked.token))), ErrorCode::not_found);
    // No token is kept as it is.
    const auto rows = must(run_to_end(database_->read(store::Scope::system(), "select token_hash from invitations")));
    for (const auto row : rows) EXPECT_NE(row.text("token_hash"), invitation.token);
}

TEST_F(WorkspacesTest, LastOwnerStaysOwner) {
    const auto ada = user("ada"), bob = user("bob");
    const auto workspace = made_by(ada);
    join(workspace, ada, bob, "admin");
    const auto owner = in(ada, workspace), admin = in(bob, workspace);
    EXPECT_EQ(reason_of(run_to_end(workspaces_->leave(Actor{owner}))), "last_owner");
    EXPECT_EQ(reason_of(run_to_end(workspaces_->set_role(Actor{owner}, ada.id, "admin"))), "last_owner");
    EXPECT_EQ(code_of(run_to_end(workspaces_->set_role(Actor{admin}, ada.id, "viewer"))), ErrorCode::forbidden);
    EXPECT_EQ(code_of(run_to_end(workspaces_->remove_member(Actor{admin}, ada.id))), ErrorCode::forbidden);
    EXPECT_EQ(code_of(run_to_end(workspaces_->set_role(Actor{admin}, bob.id, "owner"))), ErrorCode::forbidden);

    must(run_to_end(workspaces_->transfer(Actor{owner}, bob.id)));
    EXPECT_EQ(in(bob, workspace).user.role, Role::owner);
    const auto former = in(ada, workspace);
    EXPECT_EQ(former.user.role, Role::admin);
    EXPECT_EQ(code_of(run_to_end(workspaces_->transfer(Actor{former}, ada.id))), ErrorCode::forbidden);
    must(run_to_end(workspaces_->leave(Actor{former})));
    EXPECT_EQ(code_of(try_enter(ada, workspace.id.value)), ErrorCode::not_found);
    EXPECT_EQ(events_of(workspace), (std::vector<std::string>{"invitation_accepted", "member_invited", "member_removed",
                                                              "ownership_transferred", "workspace_created"}));
}

// Each of two owners leaves at the same moment: one stays.
TEST_F(WorkspacesTest, OfTwoOwnersWhoLeaveAtOnceOneStays) {
    const auto ada = user("ada"), bob = user("bob");
    for (int round = 0; round < 5; ++round) {
        const auto workspace = made_by(ada, fmt::format("Round {}", round));
        join(workspace, ada, bob, "admin");
        const auto owner = in(ada, workspace);
        must(run_to_end(workspaces_->set_role(Actor{owner}, bob.id, "owner")));
        const auto one = in(ada, workspace), other = in(bob, workspace);
        Result<void> first, second;
        std::thread beside([&] { second = run_to_end(workspaces_->leave(Actor{other})); });
        first = run_to_end(workspaces_->leave(Actor{one}));
        beside.join();
        EXPECT_NE(first.has_value(), second.has_value());
        EXPECT_EQ(must(run_to_end(workspaces_->members_of(workspace.id))).size(), 1U);
    }
}

TEST_F(WorkspacesTest, RolesOfTheManifestAndScopesDecide) {
    const auto ada = user("ada"), bob = user("bob");
    const auto workspace = made_by(ada);
    join(workspace, ada, bob, "reviewer");
    const auto reviewer = in(bob, workspace);
    EXPECT_EQ(reviewer.user.role, Role::viewer);
    EXPECT_TRUE(Roles::check(reviewer, "content:approve"));
    EXPECT_EQ(code_of(Roles::check(reviewer, "content:write")), ErrorCode::forbidden);
    EXPECT_EQ(code_of(run_to_end(workspaces_->invite(Actor{reviewer}, "x@example.org", "viewer"))),
              ErrorCode::forbidden);
    EXPECT_TRUE(Roles::check(in(ada, workspace), "anything:else"));
    EXPECT_EQ(code_of(Roles::check(in(ada, workspace), "system")), ErrorCode::forbidden);

    // A key holds what both it and its role hold.
    Principal key;
    key.user = in(ada, workspace).user;
    key.workspace = workspace.id;
    key.key_id = "key";
    key.scopes = std::make_shared<const Scopes>(Scopes{"workspace:read", "documents:read"});
    roles_.apply(key);
    EXPECT_TRUE(Roles::check(key, "documents:read"));
    EXPECT_EQ(code_of(Roles::check(key, "documents:write")), ErrorCode::forbidden);
    EXPECT_EQ(code_of(run_to_end(workspaces_->remove(Actor{key}))), ErrorCode::forbidden);
    EXPECT_TRUE(run_to_end(workspaces_->get(Actor{key})));
    const auto elsewhere = made_by(ada, "Elsewhere");
    EXPECT_EQ(code_of(run_to_end(workspaces_->enter(key, elsewhere.id.value))), ErrorCode::not_found);
}

TEST_F(WorkspacesTest, SuspendedOnesRefuseAllButTheSystemsAdmins) {
    auto ada = user("ada");
    const auto workspace = made_by(ada);
    must(run_to_end(workspaces_->suspend(workspace.id, "unpaid", "operator", {})));
    auto principal = in(ada, workspace);
    EXPECT_EQ(reason_of(run_to_end(workspaces_->check_open(principal))), "suspended");
    principal.user.system_role = "admin";
    EXPECT_TRUE(run_to_end(workspaces_->check_open(principal)));
    must(run_to_end(workspaces_->resume(workspace.id, "operator", {})));
    EXPECT_TRUE(run_to_end(workspaces_->check_open(in(ada, workspace))));
}

TEST_F(WorkspacesTest, DeletedOnesAreFoundByNobodyAndTheirSlugIsFree) {
    const auto ada = user("ada");
    const auto workspace = made_by(ada);
    std::vector<WorkspaceId> told;
    workspaces_->on_delete([&](WorkspaceId id) -> Task<void> {
        told.push_back(std::move(id));
        co_return Result<void>();
    });
    const auto owner = in(ada, workspace);
    must(run_to_end(workspaces_->remove(Actor{owner})));
    EXPECT_EQ(told, std::vector<WorkspaceId>{workspace.id});
    EXPECT_EQ(code_of(try_enter(ada, workspace.id.value)), ErrorCode::not_found);
    EXPECT_EQ(code_of(run_to_end(workspaces_->find(workspace.slug))), ErrorCode::not_found);
    EXPECT_TRUE(must(run_to_end(workspaces_->list(ada.id))).empty());
    EXPECT_EQ(must(run_to_end(workspaces_->deleted())), std::vector<WorkspaceId>{workspace.id});
    const auto anew = made_by(ada);
    EXPECT_EQ(anew.slug, workspace.slug);
    must(run_to_end(workspaces_->forget(workspace.id)));
    EXPECT_TRUE(must(run_to_end(workspaces_->deleted())).empty());
    EXPECT_EQ(events_of(workspace), (std::vector<std::string>{"workspace_created", "workspace_deleted"}));
}

// Of many who come at once no more get in than the quota says.
TEST_F(WorkspacesTest, QuotasAreExactWhenManyComeAtOnce) {
    WorkspacesOptions options;
    options.quotas.members = 4;
    options.quotas.workspaces_per_user = 2;
    open(options);
    const auto ada = user("ada");
    const auto workspace = made_by(ada);
    const auto owner = in(ada, workspace);
    std::atomic<int> invited = 0, made = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&, i] {
            if (run_to_end(workspaces_->invite(Actor{owner}, fmt::format("u{}@example.org", i), "viewer"))) ++invited;
            if (run_to_end(workspaces_->create(Actor{owner}, {fmt::format("W {}", i), "", ""}))) ++made;
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(invited, 3);
    EXPECT_EQ(made, 1);
}

}  // namespace
}  // namespace slipway::account
