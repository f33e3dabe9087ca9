// Sessions in a Redis that two servers share: what lies there, that ending a session removes it for both, and that
// losing Redis loses nobody's session.
#include <array>
#include <csignal>
#include <thread>

#include <gtest/gtest.h>

#include "account/sessions.h"
#include "account/tables.h"
#include "engines/redis_server.h"
#include "must.h"
#include "store/cache/cache.h"
#include "store/database/sqlite.h"

namespace slipway::account {
namespace {

using test::must;

const Visit kHere{"192.0.2.1", "a browser", "request-1"};

class SessionMirrorTest : public ::testing::Test {
 protected:
    void SetUp() override {
        database_ = must(store::open_sqlite(folder_ / "data.db"));
        std::vector<store::Migration> all(store::series_migrations().begin(), store::series_migrations().end());
        all.insert(all.end(), migrations().begin(), migrations().end());
        must(run_to_end(database_->migrate(all)));
        must(run_to_end(database_->write(store::Scope::system(),
                                         "insert into users(id, number, email, username, username_folded, "
                                         "password_hash, created_at, updated_at) values ('ada', 1, 'a', 'a', 'a', '', "
                                         "0, 0)")));
        audit_ = std::make_unique<Audit>(*database_, AuditOptions{.key = "seals"});
        for (auto& server : servers_) {
            store::CacheOptions cached;
            cached.pause_after_loss = Milliseconds(30);
            server.cache = must(store::open_cache(redis_.url(), cached));
            SessionOptions options;
            options.secret = std::string(32, 's');
            options.mirror = server.cache.get();
            server.sessions = std::make_unique<Sessions>(*database_, *audit_, std::move(options));
        }
    }
    struct Server {
        std::unique_ptr<store::Cache> cache;
        std::unique_ptr<Sessions> sessions;
    };

    Grant open() { return must(run_to_end(servers_[0].sessions->open({.user_id = "ada", .visit = kHere}))); }
    bool stands(const Server& server, const Grant& grant) {
        return run_to_end(server.sessions->standing("ada", grant.session_id, grant.generation)).has_value();
    }
    // As it lies there; "" when nothing does.
    std::string in_redis(const Grant& grant) {
        const auto cached = run_to_end(servers_[1].cache->get(WorkspaceId{"-"}, {"session", grant.session_id}));
        return must(cached).value_or("");
    }
    void end(const Server& server, const Grant& grant) {
        Ending ending{.user_id = "ada", .session_id = grant.session_id, .reason = "ended"};
        EXPECT_EQ(must(run_to_end(server.sessions->end(std::move(ending), kHere))), 1);
    }

    test::TemporaryFolder folder_;
    test::RedisServer redis_;
    std::unique_ptr<store::Database> database_;
    std::unique_ptr<Audit> audit_;
    std::array<Server, 2> servers_;
};

TEST_F(SessionMirrorTest, ASessionLiesInRedisAndEndingItRemovesItForAll) {
    const auto grant = open(), other = open();
    for (const auto& server : servers_) EXPECT_TRUE(stands(server, grant));
    EXPECT_NE(in_redis(grant).find("\"user\":\"ada\""), std::string::npos) << in_redis(grant);
    EXPECT_EQ(in_redis(grant).find(grant.refresh_token), std::string::npos) << "no token lies there";
    EXPECT_TRUE(stands(servers_[1], other));
    end(servers_[0], grant);
    EXPECT_EQ(in_redis(grant), "ended");
    for (const auto& server : servers_) EXPECT_FALSE(stands(server, grant));
    EXPECT_TRUE(stands(servers_[1], other));
}

TEST_F(SessionMirrorTest, WhatIsThereIsReadFromThere) {
    const auto grant = open();
    ASSERT_TRUE(stands(servers_[0], grant));
    // Behind everybody's back: who asked the database would see it.
    must(run_to_end(database_->write(store::Scope::system(), "update sessions set revoked_at = 1")));
    EXPECT_TRUE(stands(servers_[1], grant));
}

TEST_F(SessionMirrorTest, WhoReadTheDatabaseBeforeTheEndDoesNotPutItBack) {
    const auto grant = open();
    const SessionMirror late(servers_[1].cache.get());
    const auto before = must(run_to_end(servers_[1].sessions->standing("ada", grant.session_id, 0)));
    end(servers_[0], grant);
    must(run_to_end(late.keep(grant.session_id, before)));
    for (const auto& server : servers_) EXPECT_FALSE(stands(server, grant));
}

TEST_F(SessionMirrorTest, WithoutRedisTheDatabaseIsAsked) {
    const auto grant = open(), other = open();
    for (const auto& server : servers_) EXPECT_TRUE(stands(server, grant));
    redis_.process().signal(SIGSTOP);
    for (const auto& server : servers_) EXPECT_TRUE(stands(server, other));
    end(servers_[0], grant);
    EXPECT_FALSE(stands(servers_[0], grant));
    redis_.process().signal(SIGCONT);
    // The one that ended it takes it away before it reads from there again.
    const auto gone = [&] {
        for (int i = 0; i < 200; ++i) {
            if (!stands(servers_[0], grant) && in_redis(grant).find("ada") == std::string::npos) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        return false;
    };
    EXPECT_TRUE(gone());
    EXPECT_FALSE(stands(servers_[1], grant));
}

}  // namespace
}  // namespace slipway::account
