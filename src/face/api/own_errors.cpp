#include "face/api/own_errors.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/text.h"
#include "face/api/errors.h"

namespace slipway::face {
namespace {

constexpr auto kPlaceholders = std::to_array<std::string_view>(
    {"code", "status", "message", "reason", "request_id", "retry_after", "errors", "details", "true", "false", "null"});

std::optional<int> status_from(std::string_view text) {
    int status = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return whole && status >= 400 && status <= 599 ? std::optional(status) : std::nullopt;
}

const std::string* entry_of(const OwnErrors::Texts& texts, const Error& error) {
    const auto code = to_string(error.code);
    const auto reason = text_or(error.details, "reason");
    const std::string* general = nullptr;
    for (const auto& [name, text] : texts) {
        if (!reason.empty() && name == fmt::format("{}.{}", code, reason)) return &text;
        if (name == code) general = &text;
    }
    return general;
}

json::array errors_of(const json::array& found) {
    json::array errors;
    for (const auto& entry : found) {
        const auto* object = entry.if_object();
        if (object == nullptr) continue;
        errors.push_back(json::object{{"field", text_or(*object, "path", text_or(*object, "field"))},
                                      {"message", text_or(*object, "message")},
                                      {"type", text_or(*object, "type", "value_error")}});
    }
    return errors;
}

struct Told {
    const net::Request& request;
    const Error& error;
    int status;
    std::string code;
};

// nullopt: there is none.
std::optional<json::value> value_of(std::string_view placeholder, const Told& told) {
    const auto text = [](std::string_view found) -> std::optional<json::value> {
        if (found.empty()) return std::nullopt;
        return json::value(found);
    };
    const auto& details = told.error.details;
    if (placeholder == "code") return json::value(told.code);
    if (placeholder == "status") return json::value(told.status);
    if (placeholder == "message") return json::value(told.error.message);
    if (placeholder == "reason") return text(text_or(details, "reason"));
    if (placeholder == "request_id") return text(told.request.request_id);
    if (placeholder == "true" || placeholder == "false") return json::value(placeholder == "true");
    if (placeholder == "null") return json::value(nullptr);
    if (placeholder == "retry_after") {
        const auto wait = std::ceil(number_or(details, "retry_after_seconds", 0));
        if (wait <= 0) return std::nullopt;
        return json::value(static_cast<std::int64_t>(wait));
    }
    if (placeholder == "errors") {
        const auto* errors = array_in(details, "errors");
        if (errors == nullptr) return std::nullopt;
        return json::value(errors_of(*errors));
    }
    if (details.empty()) return std::nullopt;
    return json::value(details);
}

// What stands between braces, "" when a text is not one placeholder alone.
std::string_view whole_placeholder(std::string_view text) {
    if (text.size() < 3 || text.front() != '{' || text.back() != '}') return {};
    const auto inside = text.substr(1, text.size() - 2);
    return std::ranges::find(kPlaceholders, inside) == kPlaceholders.end() ? std::string_view() : inside;
}

std::string filled(std::string_view text, const Told& told) {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        const auto open = text.find('{', at), close = text.find('}', at);
        const auto name =
            open < close && close != std::string_view::npos ? text.substr(open, close + 1 - open) : std::string_view();
        const auto placeholder = whole_placeholder(name);
        if (placeholder.empty()) {
            result += text.substr(at, close == std::string_view::npos ? close : close + 1 - at);
            at = close == std::string_view::npos ? text.size() : close + 1;
            continue;
        }
        result += text.substr(at, open - at);
        if (const auto value = value_of(placeholder, told))
            result += value->is_string() ? to_text(value->get_string()) : write_json(*value);
        at = close + 1;
    }
    return result;
}

void put(json::object& body, std::string_view name, json::value value) {
    auto* object = &body;
    for (auto dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
        auto& inner = (*object)[name.substr(0, dot)];
        if (!inner.is_object()) inner = json::object();
        object = &inner.get_object();
        name.remove_prefix(dot + 1);
    }
    (*object)[name] = std::move(value);
}

net::Response rendered(const OwnErrors& form, const net::Request& request, net::Response response, const Error& error) {
    Told told{request, error, response.status, std::string(to_string(error.code))};
    if (const auto* code = entry_of(form.codes, error)) told.code = *code;
    json::object body;
    for (const auto& [name, text] : form.body) {
        const auto placeholder = whole_placeholder(text);
        if (placeholder.empty())
            put(body, name, json::value(filled(text, told)));
        else if (auto value = value_of(placeholder, told))
            put(body, name, *std::move(value));
    }
    response.body = write_json(body);
    return response;
}

Result<void> check_name(std::string_view name) {
    const auto code = name.substr(0, name.find('.'));
    if (!error_code_from(code)) return fail(ErrorCode::invalid, "There is no code of errors '{}'.", code);
    return {};
}

}  // namespace

Result<void> check_own_errors(const OwnErrors& form) {
    if (form.body.empty())
        return fail(ErrorCode::invalid, "`body` says what an error looks like, such as {{error: \"{{message}}\"}}.");
    for (const auto& [name, text] : form.body)
        for (auto open = text.find('{'); open != std::string::npos; open = text.find('{', open + 1)) {
            const auto close = text.find('}', open);
            const auto inside = text.substr(open + 1, close == std::string::npos ? close : close - open - 1);
            if (close == std::string::npos || std::ranges::find(kPlaceholders, inside) == kPlaceholders.end())
                return fail(ErrorCode::invalid, "`body.{}`: there is no {{{}}}; there are {{{}}}.", name, inside,
                            fmt::join(kPlaceholders, "}, {"));
        }
    for (const auto& [name, code] : form.codes) SLIPWAY_CHECK(check_name(name));
    for (const auto& [name, status] : form.statuses) {
        SLIPWAY_CHECK(check_name(name));
        if (!status_from(status)) return fail(ErrorCode::invalid, "`statuses.{}` is a status from 400 to 599.", name);
    }
    return {};
}

net::Response render_own_error(const OwnErrors& form, const net::Request& request, const Error& error) {
    auto response = render_error(request, error);
    if (const auto* status = entry_of(form.statuses, error)) response.status = status_from(*status).value_or(500);
    return rendered(form, request, std::move(response), error);
}

net::Response render_own_http_error(const OwnErrors& form, const net::Request& request, int status,
                                    const Error& error) {
    return rendered(form, request, render_http_error(request, status, error), error);
}

}  // namespace slipway::face
