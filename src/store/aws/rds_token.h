// The password of a database user who signs in with IAM ("IAM database authentication" of RDS and Aurora, also through
// RDS Proxy): a URL signed for the service rds-db, without its scheme. It opens connections for 15 minutes, so each new
// one gets one of its own; it needs TLS.
#pragma once

#include <cstdint>
#include <string>

#include "store/aws/credentials.h"

namespace slipway::store {

// `at`: now. The region is that of the database.
std::string rds_token(const std::string& host, std::uint16_t port, const std::string& user, const std::string& region,
                      const AwsCredentials& credentials, Instant at);

}  // namespace slipway::store
