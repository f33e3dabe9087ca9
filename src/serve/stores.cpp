#include "serve/stores.h"

#include "serve/databases.h"
#include "store/aws/sign_request.h"
#include "store/index/embedded.h"
#include "store/index/opensearch.h"
#include "store/index/pgvector.h"
#include "store/index/qdrant.h"
#include "store/mail/file.h"
#include "store/mail/smtp.h"
#include "store/objects/file.h"
#include "store/objects/s3.h"
#include "store/objects/s3_place.h"
#include "store/queue/database.h"
#include "store/queue/redis.h"
#include "store/queue/sqs.h"

namespace slipway::serve {

namespace {

// Named, as it outlives the expression that awaits it.
struct SignForAws {
    std::shared_ptr<store::CredentialsProvider> credentials;
    std::string region, service;
    Task<void> operator()(net::ClientRequest& request) const {
        store::SigningScope scope{.region = region, .service = service, .at = now()};
        return store::sign_request(request, std::move(scope), *credentials);
    }
};

}  // namespace

Result<std::unique_ptr<store::Index>> open_index(const app::StoresSection& stores, store::Database& database,
                                                 AwsAccess& aws, bool anew) {
    const auto& url = stores.index;
    if (url.scheme.starts_with("opensearch+")) {
        SLIPWAY_TRY(auto options, store::opensearch_options(url.url.reveal()));
        if (!options.aws_region.empty())
            options.remote.sign = SignForAws{aws.credentials(), options.aws_region, options.aws_service};
        return store::open_opensearch(std::move(options));
    }
    if (url.scheme.starts_with("qdrant+")) {
        SLIPWAY_TRY(auto options, store::qdrant_options(url.url.reveal()));
        if (!stores.index_key.empty()) options.remote.headers.set("api-key", stores.index_key.reveal());
        return store::open_qdrant(std::move(options));
    }
    if (index_is_in_database(stores) || index_is_in_agents(stores)) return store::open_pgvector(database);
    if (index_is_in_postgres(stores)) {
        SLIPWAY_TRY(auto own, open_index_database(stores, aws));
        return store::open_pgvector(std::move(own));
    }
    if (anew) SLIPWAY_CHECK(store::remove_embedded(url.path));
    return store::open_embedded(url.path);
}

Result<std::unique_ptr<store::Objects>> open_objects(const ObjectsSettings& settings, WorkerPool& files,
                                                     AwsAccess& aws) {
    const auto& url = settings.url;
    if (url.scheme == "s3") {
        store::S3ObjectsOptions options;
        options.url = aws.at_endpoint(url.url.reveal(), "S3");
        options.region = aws.region();
        options.credentials = settings.access_key.empty()
                                  ? aws.credentials()
                                  : store::CredentialsProvider::of({.access_key_id = settings.access_key.reveal(),
                                                                    .secret_access_key = settings.secret_key.reveal()});
        return store::open_s3_objects(std::move(options), aws.client(), files);
    }
    store::FileObjectsOptions options;
    options.signing_key = settings.signing_key;
    options.url_prefix = settings.url_prefix;
    return store::open_file_objects(url.path, std::move(options), files);
}

Result<std::unique_ptr<store::Cache>> open_cache(const app::Manifest& manifest) {
    store::CacheOptions options;
    options.name = manifest.name;
    return store::open_cache(manifest.stores.cache.url.reveal(), std::move(options));
}

Result<std::unique_ptr<store::Channels>> open_channels(const app::Manifest& manifest) {
    store::ChannelsOptions options;
    options.name = manifest.name;
    return store::open_channels(manifest.stores.channels.url.reveal(), std::move(options));
}

Result<std::unique_ptr<store::Queue>> open_queue(const app::Manifest& manifest, store::Database& database,
                                                 WorkspaceId own, AwsAccess& aws) {
    const auto& url = manifest.stores.queue;
    if (url.scheme == "database") return store::make_database_queue(database);
    if (url.scheme == "sqs") {
        store::SqsQueueOptions options;
        options.url = aws.at_endpoint(url.url.reveal(), "SQS");
        options.region = aws.region();
        options.credentials = aws.credentials();
        options.workspace_id = [own,
                                known = manifest.accounts.workspace](const std::string& name) -> Result<std::string> {
            if (name == known) return own.value;
            return fail(ErrorCode::invalid, "stores.queue: there is no workspace '{}'; the application's is '{}'.",
                        name, known);
        };
        return store::make_sqs_queue(std::move(options), database, aws.client());
    }
    store::RedisQueueOptions options;
    options.name = manifest.name;
    return store::open_redis_queue(url.url.reveal(), std::move(options));
}

Result<std::unique_ptr<store::Mail>> open_mail(const app::StoreUrl& url, WorkerPool& files) {
    if (url.scheme == "file") return store::open_file_mail(url.path, {}, files);
    SLIPWAY_TRY(auto options, store::smtp_options(url.url.reveal()));
    return store::open_smtp(std::move(options));
}

std::string objects_engine(const app::StoreUrl& url) {
    if (url.scheme != "s3") return "files";
    const auto place = store::parse_s3_url(url.url.reveal(), "");
    return place && !place->endpoint.url.empty() ? "S3 at " + place->endpoint.url : "S3";
}

}  // namespace slipway::serve
