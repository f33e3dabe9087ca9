#include "serve/stores.h"

#include "serve/databases.h"
#include "store/index/embedded.h"
#include "store/index/opensearch.h"
#include "store/index/pgvector.h"
#include "store/index/qdrant.h"
#include "store/objects/file.h"
#include "store/objects/s3.h"

namespace slipway::serve {

Result<std::unique_ptr<store::Index>> open_index(const app::StoresSection& stores, store::Database& database,
                                                 AwsAccess& aws, bool anew) {
    const auto& url = stores.index;
    if (url.scheme.starts_with("opensearch+")) {
        SLIPWAY_TRY(auto options, store::opensearch_options(url.url.reveal()));
        return store::open_opensearch(std::move(options));
    }
    if (url.scheme.starts_with("qdrant+")) {
        SLIPWAY_TRY(auto options, store::qdrant_options(url.url.reveal()));
        if (!stores.index_key.empty()) options.remote.headers.set("api-key", stores.index_key.reveal());
        return store::open_qdrant(std::move(options));
    }
    if (index_is_in_database(stores)) return store::open_pgvector(database);
    if (index_is_in_postgres(stores)) {
        SLIPWAY_TRY(auto own, open_index_database(stores, aws));
        return store::open_pgvector(std::move(own));
    }
    if (anew) SLIPWAY_CHECK(store::remove_embedded(url.path));
    return store::open_embedded(url.path);
}

Result<std::unique_ptr<store::Objects>> open_objects(const app::StoreUrl& url, const std::string& signing_key,
                                                     WorkerPool& files, AwsAccess& aws) {
    if (url.scheme == "s3") {
        store::S3ObjectsOptions options;
        options.url = url.url.reveal();
        options.region = aws.region();
        options.credentials = aws.credentials();
        return store::open_s3_objects(std::move(options), aws.client(), files);
    }
    store::FileObjectsOptions options;
    options.signing_key = signing_key;
    return store::open_file_objects(url.path, std::move(options), files);
}

}  // namespace slipway::serve
