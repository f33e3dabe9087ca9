// What taking a document in costs: each transaction waits for a disk.
#include "two_servers.h"

namespace slipway::knowledge::test {
namespace {

class CountingDatabase final : public store::Database {
 public:
    explicit CountingDatabase(store::Database& database) : database_(database) {}
    Task<store::Rows> read(store::Scope scope, std::string sql, store::Parameters parameters) override {
        return database_.read(std::move(scope), std::move(sql), std::move(parameters));
    }
    Task<void> transact(store::Scope scope, Body body) override {
        ++transactions;
        return database_.transact(std::move(scope), std::move(body));
    }
    Task<store::Rows> write(store::Scope scope, std::string sql, store::Parameters parameters) override {
        ++transactions;
        return database_.write(std::move(scope), std::move(sql), std::move(parameters));
    }
    Task<void> migrate(std::span<const store::Migration> migrations) override { return database_.migrate(migrations); }
    Task<void> dump(Page page) override { return database_.dump(std::move(page)); }
    Task<void> backup(std::filesystem::path destination) override { return database_.backup(std::move(destination)); }
    Task<store::DatabaseStatus> status() override { return database_.status(); }
    Task<void> check_integrity() override { return database_.check_integrity(); }
    const store::Dialect& dialect() const override { return database_.dialect(); }

    int transactions = 0;

 private:
    store::Database& database_;
};

class Transactions : public TwoServers {
 protected:
    // Of one call.
    template <typename T>
    int of(Task<T> work) {
        database.transactions = 0;
        must(run_to_end(std::move(work)));
        return database.transactions;
    }
    CountingDatabase database{*database_};
};

TEST_F(Transactions, WhoHasADocumentIsSaidInThoseThatThereAreAnyway) {
    for (const bool shared : {false, true}) {
        options_.holds.always = shared;
        Knowledge server(database, first_index_, *objects_, pool_, pool_, nullptr, nullptr, options_);
        const auto name = fmt::format("{}.md", shared);
        EXPECT_EQ(of(put(server, name, "A whale sings for hours.")), 2) << "announced, published";
        EXPECT_EQ(of(put(server, name, "A whale sings for hours.")), 0) << "nothing new";
        EXPECT_EQ(of(put(server, name, "A whale is no fish.")), 3) << "announced, published, the old one is gone";
        const auto id = must(run_to_end(server.find_source(workspace_, name)))->id;
        EXPECT_EQ(of(server.remove(workspace_, id)), 2) << "nobody finds it, nothing is left of it";
    }
}

}  // namespace
}  // namespace slipway::knowledge::test
