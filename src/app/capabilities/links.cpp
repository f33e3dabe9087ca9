#include "app/capabilities/links.h"

#include <charconv>

#include "base/crypto.h"

namespace slipway::app {
namespace {

constexpr std::string_view kPrefix = "/api/documents/";
constexpr std::string_view kPurpose =
    "slipway document link\n";  // keeps these signatures apart from tokens of the same secret

}  // namespace

std::string Links::signature(std::string_view path, std::string_view workspace, std::string_view expires) const {
    return to_base64url(hmac_sha256(secret_, fmt::format("{}{}\n{}\n{}", kPurpose, path, workspace, expires)));
}

std::string Links::sign(const WorkspaceId& workspace, std::string_view url) const {
    if (!url.starts_with(kPrefix)) return std::string(url);
    const auto fragment = url.find('#');
    const auto path = url.substr(0, fragment);
    // Whole hours, so that a page shown twice has the same links and a browser's cache serves them.
    const auto until = std::chrono::ceil<std::chrono::hours>(now() + valid_for_);
    const auto expires =
        std::to_string(std::chrono::duration_cast<std::chrono::seconds>(until.time_since_epoch()).count());
    return fmt::format("{}?workspace={}&expires={}&signature={}{}", path, workspace.value, expires,
                       signature(path, workspace.value, expires),
                       fragment == std::string_view::npos ? std::string_view() : url.substr(fragment));
}

void Links::sign_sources(const WorkspaceId& workspace, json::array& sources) const {
    for (auto& source : sources)
        if (auto* object = source.if_object())
            if (auto* url = object->if_contains("url"); url != nullptr && url->is_string())
                *url = sign(workspace, to_text(url->get_string()));
}

std::optional<WorkspaceId> Links::verify(const net::Request& request) const {
    const auto given = request.query_value("signature"), workspace = request.query_value("workspace"),
               expires = request.query_value("expires");
    if (given.empty()) return std::nullopt;
    if (!equal_constant_time(given, signature(request.path, workspace, expires))) return std::nullopt;
    std::int64_t until = 0;
    const auto [end, error] = std::from_chars(expires.data(), expires.data() + expires.size(), until);
    if (error != std::errc() || until * 1000 < to_unix_ms(now())) return std::nullopt;
    return WorkspaceId{std::string(workspace)};
}

}  // namespace slipway::app
