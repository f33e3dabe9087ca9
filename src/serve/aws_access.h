// Who this process is to AWS: one source of credentials for all stores that lie there.
#pragma once

#include <memory>
#include <mutex>

#include "app/manifest/server.h"
#include "base/environment.h"
#include "net/client.h"
#include "store/aws/credentials_chain.h"
#include "store/database/postgres/url.h"
#include "store/secrets/secrets.h"

namespace slipway::serve {

// Thread safe. Costs nothing where no store lies in AWS: files are read, and its thread begins, when it is first asked.
// Outlives the stores that use it.
class AwsAccess {
 public:
    explicit AwsAccess(Environment environment);
    ~AwsAccess();

    net::Client& client();
    const std::shared_ptr<store::CredentialsProvider>& credentials();
    const std::string& region();
    // The URL of a store in `service` ("S3", "SQS") with the endpoint that AWS_ENDPOINT_URL_<service>, else
    // AWS_ENDPOINT_URL names, as AWS's own tools take them; an endpoint in the URL wins.
    std::string at_endpoint(std::string url, std::string_view service) const;

    // The password of a role that signs in with IAM, made anew for each connection. `target` is the database's.
    Task<std::string> database_password(std::string host, std::uint16_t port, std::string user, std::string region);

 private:
    struct Parts;
    Parts& parts();

    Environment environment_;
    std::once_flag made_;
    std::unique_ptr<Parts> parts_;
};

// The store of secrets that a manifest names, for ManifestOptions::open_secrets. `invalid` for a scheme that is not
// known.
Result<std::unique_ptr<store::Secrets>> open_secrets(const app::StoreUrl& url, const Environment& environment);

}  // namespace slipway::serve
