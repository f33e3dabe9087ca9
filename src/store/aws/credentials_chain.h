// Where AWS credentials are looked for when none are given, in the order of the AWS SDKs:
//   1. AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
//   2. the profile AWS_PROFILE (or "default") of AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE (~/.aws/…): keys, a
//      role of a source_profile or credential_source, or a role of a web identity. AWS_PROFILE itself comes first.
//   3. AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN (EKS, CI)
//   4. the endpoint of the container (ECS, EKS Pod Identity)
//   5. the metadata of the instance (IMDSv2)
// The first place that is set up is the one: when it fails, no other is asked, which would be another role. Each
// renewal looks anew, so keys and tokens that were changed in files are found.
#pragma once

#include <memory>
#include <string>

#include "base/environment.h"
#include "base/pool.h"
#include "net/client.h"
#include "store/aws/credentials_provider.h"

namespace slipway::store {

// The client (for STS) and the pool (for files) must outlive the provider.
std::shared_ptr<CredentialsProvider> credentials_from_chain(Environment environment, net::Client& client,
                                                            WorkerPool& pool);

// AWS_REGION, AWS_DEFAULT_REGION, the profile's region, or empty. Reads files: call it at start, before the loops.
std::string region_from_chain(const Environment& environment);

}  // namespace slipway::store
