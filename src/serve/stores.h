// Index and originals, by the URLs of a manifest: which adapter, with what. (The database: databases.h.)
#pragma once

#include "app/manifest/server.h"
#include "base/pool.h"
#include "serve/aws_access.h"
#include "store/database/database.h"
#include "store/index/index.h"
#include "store/objects/objects.h"

namespace slipway::serve {

// `database`: the open one of the manifest, which a pgvector index of the same URL shares; it outlives the index.
// `anew`: an embedded file that is damaged or foreign is removed first; the caller runs Knowledge::reindex.
Result<std::unique_ptr<store::Index>> open_index(const app::StoresSection& stores, store::Database& database,
                                                 AwsAccess& aws, bool anew);

// `signing_key` is of the URLs that this server serves itself; a bucket signs its own. `files` and `aws` outlive it.
Result<std::unique_ptr<store::Objects>> open_objects(const app::StoreUrl& url, const std::string& signing_key,
                                                     WorkerPool& files, AwsAccess& aws);

}  // namespace slipway::serve
