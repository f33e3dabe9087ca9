// Front matter and sidecar files: a few lines of the simplest YAML. A full YAML reader has no business with documents
// from outside.
#include "base/text.h"
#include "knowledge/extract_formats.h"

namespace slipway::knowledge {
namespace {

constexpr std::size_t kMetadataBytesMax = 16 << 10;
constexpr std::size_t kMetadataKeysMax = 100;

bool is_key(std::string_view key) {
    return !key.empty() && key.size() <= 64 && std::ranges::all_of(key, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
}

// Quotes off, or a comment off: `"a # b"`, `a # comment`.
std::string scalar(std::string_view value) {
    value = trim(value);
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'')) {
        const char quote = value.front();
        const auto end = value.rfind(quote);
        if (end > 0) {
            const std::string inner(value.substr(1, end - 1));
            return quote == '"' ? replace_all(replace_all(inner, "\\\"", "\""), "\\\\", "\\")
                                : replace_all(inner, "''", "'");
        }
    }
    const auto comment = value.find(" #");
    return std::string(trim(value.substr(0, comment)));
}

// The inside of `[a, "b, c"]`.
json::array flow_list(std::string_view inside) {
    json::array items;
    char quote = 0;
    std::size_t begin = 0;
    for (std::size_t at = 0; at <= inside.size(); ++at) {
        const char c = at < inside.size() ? inside[at] : ',';
        if (quote != 0 && at < inside.size()) {
            if (c == quote) quote = 0;
        } else if ((c == '"' || c == '\'') && trim(inside.substr(begin, at - begin)).empty()) {
            quote = c;
        } else if (c == ',') {
            auto item = scalar(inside.substr(begin, at - begin));
            if (!item.empty()) items.emplace_back(std::move(item));
            begin = at + 1;
        }
    }
    return items;
}

json::value value_of(std::string_view text) {
    const auto value = trim(text);
    if (value.starts_with('[')) {
        const auto end = value.rfind(']');
        if (end != std::string_view::npos) return flow_list(value.substr(1, end - 1));
    }
    return json::value(scalar(value));
}

class MetadataReader {
 public:
    // False when the line is not of the form.
    bool line(std::string_view raw) {
        const auto text = trim(raw);
        if (text.empty() || text.starts_with('#')) return true;
        if (text.starts_with("- ") || text == "-") return item(text.substr(1));
        if (raw.front() == ' ' || raw.front() == '\t') return false;
        const auto colon = text.find(':');
        if (colon == std::string_view::npos ||
            (colon + 1 < text.size() && text[colon + 1] != ' ' && text[colon + 1] != '\t'))
            return false;
        const auto key = trim(text.substr(0, colon));
        if (!is_key(key) || object_.size() >= kMetadataKeysMax) return false;
        key_ = lower_ascii(key);
        const auto rest = text.substr(colon + 1);
        if (!trim(rest).empty())
            object_[key_] = value_of(rest);
        else
            object_[key_] = "";
        return true;
    }

    json::object take() { return std::move(object_); }

 private:
    bool item(std::string_view text) {
        if (key_.empty()) return false;
        auto& value = object_[key_];
        if (value.is_string() && value.get_string().empty()) value = json::array();
        if (!value.is_array()) return false;
        value.get_array().emplace_back(scalar(text));
        return true;
    }

    json::object object_;
    std::string key_;
};

}  // namespace

Result<json::object> read_sidecar(std::string_view text) {
    if (text.size() > kMetadataBytesMax)
        return reject("too_large", "The description beside a document has {} bytes; at most {} are read.", text.size(),
                      kMetadataBytesMax);
    SLIPWAY_TRY(const auto decoded, decode_text(text, "The description beside a document"));
    MetadataReader reader;
    std::int64_t number = 0;
    for (const auto line : split(decoded, '\n')) {
        ++number;
        const auto text_of_line = trim(line);
        if (text_of_line == "---" || text_of_line == "...") continue;
        if (reader.line(line)) continue;
        auto error = reject(
            "broken", "Line {} of the description is not understood; write `key: value` or `key: [one, two]`.", number);
        error.error().details["line"] = number;
        return error;
    }
    return reader.take();
}

json::object take_front_matter(std::string_view& text) {
    const auto head = text.substr(0, kMetadataBytesMax);
    const auto first_end = head.find('\n');
    if (first_end == std::string_view::npos || trim(head.substr(0, first_end)) != "---") return {};
    MetadataReader reader;
    bool first = true;
    for (std::size_t at = first_end + 1; at < head.size();) {
        const auto end = head.find('\n', at);
        const auto line = head.substr(at, end == std::string_view::npos ? end : end - at);
        const auto clean = trim(line);
        if (clean == "---" || clean == "...") {
            auto metadata = reader.take();
            if (metadata.empty()) return {};
            text.remove_prefix(std::min(text.size(), end == std::string_view::npos ? text.size() : end + 1));
            return metadata;
        }
        // A rule at the top of an ordinary text is no front matter: that would begin with a key.
        if (!reader.line(line) && first) return {};
        if (!clean.empty()) first = false;
        if (end == std::string_view::npos) break;
        at = end + 1;
    }
    return {};
}

}  // namespace slipway::knowledge
