// The search index in Qdrant, 1.7 or newer, over REST: qdrant+https://host:6333/prefix?api_key=…
//
// A collection is a Qdrant collection <prefix>-<name>.<generation> behind the alias <prefix>-<name> (without a prefix:
// <name>), so that renew() moves the alias in one step. A point is a passage, in the layout that langchain-qdrant
// reads: the vector without a name, payload page_content and metadata; and for us
//
//   workspace, passage, namespace   keywords: whose, the id, the namespace
//   facts, numbers                  the metadata, for filters (facts.h; ranges by numbers.<field>)
//   words, counts, bits             the terms (analyser.h), how often each, and which bits their number has
//   sparse vector "terms"           see below
//
// and one point of no workspace (its id is 0) keeps what describe() answers. The id of a point is the first eight bytes
// of the passage's id and eight of a hash of workspace and id, so that Qdrant's own order of points is scroll's.
//
// BM25 is ours, from the workspace's numbers: passages and passages with a term are counted, the number of all terms is
// put together from the counts of bits. A sparse value is the term's part of BM25 in a collection of a fixed average
// length; so the sparse score, times a factor, is never below the true one. A search takes candidates in the order of
// the sparse score until the rest cannot be better, and ranks them by the true one.
//
// Read after write by wait=true. Qdrant changes points one by one: another reader may see a part of a call that is
// under way, and a part remains of one that failed in the middle, until it is sent again.
#pragma once

#include <memory>

#include "store/index/index.h"
#include "store/index/remote_client.h"

namespace slipway::store {

struct QdrantOptions {
    RemoteOptions remote;
    std::string prefix;                      // letters, digits, hyphens, underscores; may be empty
    std::size_t exact_max = 20'000;          // passages whose vectors are compared one by one
    std::size_t batch_bytes_max = 8 << 20;   // of one request, and one passage at least; Qdrant takes 32 MB
    std::size_t candidates_max = 50'000;     // of the text leg
    Milliseconds read_time_max{30'000};      // of one request
    Milliseconds write_time_max{120'000};    // the same; and of waiting for one's turn
    std::size_t writers_waiting_max = 1024;  // per collection; more are answered `unavailable`
};

// qdrant+http://, qdrant+https:// with a path as prefix and the parameters api_key=KEY, ca=FILE. Port 6333 when none is
// given. `invalid` never shows the key.
Result<QdrantOptions> qdrant_options(std::string_view url);

// Connects when it is first used. Errors as in index.h; `unavailable` when Qdrant is away, busy or out of disk;
// `upstream` when it refuses (key, rights) or answers nonsense. Thread safe; any number of event loops.
std::unique_ptr<Index> open_qdrant(QdrantOptions options);

}  // namespace slipway::store
