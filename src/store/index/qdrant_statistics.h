// The numbers of a workspace that BM25 needs, as Qdrant can count them (qdrant.h). Internal to this room.
//
// How many passages and terms there are is remembered for a moment: it takes requests, changes a score little, and is
// forgotten with each write of this process. Another process's writes count after kRememberedFor.
#pragma once

#include <chrono>
#include <map>
#include <mutex>

#include "store/index/passage_terms.h"
#include "store/index/qdrant_catalog.h"

namespace slipway::store::qdrant {

inline constexpr Milliseconds kRememberedFor{1'000};

// Thread safe.
class KnownStatistics {
 public:
    // While one lives, and from then on, what was known before does not count.
    class Change {
     public:
        Change(KnownStatistics& known, std::string key) : known_(known), key_(std::move(key)) { known_.forget(key_); }
        Change(const Change&) = delete;
        Change& operator=(const Change&) = delete;
        ~Change() { known_.forget(key_); }

     private:
        KnownStatistics& known_;
        std::string key_;
    };

    static std::string key_of(const RemoteCollection& collection, const WorkspaceId& workspace);
    std::optional<TextStatistics> get(const std::string& key);
    // How many times something was forgotten; what was counted before the last time is not kept.
    std::uint64_t forgotten();
    void keep(const std::string& key, const TextStatistics& statistics, std::uint64_t forgotten_before);

 private:
    void forget(const std::string& key);

    struct Known {
        TextStatistics statistics;
        std::chrono::steady_clock::time_point since;
    };
    std::mutex mutex_;
    std::map<std::string, Known> known_;
    std::uint64_t forgotten_ = 0;
};

// How Qdrant is asked.
struct Asking {
    RemoteClient& client;
    const QdrantOptions& options;
    KnownStatistics& known;
    Version version;
};

struct Statistics {
    TextStatistics text;
    std::vector<ScoredTerm> terms;  // that any passage holds
};
Task<Statistics> read_statistics(const Asking& asking, const RemoteCollection& collection, const WorkspaceId& workspace,
                                 std::vector<QueryTerm> terms);

Task<std::uint64_t> count(const Asking& asking, const RemoteCollection& collection, json::object filter);

}  // namespace slipway::store::qdrant
