// The search index in OpenSearch (2.17 or newer with k-NN; Amazon OpenSearch Service): opensearch+https://host/prefix.
//
// A collection is an index <prefix>-<name>.<generation> behind the alias <prefix>-<name>; what describe() answers lies
// in the mapping's _meta, so that it is made and dropped with the index, and renew() moves the alias in one step. A
// passage is a document whose _id is the hash of workspace and id:
//
//   workspace, id, namespace   keywords
//   text, metadata             kept, not indexed (metadata as JSON text, as it came)
//   facts                      keywords of the metadata (facts.h): every filter is a query, none is applied afterwards
//   terms, length              our terms (analyser.h) with spaces between, and how many; frequencies only
//   vector                     Lucene HNSW; for the cosine scaled to length 1 and compared by inner product
//
// BM25 is ours. Lucene's would count over all workspaces; so a search first asks for the numbers of its own workspace
// (passages, terms, passages with each term of the query) and then scores by a script with these as parameters. No
// counters are kept that could disagree with the passages.
//
// Vectors are compared exactly where the filter leaves at most `exact_max` passages, by HNSW above; where HNSW comes
// back short, exactly again.
//
// Read after write: nothing is refreshed but by a call that wrote, before it returns. Within one process a call is seen
// whole or not at all; another process may see a part of one that is under way, and a part remains of one that failed
// in the middle, until it is sent again.
#pragma once

#include <memory>

#include "store/index/index.h"
#include "store/index/remote_client.h"

namespace slipway::store {

struct OpenSearchOptions {
    RemoteOptions remote;
    // Amazon's own, whose requests are signed (RemoteOptions::sign, store/aws/sign_request.h): the region, and "es" for
    // domains or "aoss" for serverless collections. Empty: another server.
    std::string aws_region, aws_service = "es";
    std::string prefix = "slipway";          // lower case letters, digits, hyphens
    std::size_t shards = 1;                  // of a new collection
    std::size_t exact_max = 20'000;          // passages that are compared one by one
    std::size_t bulk_bytes_max = 5 << 20;    // of one request, and one passage at least; small nodes take 10 MB
    Milliseconds read_time_max{30'000};      // of one request
    Milliseconds write_time_max{120'000};    // the same; and of waiting for one's turn
    Milliseconds drop_time_max{900'000};     // of a whole erase_where
    std::size_t writers_waiting_max = 1024;  // per collection; more are answered `unavailable`
};

// opensearch+http://, opensearch+https:// with user:password (basic authentication), a path as prefix, and the
// parameters shards=N, ca=FILE, aws=REGION, service=es|aoss. Port 9200, or 443 for https, when none is given. `invalid`
// never shows the password.
Result<OpenSearchOptions> opensearch_options(std::string_view url);

// Connects when it is first used. Errors as in index.h; `unavailable` when OpenSearch is away, busy or out of disk;
// `upstream` when it refuses (password, rights) or answers nonsense. When single passages of a call are refused,
// details.items names them: {id, status, reason}. Thread safe; any number of event loops.
std::unique_ptr<Index> open_opensearch(OpenSearchOptions options);

}  // namespace slipway::store
