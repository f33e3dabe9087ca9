#include "lambda/answer.h"

#include <algorithm>
#include <array>

#include "base/crypto.h"
#include "base/text.h"

namespace slipway::lambda {
namespace {

constexpr std::size_t kPreludeEnd = 8;  // NUL bytes
// The sender says these itself.
constexpr std::array<std::string_view, 4> kOfTheConnection{"connection", "keep-alive", "transfer-encoding",
                                                           "content-length"};
constexpr std::array<std::string_view, 5> kTextTypes{"json", "xml", "javascript", "x-www-form-urlencoded", "yaml"};

bool is_kept(std::string_view name) {
    return std::ranges::find(kOfTheConnection, lower_ascii(name)) == kOfTheConnection.end();
}

bool is_cookie(std::string_view name) { return equal_ignoring_case(name, "Set-Cookie"); }

bool is_text(const HttpAnswer& answer) {
    if (answer.headers.has("Content-Encoding")) return false;
    const auto type = lower_ascii(answer.headers.get("Content-Type"));
    const auto names = [&type](std::string_view word) { return type.find(word) != std::string::npos; };
    const bool textual = type.empty() || type.starts_with("text/") || std::ranges::any_of(kTextTypes, names);
    return textual && is_valid_utf8(answer.body);
}

// {"Name": "value, value"}, without cookies, which cannot be joined.
json::object joined(const net::Headers& headers) {
    json::object fields;
    for (const auto& [name, value] : headers) {
        if (!is_kept(name) || is_cookie(name)) continue;
        auto& field = fields[lower_ascii(name)];
        field = field.is_string() ? to_text(field.get_string()) + ", " + value : value;
    }
    return fields;
}

json::object listed(const net::Headers& headers) {
    json::object fields;
    for (const auto& [name, value] : headers) {
        if (!is_kept(name)) continue;
        auto& field = fields[lower_ascii(name)];
        if (!field.is_array()) field = json::array();
        field.get_array().emplace_back(value);
    }
    return fields;
}

json::array cookies_of(const net::Headers& headers) {
    json::array cookies;
    for (const auto& [name, value] : headers)
        if (is_cookie(name)) cookies.emplace_back(value);
    return cookies;
}

// A balancer without multi-value headers takes each name once, and tells names apart by case.
void add_cookies_by_case(json::object& fields, const net::Headers& headers) {
    unsigned number = 0;
    for (const auto& cookie : cookies_of(headers)) {
        std::string name = "set-cookie";
        for (std::size_t i = 0, bit = 0; i < name.size(); ++i) {
            if (name[i] == '-') continue;
            if ((number >> bit++ & 1U) != 0) name[i] = static_cast<char>(name[i] - 'a' + 'A');
        }
        fields[name] = cookie;
        ++number;
    }
}

}  // namespace

std::string render_answer(const HttpEvent& event, const HttpAnswer& answer) {
    const bool text = is_text(answer);
    json::object rendered{{"statusCode", answer.status}};
    if (event.sender == Sender::http_api) {
        rendered["headers"] = joined(answer.headers);
        if (auto cookies = cookies_of(answer.headers); !cookies.empty()) rendered["cookies"] = std::move(cookies);
    } else if (event.sender == Sender::rest_api || event.multi_value) {
        rendered["multiValueHeaders"] = listed(answer.headers);
    } else {
        auto fields = joined(answer.headers);
        add_cookies_by_case(fields, answer.headers);
        rendered["headers"] = std::move(fields);
    }
    if (event.sender == Sender::load_balancer)
        rendered["statusDescription"] = fmt::format("{} {}", answer.status, net::reason_phrase(answer.status));
    rendered["body"] = text ? answer.body : to_base64(answer.body);
    rendered["isBase64Encoded"] = !text;
    return write_json(rendered);
}

std::string render_prelude(int status, const net::Headers& headers) {
    json::object prelude{{"statusCode", status}, {"headers", joined(headers)}};
    if (auto cookies = cookies_of(headers); !cookies.empty()) prelude["cookies"] = std::move(cookies);
    return write_json(prelude) + std::string(kPreludeEnd, '\0');
}

std::string render_failures(const std::vector<std::string>& ids) {
    json::array failures;
    for (const auto& id : ids) failures.push_back(json::object{{"itemIdentifier", id}});
    return write_json(json::object{{"batchItemFailures", std::move(failures)}});
}

}  // namespace slipway::lambda
