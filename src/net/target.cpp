#include "net/target.h"

#include <algorithm>

#include "base/percent.h"
#include "base/text.h"

namespace slipway::net {
namespace {

std::unexpected<Refusal> bad_target(std::string_view why) {
    return refuse(400, ErrorCode::invalid, "The path of the request is not valid: {}.", why);
}

bool is_plain(std::string_view path) {
    return path.find('%') == std::string_view::npos && path.find("/.") == std::string_view::npos &&
           std::ranges::all_of(path, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

bool is_host(std::string_view value) {
    return !value.empty() && std::ranges::all_of(value, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("-._~:[]%!$&'()*+;=").find(c) != std::string_view::npos;
    });
}

std::optional<std::string> without_dot_segments(std::string_view path) {
    std::vector<std::string_view> kept;
    auto segments = split(path.substr(1), '/');
    for (std::size_t i = 0; i < segments.size(); ++i) {
        const auto segment = segments[i];
        const bool last = i + 1 == segments.size();
        if (segment == "." || segment == "..") {
            if (segment == ".." && kept.empty()) return std::nullopt;
            if (segment == "..") kept.pop_back();
            if (last) kept.emplace_back();
        } else {
            kept.push_back(segment);
        }
    }
    std::string normal;
    for (const auto segment : kept) normal.append("/").append(segment);
    return normal.empty() ? "/" : normal;
}

std::expected<void, Refusal> read_target(Request& request) {
    std::string_view target = request.target;
    if (target == "*" && request.method == Method::options) {
        request.path = "*";
        return {};
    }
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!equal_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
        const auto end = std::min(target.find_first_of("/?", scheme.size()), target.size());
        const auto host = target.substr(scheme.size(), end - scheme.size());
        if (!is_host(host)) return bad_target("the host in it is empty or malformed");
        request.headers.set("Host", std::string(host));
        target.remove_prefix(end);
        if (!target.starts_with('/'))
            request.target = "/" + std::string(target);
        else
            request.target = std::string(target);
        target = request.target;
        break;
    }
    if (!target.starts_with('/')) return bad_target("it does not begin with '/'");
    if (target.find('#') != std::string_view::npos) return bad_target("it has a fragment");
    const auto mark = target.find('?');
    const auto path = target.substr(0, mark);
    if (is_plain(path)) {
        request.path = path;
    } else {
        // Decoded first: "%2e%2e" and "%2f" must not mean anything else than what they stand for.
        const auto decoded = percent_decode(path);
        if (!decoded) return bad_target("a percent escape is broken, or it is not UTF-8");
        auto normal = without_dot_segments(*decoded);
        if (!normal) return bad_target("it leads above the root");
        request.path = std::move(*normal);
    }
    if (mark == std::string_view::npos) return {};
    auto query = parse_form(target.substr(mark + 1));
    if (!query)
        return refuse(400, ErrorCode::invalid,
                      "The query of the request has a broken percent escape, or is not UTF-8.");
    request.query = std::move(*query);
    return {};
}

}  // namespace slipway::net
