// The signature of a request that another client than AwsClient sends, such as one to OpenSearch of Amazon.
#pragma once

#include <string_view>

#include "net/client.h"
#include "store/aws/credentials_provider.h"
#include "store/aws/sigv4.h"

namespace slipway::store {

// Adds what proves who asks (sigv4.h) to a request that is otherwise complete: its headers so far are signed, and its
// body. The query is written anew, escaped as it is signed. `service` is the signing name: "es" (OpenSearch domains),
// "aoss" (serverless), … `unavailable` when there are no credentials.
Task<void> sign_request(net::ClientRequest& request, SigningScope scope, CredentialsProvider& credentials);

}  // namespace slipway::store
