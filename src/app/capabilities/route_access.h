// Which workspace a request acts in, and whether whoever makes it may call its route: asked once, in one place, before
// any handler of the API, of a script or of a WebSocket.
//
// The workspace is the first of these that is there: the parameter of the path that the route names
// (net::Operation::workspace), the header X-Workspace (an id or a slug), the workspace of a proven domain that the Host
// is, the one that the token or key is for. Who is no member of it gets `not_found`, as if it did not exist.
//
// A route says in net::Operation::scope what it needs. One that says nothing may be called by every person who is
// signed in, but by no key that holds less than its role.
#pragma once

#include "app/capabilities/capabilities.h"
#include "net/router.h"

namespace slipway::app {

inline constexpr std::string_view kWorkspaceHeader = "X-Workspace";

// The same principal as a member of that workspace, with the scopes that count there. `not_found`, `forbidden`.
Task<account::Principal> enter_route(const Capabilities& capabilities, const net::Request& request,
                                     account::Principal principal);

}  // namespace slipway::app
