// Index and originals, by the URLs of a manifest: which adapter, with what. (The database: databases.h.)
#pragma once

#include "app/manifest/server.h"
#include "base/pool.h"
#include "serve/aws_access.h"
#include "store/index/index.h"
#include "store/objects/objects.h"

namespace slipway::serve {

// `anew`: an embedded file that is damaged or foreign is removed first; the caller runs Knowledge::reindex.
Result<std::unique_ptr<store::Index>> open_index(const app::StoresSection& stores, bool anew);

// `signing_key` is of the URLs that this server serves itself; a bucket signs its own. `files` and `aws` outlive it.
Result<std::unique_ptr<store::Objects>> open_objects(const app::StoreUrl& url, const std::string& signing_key,
                                                     WorkerPool& files, AwsAccess& aws);
// What it is called: the protocol tells neither the name nor the version of a server.
std::string objects_engine(const app::StoreUrl& url);

}  // namespace slipway::serve
