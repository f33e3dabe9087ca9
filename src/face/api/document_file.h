// /api/documents/{id}/file: the original of a document, for who is signed in or holds a signed link
// (app/capabilities/links.h).
#pragma once

#include "app/capabilities/capabilities.h"
#include "net/router.h"

namespace slipway::face {

void add_document_file(net::Router& router, const app::Capabilities& capabilities);

}  // namespace slipway::face
