// Who this process is to AWS: one source of credentials for all stores that lie there.
#pragma once

#include <memory>
#include <mutex>

#include "app/manifest/server.h"
#include "base/environment.h"
#include "base/pool.h"
#include "net/client.h"
#include "store/aws/credentials_chain.h"
#include "store/database/postgres/url.h"
#include "store/secrets/secrets.h"

namespace slipway::serve {

// Thread safe. Looks nothing up before it is asked; outlives the stores that use it.
class AwsAccess {
 public:
    explicit AwsAccess(const Environment& environment);

    net::Client& client() { return client_; }
    const std::shared_ptr<store::CredentialsProvider>& credentials() const { return credentials_; }
    const std::string& region() const { return region_; }

    // The password of a role that signs in with IAM, made anew for each connection. `target` is the database's.
    Task<std::string> database_password(std::string host, std::uint16_t port, std::string user, std::string region);

 private:
    static constexpr std::size_t kThreads = 1;  // for files with profiles and tokens
    WorkerPool files_{"aws files", kThreads};
    net::Client client_;
    std::shared_ptr<store::CredentialsProvider> credentials_;
    std::string region_;
};

// The store of secrets that a manifest names, for ManifestOptions::open_secrets. `invalid` for a scheme that is not
// known.
Result<std::unique_ptr<store::Secrets>> open_secrets(const app::StoreUrl& url, const Environment& environment);

}  // namespace slipway::serve
