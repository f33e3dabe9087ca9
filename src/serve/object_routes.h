// GET, PUT and POST /objects/{workspace}/{key}, and /objects-of/{purpose}/… for files with a folder of their own: what
// Objects::presign() and presign_form() open when the objects lie in a folder of this machine. The signature is the
// permission; nothing else is asked.
#pragma once

#include "net/router.h"
#include "serve/application.h"

namespace slipway::serve {

void add_object_routes(net::Router& router, const Application& application);

}  // namespace slipway::serve
