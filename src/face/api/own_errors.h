// Errors in a form of the application's own, for dialects whose clients expect it.
//
//     body:     error.code → "{code}", error.message → "{message}", error.details.errors → "{errors}", success →
//     "{false}" codes:    unauthorized.expired → token_expired, unauthorized → AUTHENTICATION_FAILED statuses: invalid
//     → 422
//
// A dot in a name of the body is an object inside. Of {code}, {status}, {message}, {reason}, {request_id},
// {retry_after} (whole seconds), {errors} ([{field, message, type}] of a body or query that does not fit its schema),
// {details}, {true}, {false} and {null}, one that is the whole text keeps its type, and its field is left out where
// there is none. codes and statuses are looked up by code and details.reason, then by the code alone.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "net/http.h"

namespace slipway::face {

struct OwnErrors {
    using Texts = std::vector<std::pair<std::string, std::string>>;
    Texts body, codes, statuses;
};

// `invalid` names what is wrong: a placeholder, a code, a status.
Result<void> check_own_errors(const OwnErrors& form);
net::Response render_own_error(const OwnErrors& form, const net::Request& request, const Error& error);
// For errors outside handlers, where HTTP has a more exact status than the code.
net::Response render_own_http_error(const OwnErrors& form, const net::Request& request, int status, const Error& error);

}  // namespace slipway::face
