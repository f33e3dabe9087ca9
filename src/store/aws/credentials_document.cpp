#include "store/aws/credentials_document.h"

#include <array>
#include <charconv>

#include <pugixml.hpp>

#include "base/json.h"
#include "base/text.h"

namespace slipway::store {
namespace {

constexpr std::size_t kProfilesMax = 1000;

std::unexpected<Error> unreadable(std::string_view place) {
    return fail(ErrorCode::unavailable, "{} answered with something that is no AWS credentials.", place);
}

// "[profile name]": name; nullopt where the section is none of a profile.
std::optional<std::string> section_name(std::string_view line, ProfileFile kind) {
    const auto end = line.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    auto name = trim(line.substr(1, end - 1));
    if (kind == ProfileFile::credentials || name == "default") return std::string(name);
    if (!name.starts_with("profile ") && !name.starts_with("profile\t")) return std::nullopt;
    return std::string(trim(name.substr(8)));
}

std::string_view without_comment(std::string_view value) {
    for (const std::string_view mark : {" #", " ;", "\t#", "\t;"}) value = value.substr(0, value.find(mark));
    return trim(value);
}

}  // namespace

std::optional<Instant> parse_utc(std::string_view text) {
    std::array<int, 6> parts{};
    constexpr std::array<std::size_t, 6> kLengths{4, 2, 2, 2, 2, 2};
    constexpr std::string_view kAfter = "--T::";
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (text.size() < kLengths[i]) return std::nullopt;
        const auto part = text.substr(0, kLengths[i]);
        const auto [stop, error] = std::from_chars(part.begin(), part.end(), parts[i]);
        if (error != std::errc() || stop != part.end() || parts[i] < 0) return std::nullopt;
        text.remove_prefix(kLengths[i]);
        if (i == kAfter.size()) break;
        if (!text.starts_with(kAfter[i])) return std::nullopt;
        text.remove_prefix(1);
    }
    if (text.starts_with('.')) text.remove_prefix(std::min(text.find_first_not_of("0123456789", 1), text.size()));
    if (text != "Z" && text != "+00:00") return std::nullopt;
    const std::chrono::year_month_day day{std::chrono::year(parts[0]),
                                          std::chrono::month(static_cast<unsigned>(parts[1])),
                                          std::chrono::day(static_cast<unsigned>(parts[2]))};
    if (!day.ok() || parts[3] > 23 || parts[4] > 59 || parts[5] > 60) return std::nullopt;
    return std::chrono::sys_days(day) + std::chrono::hours(parts[3]) + std::chrono::minutes(parts[4]) +
           std::chrono::seconds(parts[5]);
}

Result<AwsCredentials> parse_credentials_json(std::string_view text, std::string_view place) {
    const auto value = parse_json(text);
    if (!value || !value->is_object()) return unreadable(place);
    const auto& object = value->get_object();
    AwsCredentials found{.access_key_id = std::string(text_or(object, "AccessKeyId")),
                         .secret_access_key = std::string(text_or(object, "SecretAccessKey")),
                         .session_token = std::string(text_or(object, "Token")),
                         .expires = parse_utc(text_or(object, "Expiration"))};
    if (found.session_token.empty()) found.session_token = text_or(object, "SessionToken");
    if (!found.access_key_id.empty() && !found.secret_access_key.empty()) return found;
    const auto code = text_or(object, "Code", text_or(object, "code"));
    if (code.empty() || code == "Success") return unreadable(place);
    return fail(ErrorCode::unavailable, "{} has no credentials: {}.", place, cut_utf8(code, 100));
}

Result<AwsCredentials> parse_assumed_role(std::string_view text) {
    pugi::xml_document document;
    if (!document.load_buffer(text.data(), text.size())) return unreadable("STS");
    // <AssumeRole…Response><AssumeRole…Result><Credentials>
    const auto result = document.document_element().find_child(
        [](const pugi::xml_node& node) { return std::string_view(node.name()).ends_with("Result"); });
    const auto given = result.child("Credentials");
    AwsCredentials found{.access_key_id = given.child_value("AccessKeyId"),
                         .secret_access_key = given.child_value("SecretAccessKey"),
                         .session_token = given.child_value("SessionToken"),
                         .expires = parse_utc(given.child_value("Expiration"))};
    if (found.access_key_id.empty() || found.secret_access_key.empty()) return unreadable("STS");
    return found;
}

void add_profiles(std::string_view text, ProfileFile kind, Profiles& into) {
    ProfileValues* current = nullptr;
    for (const auto line : split(text, '\n')) {
        const auto trimmed = trim(line);
        if (trimmed.empty() || trimmed.starts_with('#') || trimmed.starts_with(';')) continue;
        if (trimmed.starts_with('[')) {
            const auto name = section_name(trimmed, kind);
            current = name && into.size() < kProfilesMax ? &into[*name] : nullptr;
            continue;
        }
        const bool nested = line.starts_with(' ') || line.starts_with('\t');  // settings of one service
        const auto equals = trimmed.find('=');
        if (current == nullptr || nested || equals == std::string_view::npos) continue;
        current->try_emplace(lower_ascii(trim(trimmed.substr(0, equals))), without_comment(trimmed.substr(equals + 1)));
    }
}

}  // namespace slipway::store
