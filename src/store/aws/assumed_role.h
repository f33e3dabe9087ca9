// Credentials of a role, from STS (Query protocol, API version 2011-06-15).
#pragma once

#include <string>

#include "store/aws/aws_client.h"

namespace slipway::store {

struct RoleRequest {
    std::string role_arn;
    std::string session_name;  // empty: "slipway"
    std::string external_id;   // empty: none
};

// The web identity's token is the proof; nothing is signed.
Task<AwsCredentials> assume_role_with_web_identity(net::Client& client, AwsEndpoint sts, RoleRequest role,
                                                   std::string token);
// `source` may assume the role.
Task<AwsCredentials> assume_role(net::Client& client, AwsEndpoint sts, RoleRequest role, AwsCredentials source);

}  // namespace slipway::store
