#include "net/http.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "base/text.h"

namespace slipway::net {
namespace {

constexpr std::array<std::string_view, 7> kMethods{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

std::string_view value_in(const Fields& fields, std::string_view name, std::string_view otherwise) {
    const auto found = std::ranges::find(fields, name, &Fields::value_type::first);
    return found == fields.end() ? otherwise : std::string_view(found->second);
}

}  // namespace

std::string_view to_string(Method method) { return kMethods[static_cast<std::size_t>(method)]; }

std::optional<Method> method_from(std::string_view name) {
    for (std::size_t i = 0; i < kMethods.size(); ++i)
        if (kMethods[i] == name) return static_cast<Method>(i);
    return std::nullopt;
}

std::string_view Headers::get(std::string_view name) const {
    for (const auto& [field, value] : fields_)
        if (equal_ignoring_case(field, name)) return value;
    return {};
}

bool Headers::has(std::string_view name) const {
    return std::ranges::any_of(fields_, [&](const auto& field) { return equal_ignoring_case(field.first, name); });
}

void Headers::set(std::string_view name, std::string value) {
    remove(name);
    add(name, std::move(value));
}

void Headers::add(std::string_view name, std::string value) {
    fields_.emplace_back(std::string(name), std::move(value));
}

void Headers::remove(std::string_view name) {
    std::erase_if(fields_, [&](const auto& field) { return equal_ignoring_case(field.first, name); });
}

std::string_view Request::parameter(std::string_view name) const { return value_in(parameters, name, ""); }

std::string_view Request::query_value(std::string_view name, std::string_view otherwise) const {
    return value_in(query, name, otherwise);
}

Response Response::text(int status, std::string body, std::string_view content_type) {
    Response response{.status = status};
    response.headers.add("Content-Type", std::string(content_type));
    response.body = std::move(body);
    return response;
}

Response Response::of_json(int status, const json::value& value) {
    return text(status, write_json(value), "application/json");
}

Response Response::file(std::filesystem::path path, std::string_view content_type) {
    Response response;
    response.headers.add("Content-Type", std::string(content_type));
    response.body = FileBody{std::move(path)};
    return response;
}

Response Response::events(EventBody body) {
    Response response;
    response.headers.add("Content-Type", "text/event-stream");
    response.body = std::move(body);
    return response;
}

Response Response::redirect(int status, std::string location) {
    Response response{.status = status};
    response.headers.add("Location", std::move(location));
    return response;
}

Response Response::empty(int status) { return Response{.status = status}; }

std::string_view reason_phrase(int status) {
    switch (status) {
        case 100:
            return "Continue";
        case 101:
            return "Switching Protocols";
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 206:
            return "Partial Content";
        case 301:
            return "Moved Permanently";
        case 302:
            return "Found";
        case 303:
            return "See Other";
        case 304:
            return "Not Modified";
        case 307:
            return "Temporary Redirect";
        case 308:
            return "Permanent Redirect";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 402:
            return "Payment Required";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 406:
            return "Not Acceptable";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 410:
            return "Gone";
        case 411:
            return "Length Required";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 414:
            return "URI Too Long";
        case 415:
            return "Unsupported Media Type";
        case 416:
            return "Range Not Satisfiable";
        case 417:
            return "Expectation Failed";
        case 422:
            return "Unprocessable Content";
        case 426:
            return "Upgrade Required";
        case 428:
            return "Precondition Required";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 502:
            return "Bad Gateway";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        case 505:
            return "HTTP Version Not Supported";
        case 507:
            return "Insufficient Storage";
        default:
            return "Status";
    }
}

}  // namespace slipway::net
