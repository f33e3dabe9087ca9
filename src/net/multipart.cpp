// multipart/form-data (RFC 7578 on RFC 2046 section 5.1).
#include "base/text.h"
#include "net/http.h"

namespace slipway::net {
namespace {

constexpr std::size_t kBoundaryMax = 70;      // RFC 2046
constexpr std::size_t kPartHeaderMax = 4096;  // of one part, all lines
constexpr std::string_view kLineEnd = "\r\n";

std::unexpected<Error> broken(std::string_view what) {
    return fail(ErrorCode::invalid, "The multipart body is broken: {}.", what);
}

// The value of `name` among the parameters of a header value such as `form-data; name="a"; filename="b.txt"`.
std::optional<std::string> parameter_of(std::string_view header, std::string_view name) {
    auto rest = header.substr(std::min(header.find(';'), header.size()));
    while (!rest.empty()) {
        rest.remove_prefix(1);  // ';'
        const auto equals = rest.find('=');
        if (equals == std::string_view::npos) return std::nullopt;
        const auto key = trim(rest.substr(0, equals));
        rest = trim(rest.substr(equals + 1));
        std::string value;
        if (!rest.empty() && rest.front() == '"') {
            std::size_t i = 1;
            for (; i < rest.size() && rest[i] != '"'; ++i) {
                // Browsers escape only the quote; a backslash before anything else is part of an old Windows path.
                if (rest[i] == '\\' && i + 1 < rest.size() && (rest[i + 1] == '"' || rest[i + 1] == '\\')) ++i;
                value += rest[i];
            }
            if (i == rest.size()) return std::nullopt;
            rest.remove_prefix(i + 1);
        } else {
            const auto end = std::min(rest.find(';'), rest.size());
            value = trim(rest.substr(0, end));
            rest.remove_prefix(end);
        }
        if (equal_ignoring_case(key, name)) return value;
        rest.remove_prefix(std::min(rest.find(';'), rest.size()));
    }
    return std::nullopt;
}

// A file name is a name, not a path: some clients send the whole path.
std::string base_name(std::string name) {
    const auto slash = name.find_last_of("/\\");
    return slash == std::string::npos ? name : name.substr(slash + 1);
}

Result<FormPart> parse_part(std::string_view part) {
    const auto head_end = part.find("\r\n\r\n");
    if (head_end == std::string_view::npos || head_end > kPartHeaderMax) return broken("a part has no end of header");
    FormPart form_part{.data = std::string(part.substr(head_end + 4))};
    auto head = part.substr(0, head_end);
    bool named = false;
    while (!head.empty()) {
        const auto end = std::min(head.find(kLineEnd), head.size());
        const auto line = head.substr(0, end);
        head.remove_prefix(std::min(end + kLineEnd.size(), head.size()));
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) return broken("a header line without colon");
        const auto name = line.substr(0, colon);
        const auto value = trim(line.substr(colon + 1));
        if (equal_ignoring_case(name, "content-type")) form_part.content_type = value;
        if (!equal_ignoring_case(name, "content-disposition")) continue;
        const auto field = parameter_of(value, "name");
        if (!field || !is_valid_utf8(*field)) return broken("a part without a valid name");
        form_part.name = *field;
        named = true;
        if (auto file = parameter_of(value, "filename")) {
            if (!is_valid_utf8(*file)) return broken("a file name that is not UTF-8");
            form_part.file_name = base_name(std::move(*file));
        }
    }
    if (!named) return broken("a part without Content-Disposition");
    return form_part;
}

}  // namespace

Result<std::vector<FormPart>> parse_multipart(std::string_view content_type, std::string_view body,
                                              std::size_t parts_max) {
    if (!lower_ascii(content_type.substr(0, 20)).starts_with("multipart/form-data"))
        return fail(ErrorCode::invalid, "The body must be multipart/form-data.");
    const auto boundary = parameter_of(content_type, "boundary");
    if (!boundary || boundary->empty() || boundary->size() > kBoundaryMax)
        return broken("no usable boundary in Content-Type");
    const auto delimiter = "\r\n--" + *boundary;

    // The first delimiter may stand at the very beginning, without its line break.
    std::size_t at =
        body.starts_with(std::string_view(delimiter).substr(2)) ? delimiter.size() - 2 : body.find(delimiter);
    if (at == std::string_view::npos) return broken("the boundary does not occur");
    if (!body.starts_with(std::string_view(delimiter).substr(2))) at += delimiter.size();

    std::vector<FormPart> parts;
    while (true) {
        auto rest = body.substr(at);
        if (rest.starts_with("--")) return parts;
        while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t')) rest.remove_prefix(1);
        if (!rest.starts_with(kLineEnd)) return broken("a boundary is not followed by a line end");
        rest.remove_prefix(kLineEnd.size());
        const auto end = rest.find(delimiter);
        if (end == std::string_view::npos) return broken("it ends before its closing boundary");
        if (parts.size() == parts_max) return fail(ErrorCode::invalid, "The form has more than {} parts.", parts_max);
        SLIPWAY_TRY(auto part, parse_part(rest.substr(0, end)));
        parts.push_back(std::move(part));
        at = static_cast<std::size_t>(rest.data() - body.data()) + end + delimiter.size();
    }
}

}  // namespace slipway::net
