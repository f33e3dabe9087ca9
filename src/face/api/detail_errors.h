// Errors in the form that FastAPI applications use, for dialects whose clients expect it: {"detail": "…"}, and for a
// body or query that does not fit its schema 422 with {"detail": [{"type", "loc", "msg"}]}.
#pragma once

#include "net/http.h"

namespace slipway::face {

net::Response render_detail_error(const net::Request& request, const Error& error);

}  // namespace slipway::face
