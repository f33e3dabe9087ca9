// Database adapters with one fault each, around a good one. They prove that the conformance suite finds such faults.
#pragma once

#include <vector>

#include "base/text.h"
#include "store/database/sqlite_place.h"

namespace slipway::test {

// Passes everything on; faults override.
class PassingDatabase : public store::Database {
 public:
    explicit PassingDatabase(std::unique_ptr<store::Database> inner) : inner_(std::move(inner)) {}
    Task<store::Rows> read(store::Scope scope, std::string sql, store::Parameters parameters) override {
        return inner_->read(std::move(scope), std::move(sql), std::move(parameters));
    }
    Task<store::Rows> read_often(store::Scope scope, std::string sql, store::Parameters parameters) override {
        return inner_->read_often(std::move(scope), std::move(sql), std::move(parameters));
    }
    Task<void> transact(store::Scope scope, Body body) override {
        return inner_->transact(std::move(scope), std::move(body));
    }
    Task<void> migrate(std::span<const store::Migration> migrations) override { return inner_->migrate(migrations); }
    Task<void> dump(Page page) override { return inner_->dump(std::move(page)); }
    Task<void> backup(std::filesystem::path destination) override { return inner_->backup(std::move(destination)); }
    Task<store::DatabaseStatus> status() override { return inner_->status(); }
    Task<void> check_integrity() override { return inner_->check_integrity(); }

 protected:
    std::unique_ptr<store::Database> inner_;
};

template <typename Fault>
class BrokenPlace : public SqlitePlace {
 public:
    Result<std::unique_ptr<store::Database>> open() override {
        SLIPWAY_TRY(auto inner, SqlitePlace::open());
        return std::make_unique<Fault>(std::move(inner));
    }
};

// Commits what the body did before it failed.
class LosesRollback final : public PassingDatabase {
 public:
    using PassingDatabase::PassingDatabase;
    Task<void> transact(store::Scope scope, Body body) override {
        Result<void> answered;
        Body committing = [&](store::Transaction& transaction) { return commit_anyway(transaction, body, answered); };
        SLIPWAY_CO_CHECK(co_await inner_->transact(std::move(scope), std::move(committing)));
        co_return answered;
    }

 private:
    static Task<void> commit_anyway(store::Transaction& transaction, const Body& body, Result<void>& answered) {
        answered = co_await body(transaction);
        co_return Result<void>();
    }
};

// Puts the workspace in by hand and asks as the system, so that nobody checks.
class ForgetsWorkspace final : public PassingDatabase {
 public:
    using PassingDatabase::PassingDatabase;
    Task<store::Rows> read(store::Scope scope, std::string sql, store::Parameters parameters) override {
        return inner_->read(store::Scope::system(), by_hand(scope, std::move(sql)), std::move(parameters));
    }
    Task<void> transact(store::Scope scope, Body body) override {
        Body wrapped = [&](store::Transaction& transaction) { return run(transaction, scope, body); };
        co_return co_await inner_->transact(store::Scope::system(), std::move(wrapped));
    }

 private:
    class Unchecked final : public store::Transaction {
     public:
        Unchecked(store::Transaction& inner, const store::Scope& scope) : inner_(inner), scope_(scope) {}
        Task<store::Rows> execute(std::string sql, store::Parameters parameters) override {
            return inner_.execute(by_hand(scope_, std::move(sql)), std::move(parameters));
        }

     private:
        store::Transaction& inner_;
        const store::Scope& scope_;
    };
    static std::string by_hand(const store::Scope& scope, std::string sql) {
        const auto workspace = scope.workspace() ? scope.workspace()->value : std::string();
        return replace_all(std::move(sql), "$workspace", "'" + workspace + "'");
    }
    static Task<void> run(store::Transaction& transaction, const store::Scope& scope, const Body& body) {
        Unchecked unchecked(transaction, scope);
        co_return co_await body(unchecked);
    }
};

// Answers success before anything is committed: the statements of one transaction are run when the next one comes.
class AnswersBeforeCommit final : public PassingDatabase {
 public:
    using PassingDatabase::PassingDatabase;
    Task<void> transact(store::Scope scope, Body body) override {
        for (auto& late : std::exchange(late_, {}))
            static_cast<void>(
                co_await inner_->write(std::move(late.scope), std::move(late.sql), std::move(late.parameters)));
        Later later(late_, scope);
        co_return co_await body(later);
    }

