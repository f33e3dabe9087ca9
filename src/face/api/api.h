// The default face: the REST API that every application has without a line of Lua. All JSON; paths below /api; errors
// as errors.h says.
#pragma once

#include "app/capabilities/capabilities.h"
#include "net/router.h"

namespace slipway::face {

struct ApiOptions {
    std::size_t upload_bytes_max = 50 << 20;
    std::size_t search_results_max = 50;
    std::uint64_t file_bytes_max = 256 << 20;  // of a file that is sent in one request, whatever its purpose allows
    // Asked before each message of a WebSocket, which are requests that the server does not see. Empty: all may.
    std::function<Task<void>(const account::User&)> admit_message = {};
};

// Everything below. `capabilities` outlives the router.
void add_api(net::Router& router, const app::Capabilities& capabilities, ApiOptions options);

void add_account_routes(net::Router& router, const app::Capabilities& capabilities);
void add_credential_routes(net::Router& router, const app::Capabilities& capabilities);
void add_token_routes(net::Router& router, const app::Capabilities& capabilities);
// Nothing where the manifest names no providers.
void add_identity_routes(net::Router& router, const app::Capabilities& capabilities);
void add_chat_routes(net::Router& router, const app::Capabilities& capabilities);
void add_chat_socket(net::Router& router, const app::Capabilities& capabilities, const ApiOptions& options);
void add_document_routes(net::Router& router, const app::Capabilities& capabilities, ApiOptions options);
void add_search_routes(net::Router& router, const app::Capabilities& capabilities, ApiOptions options);
void add_event_routes(net::Router& router, const app::Capabilities& capabilities);
// Nothing where the manifest has no `files`.
void add_file_routes(net::Router& router, const app::Capabilities& capabilities, const ApiOptions& options);
void add_job_routes(net::Router& router, const app::Capabilities& capabilities);
void add_factor_routes(net::Router& router, const app::Capabilities& capabilities);
void add_key_routes(net::Router& router, const app::Capabilities& capabilities);

}  // namespace slipway::face
