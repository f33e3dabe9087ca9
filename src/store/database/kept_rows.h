// Answers of Database::read_often that are given again while nothing has changed in the tables they were read from. For
// adapters through which all changes go.
//
// A table that a transaction writes is changing from before its first statement until the transaction has ended and
// before its caller knows. What is asked meanwhile is asked of the database and not kept; nor is an answer kept when
// one of its tables has changed since before it was asked for. So nobody is given what is older than a transaction that
// has returned, or older than what was read before.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/database/database.h"

namespace slipway::store {

// Thread safe.
class KeptRows {
 public:
    using Tables = std::vector<std::string>;
    using Clock = std::chrono::steady_clock;
    // How often tables have changed, all together.
    using Version = std::uint64_t;

    static constexpr std::size_t kEntriesMax = 1024;    // when there are more, all are forgotten
    static constexpr std::size_t kCellsMax = 32;        // an answer with more is not kept,
    static constexpr std::size_t kTextBytesMax = 4096;  // nor one with more text

    // Another program may have written to the data: an answer that is as old as this is asked for again.
    explicit KeptRows(Milliseconds kept_for = std::chrono::seconds(1)) : kept_for_(kept_for) {}

    static std::string key_of(const Scope& scope, const std::string& sql, const Parameters& parameters);

    std::optional<Rows> find(const std::string& key);
    // Take it before the snapshot that is read from. nullopt while one of them is changing.
    std::optional<Version> version_of(const Tables& tables);
    void keep(std::string key, Tables tables, Version before, const Rows& rows);

    // The tables that one transaction changes: from add() until it is destroyed.
    class Change {
     public:
        explicit Change(std::shared_ptr<KeptRows> kept) : kept_(std::move(kept)) {}
        ~Change();
        Change(const Change&) = delete;
        Change& operator=(const Change&) = delete;
        void add(const Tables& tables);

     private:
        std::shared_ptr<KeptRows> kept_;
        Tables tables_;
    };

 private:
    struct Table {
        Version version = 0;
        std::size_t changing = 0;  // transactions
    };
    struct Entry {
        Tables tables;
        Version version = 0;
        Clock::time_point since;
        Rows rows;
    };
    std::optional<Version> version_locked(const Tables& tables) const;

    Milliseconds kept_for_;
    std::mutex mutex_;
    std::unordered_map<std::string, Table> tables_;
    std::unordered_map<std::string, Entry> entries_;
};

}  // namespace slipway::store