 private:
    struct Statement {
        store::Scope scope;
        std::string sql;
        store::Parameters parameters;
    };
    class Later final : public store::Transaction {
     public:
        Later(std::vector<Statement>& statements, const store::Scope& scope) : statements_(statements), scope_(scope) {}
        Task<store::Rows> execute(std::string sql, store::Parameters parameters) override {
            statements_.push_back({scope_, std::move(sql), std::move(parameters)});
            co_return store::Rows({}, {}, 1);
        }

     private:
        std::vector<Statement>& statements_;
        const store::Scope& scope_;
    };
    std::vector<Statement> late_;
};

// Commits each statement by itself.
class CommitsEachStatement final : public PassingDatabase {
 public:
    using PassingDatabase::PassingDatabase;
    Task<void> transact(store::Scope scope, Body body) override {
        Separate separate(*inner_, scope);
        Result<void> answered;
        try {
            answered = co_await body(separate);
        } catch (const std::exception& error) {
            answered = fail(ErrorCode::internal, "{}", error.what());
        }
        co_return answered;
    }

 private:
    class Separate final : public store::Transaction {
     public:
        Separate(store::Database& inner, const store::Scope& scope) : inner_(inner), scope_(scope) {}
        Task<store::Rows> execute(std::string sql, store::Parameters parameters) override {
            return inner_.write(scope_, std::move(sql), std::move(parameters));
        }

     private:
        store::Database& inner_;
        const store::Scope& scope_;
    };
};

// Believes every record of applied steps.
class IgnoresMigrationRecord final : public PassingDatabase {
 public:
    using PassingDatabase::PassingDatabase;
    Task<void> migrate(std::span<const store::Migration> migrations) override {
        auto done = co_await inner_->migrate(migrations);
        if (!done && done.error().code == ErrorCode::conflict) co_return Result<void>();
        co_return done;
    }
};

// Takes every conflict for a success.
class SwallowsConflicts final : public PassingDatabase {
 public:
    using PassingDatabase::PassingDatabase;
    Task<void> transact(store::Scope scope, Body body) override {
        auto done = co_await inner_->transact(std::move(scope), std::move(body));
        if (!done && done.error().code == ErrorCode::conflict) co_return Result<void>();
        co_return done;
    }
};

// Gives the first answer for ever.
class KeepsRowsForever final : public PassingDatabase {
 public:
    using PassingDatabase::PassingDatabase;
    Task<store::Rows> read_often(store::Scope scope, std::string sql, store::Parameters parameters) override {
        if (const auto kept = kept_.find(sql); kept != kept_.end()) co_return kept->second;
        SLIPWAY_CO_TRY(kept_[sql], co_await inner_->read_often(std::move(scope), sql, std::move(parameters)));
        co_return kept_[sql];
    }

 private:
    std::map<std::string, store::Rows> kept_;
};

// Copies nothing after the first backup.
class KeepsOldBackup final : public PassingDatabase {
 public:
    using PassingDatabase::PassingDatabase;
    Task<void> backup(std::filesystem::path destination) override {
        if (std::filesystem::exists(destination)) co_return Result<void>();
        co_return co_await inner_->backup(std::move(destination));
    }
};

// Does not listen to cancellation: the body runs on and is committed.
class IgnoresCancellation final : public PassingDatabase {
 public:
    using PassingDatabase::PassingDatabase;
    Task<void> transact(store::Scope scope, Body body) override {
        Body patient = [&body](store::Transaction& transaction) { return swallow(transaction, body); };
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        co_return co_await inner_->transact(std::move(scope), std::move(patient));
    }

 private:
    class Prompt final : public store::Transaction {
     public:
        explicit Prompt(store::Transaction& inner) : inner_(inner) {}
        Task<store::Rows> execute(std::string sql, store::Parameters parameters) override {
            return inner_.execute(std::move(sql), std::move(parameters));
        }

     private:
        store::Transaction& inner_;
    };
    // The part of the body that waits is cut off, so that the check does not have to wait for it.
    static Task<void> swallow(store::Transaction& transaction, const Body& body) {
        Prompt prompt(transaction);
        auto task = body(prompt);
        auto limited = with_timeout(std::move(task), Milliseconds(200), "The body");
        static_cast<void>(co_await std::move(limited));
        co_return Result<void>();
    }
};

}  // namespace slipway::test
