// The content of a file as an HTTP answer: GET …/content for who may read it, GET /files/… for the world.
#pragma once

#include "app/capabilities/capabilities.h"
#include "net/router.h"

namespace slipway::face {

void add_file_content(net::Router& router, const app::Capabilities& capabilities);

}  // namespace slipway::face
