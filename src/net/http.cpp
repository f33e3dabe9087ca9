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

struct Reason {
    int status;
    std::string_view phrase;
};

constexpr auto kReasons = std::to_array<Reason>({
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
});
static_assert(std::ranges::is_sorted(kReasons, {}, &Reason::status));

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

Response Response::empty(int status) { return Response{.status = status}; }

std::string_view reason_phrase(int status) {
    const auto* const known = std::ranges::lower_bound(kReasons, status, {}, &Reason::status);
    return known != kReasons.end() && known->status == status ? known->phrase : "Status";
}

}  // namespace slipway::net
