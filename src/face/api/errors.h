// Errors of the default API: one body, one table of code to status.
//
//     {"error": {"code": "not_found", "message": "There is no chat 7.", "details": {}, "request_id": "…"}}
#pragma once

#include "net/http.h"

namespace slipway::face {

int status_of(ErrorCode code);
json::object error_body(const Error& error, std::string_view request_id);
net::Response render_error(const net::Request& request, const Error& error);
// For errors outside handlers, where HTTP has a more exact status than the code (405, 413, 431, …).
net::Response render_http_error(const net::Request& request, int status, const Error& error);

}  // namespace slipway::face
