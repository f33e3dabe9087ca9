// Index, originals, cache, queue and mail, by the URLs of a manifest: which adapter, with what. (The database:
// databases.h.) Nothing is connected yet.
#pragma once

#include "app/manifest/manifest.h"
#include "base/pool.h"
#include "serve/aws_access.h"
#include "store/cache/cache.h"
#include "store/channels/channels.h"
#include "store/database/database.h"
#include "store/index/index.h"
#include "store/mail/mail.h"
#include "store/objects/objects.h"
#include "store/queue/queue.h"

namespace slipway::serve {

// `database`: the open one of the manifest (stores.database or stores.agents) that a pgvector index of the same URL
// shares; it outlives the index.
// `anew`: an embedded file that is damaged or foreign is removed first; the caller runs Knowledge::reindex.
// `aws` outlives the index.
Result<std::unique_ptr<store::Index>> open_index(const app::StoresSection& stores, store::Database& database,
                                                 AwsAccess& aws, bool anew);

struct ObjectsSettings {
    app::StoreUrl url;
    app::Secret access_key, secret_key;  // empty: those of AwsAccess
    // Of a folder, whose URLs this server serves itself; a bucket signs its own.
    std::string signing_key;
    std::string url_prefix = "/objects";
};
// `files` and `aws` outlive it.
Result<std::unique_ptr<store::Objects>> open_objects(const ObjectsSettings& settings, WorkerPool& files,
                                                     AwsAccess& aws);
// What it is called: the protocol tells neither the name nor the version of a server.
std::string objects_engine(const app::StoreUrl& url);

Result<std::unique_ptr<store::Cache>> open_cache(const app::Manifest& manifest);
Result<std::unique_ptr<store::Channels>> open_channels(const app::Manifest& manifest);
// `own` is the id of the application's workspace. `database` and `aws` outlive the queue.
Result<std::unique_ptr<store::Queue>> open_queue(const app::Manifest& manifest, store::Database& database,
                                                 WorkspaceId own, AwsAccess& aws);
Result<std::unique_ptr<store::Mail>> open_mail(const app::StoreUrl& url, WorkerPool& files);

}  // namespace slipway::serve
