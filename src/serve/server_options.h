// The HTTP server of an application, as its manifest has it.
#pragma once

#include "net/server.h"
#include "serve/application.h"

namespace slipway::serve {

// The application outlives the server.
net::ServerOptions server_options(Application& application);

}  // namespace slipway::serve
