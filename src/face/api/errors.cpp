#include "face/api/errors.h"

#include <cmath>

#include "base/log.h"

namespace slipway::face {

int status_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::not_found:
            return 404;
        case ErrorCode::invalid:
            return 400;
        case ErrorCode::conflict:
            return 409;
        case ErrorCode::unauthorized:
            return 401;
        case ErrorCode::forbidden:
            return 403;
        case ErrorCode::rate_limited:
            return 429;
        case ErrorCode::budget_exceeded:
            return 402;
        case ErrorCode::upstream:
            return 502;
        case ErrorCode::unavailable:
            return 503;
        case ErrorCode::internal:
            return 500;
    }
    return 500;
}

json::object error_body(const Error& error, std::string_view request_id) {
    json::object inner{{"code", to_string(error.code)}, {"message", error.message}};
    if (!error.details.empty()) inner["details"] = error.details;
    if (!request_id.empty()) inner["request_id"] = request_id;
    return {{"error", std::move(inner)}};
}

net::Response render_http_error(const net::Request& request, int status, const Error& error) {
    auto response = net::Response::of_json(status, error_body(error, request.request_id));
    if (status == 401) response.headers.set("WWW-Authenticate", "Bearer");
    // Whole seconds (RFC 9110 section 10.2.3); a provider may ask for parts of one.
    if (const auto wait = std::ceil(number_or(error.details, "retry_after_seconds", 0)); wait > 0)
        response.headers.set("Retry-After", std::to_string(static_cast<std::int64_t>(wait)));
    return response;
}

net::Response render_error(const net::Request& request, const Error& error) {
    if (error.code == ErrorCode::internal)
        log::error("request failed", {{"request_id", request.request_id}, {"error", error.message}});
    return render_http_error(request, status_of(error.code), error);
}

}  // namespace slipway::face
