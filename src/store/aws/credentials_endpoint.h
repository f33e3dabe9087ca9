// Credentials of the machine: from the endpoint of a container (ECS, EKS Pod Identity) or of an instance (IMDSv2).
// Sources: "Container credential provider" and "IMDS credential provider" of the AWS SDKs and Tools Reference Guide.
#pragma once

#include <optional>
#include <string>

#include "base/environment.h"
#include "base/pool.h"
#include "net/client.h"
#include "store/aws/credentials.h"

namespace slipway::store {

// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or …_FULL_URI (https, or a host of the machine itself), with the token of
// AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, read each time, or …_TOKEN. nullopt when neither is set.
// `client` must know no proxy: these endpoints are on this machine.
Task<std::optional<AwsCredentials>> credentials_of_container(const Environment& environment, net::Client& client,
                                                             WorkerPool& pool);

// nullopt when AWS_EC2_METADATA_DISABLED is true. AWS_EC2_METADATA_SERVICE_ENDPOINT names another place.
Task<std::optional<AwsCredentials>> credentials_of_instance(const Environment& environment, net::Client& client);

// A small file of secrets or settings; `unavailable` that names it.
Task<std::string> read_small_file(std::string path, WorkerPool& pool);

}  // namespace slipway::store
