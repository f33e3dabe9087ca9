// The scalar values of a Reader: types, ranges, forms, and what is said when they do not fit.
#include <algorithm>
#include <limits>

#include "app/manifest/reader.h"
#include "base/clock.h"
#include "base/email.h"
#include "base/text.h"
#include "net/router.h"

namespace slipway::app {
namespace {

constexpr std::string_view kNone = "none";

constexpr std::size_t kLineBytesMax = 500;
constexpr std::size_t kProseBytesMax = 20'000;
constexpr std::size_t kShownBytesMax = 60;
constexpr std::size_t kTextsMax = 10'000;

bool is_identifier(std::string_view text) {
    const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
    const auto fits = [&](char c) { return is_lower(c) || (c >= '0' && c <= '9') || c == '_' || c == '-'; };
    return !text.empty() && text.size() <= 63 && is_lower(text.front()) && std::ranges::all_of(text, fits);
}

// A path that the router takes, without parameters.
bool is_route(std::string_view text) {
    const auto odd = [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || c == '?' || c == '#' || c == '{' || c == '}';
    };
    return std::ranges::none_of(text, odd) && net::check_pattern(text);
}

bool is_url(std::string_view text) {
    const auto scheme = text.find("://");
    return (text.starts_with("http://") || text.starts_with("https://")) && text.size() > scheme + 3 &&
           text.find(' ') == std::string_view::npos;
}

// A value of a variable is shown unless the names around it say that it is nobody's business.
bool may_be_shown(std::string_view written) {
    constexpr std::array<std::string_view, 7> kSecretive{"key", "secret", "token", "password", "url", "uri", "dsn"};
    const auto lowered = lower_ascii(written);
    return written.find('$') == std::string_view::npos ||
           std::ranges::none_of(kSecretive, [&](auto word) { return lowered.find(word) != std::string::npos; });
}

std::string unlimited(std::int64_t least, std::int64_t most) {
    if (most == std::numeric_limits<std::int64_t>::max()) return fmt::format("{} or more", least);
    return fmt::format("from {} to {}", least, most);
}

}  // namespace

void Reader::wrong(const std::string& path, const Scalar& scalar, std::string_view wanted, std::string suggestion) {
    std::string shown(cut_utf8(scalar.text, kShownBytesMax));
    if (shown.size() < scalar.text.size()) shown += "…";
    auto message = may_be_shown(scalar.written) ? fmt::format("{} must be {}, not \"{}\".", path, wanted, shown)
                                                : fmt::format("{} must be {}.", path, wanted);
    if (scalar.from_variable())
        message += fmt::format(" The value comes from {}.", cut_utf8(scalar.written, kShownBytesMax));
    problems_.error(scalar.mark, std::move(message), std::move(suggestion));
}

std::optional<Reader::Scalar> Reader::scalar_of(const YamlValue& value, const std::string& path) {
    if (value.kind != YamlValue::Kind::scalar) {
        problems_.error(value.mark, fmt::format("{} must be a single value, not {}.", path,
                                                value.kind == YamlValue::Kind::list ? "a list" : "a map"));
        return std::nullopt;
    }
    auto text = expand(value, path);
    if (!text || text->empty()) return std::nullopt;
    return Scalar{*std::move(text), value.mark, value.text};
}

std::optional<Reader::Scalar> Reader::scalar(std::string_view key) {
    const auto* value = take(key);
    return value == nullptr ? std::nullopt : scalar_of(*value, path_of(key));
}

bool Reader::check_text(const std::string& path, const Scalar& scalar, TextRule rule) {
    const auto& text = scalar.text;
    if (text.find('\0') != std::string::npos || !is_valid_utf8(text))
        return wrong(path, scalar, "text in UTF-8"), false;
    if (rule.form == Form::prose) {
        if (text.size() > kProseBytesMax)
            return wrong(path, scalar, fmt::format("at most {} bytes long", kProseBytesMax)), false;
        return true;
    }
    if (text.size() > kLineBytesMax)
        return wrong(path, scalar, fmt::format("at most {} bytes long", kLineBytesMax)), false;
    if (text.find('\n') != std::string::npos) return wrong(path, scalar, "one line"), false;
    if (rule.form == Form::identifier && !is_identifier(text))
        return wrong(path, scalar, "a name of lower-case letters, digits, _ and -, beginning with a letter"), false;
    if (rule.form == Form::route && !is_route(text))
        return wrong(path, scalar, "a path",
                     is_route("/" + text) ? fmt::format("Write it with a slash in front: /{}", text)
                                          : "Write it with single slashes and without parameters, such as /a/b."),
               false;
    if (rule.form == Form::url && !is_url(text))
        return wrong(path, scalar, "a URL that begins with http:// or https://"), false;
    if (rule.form == Form::email && !is_email(text)) return wrong(path, scalar, "an email address"), false;
    return true;
}

void Reader::text(std::string_view key, std::string& value, std::string_view, TextRule rule) {
    const auto before = problems_.count();
    const auto found = scalar(key);
    if (found && rule.or_none && found->text == kNone)
        value.clear();
    else if (found && check_text(path_of(key), *found, rule))
        value = found->text;
    if (found || !rule.required || problems_.count() > before) return;
    const bool empty = given(path_of(key));
    problems_.error(mark_of(path_of(key)), fmt::format("{} is {}.", path_of(key), empty ? "empty" : "missing"),
                    empty ? fmt::format("Give {} a value.", key) : fmt::format("Add {}: …", key));
}

void Reader::secret(std::string_view key, Secret& value, std::string_view) {
    if (const auto found = scalar(key)) value = Secret(std::string(trim(found->text)));
}

void Reader::store(std::string_view key, Secret& url, std::string_view) {
    const auto found = scalar(key);
    if (!found) return;
    url = Secret(std::string(trim(found->text)));
    written_[path_of(key)] = found->written;
}

void Reader::boolean(std::string_view key, bool& value, std::string_view) {
    const auto found = scalar(key);
    if (!found) return;
    if (const auto parsed = parse_boolean(found->text))
        value = *parsed;
    else
        wrong(path_of(key), *found, "true or false");
}

void Reader::number(std::string_view key, double& value, double least, double most, std::string_view) {
    const auto found = scalar(key);
    if (!found) return;
    const auto parsed = parse_number(found->text);
    if (parsed && *parsed >= least && *parsed <= most)
        value = *parsed;
    else
        wrong(path_of(key), *found, fmt::format("a number from {} to {}", least, most));
}

void Reader::read_integer(std::string_view key, std::int64_t& value, std::int64_t least, std::int64_t most,
                          std::string_view) {
    const auto found = scalar(key);
    if (!found) return;
    const auto parsed = parse_integer(found->text);
    if (parsed && *parsed >= least && *parsed <= most)
        value = *parsed;
    else
        wrong(path_of(key), *found, fmt::format("a whole number {}", unlimited(least, most)));
}

void Reader::read_bytes(std::string_view key, std::uint64_t& value, std::uint64_t least, std::uint64_t most,
                        std::string_view) {
    const auto found = scalar(key);
    if (!found) return;
    const auto parsed = parse_bytes(found->text);
    if (parsed && *parsed >= least && *parsed <= most)
        value = *parsed;
    else
        wrong(path_of(key), *found, fmt::format("a size from {} to {}", format_bytes(least), format_bytes(most)),
              parsed ? "" : "Write a number with or without a unit, for example 500, 64KB or 20MB.");
}

void Reader::duration(std::string_view key, Milliseconds& value, Milliseconds least, Milliseconds most,
                      std::string_view) {
    const auto found = scalar(key);
    if (!found) return;
    const auto parsed = parse_duration(trim(found->text));
    if (parsed && *parsed >= least && *parsed <= most)
        value = *parsed;
    else
        wrong(path_of(key), *found,
              fmt::format("a duration from {} to {}", format_duration(least), format_duration(most)),
              parsed ? "" : "Write a number with a unit, for example 500ms, 30s, 15m, 24h or 7d.");
}

void Reader::read_choice(std::string_view key, std::string& value, std::span<const ChoiceName> names, std::string_view,
                         bool required) {
    const auto path = path_of(key);
    std::vector<std::string_view> canonical;
    for (const auto& name : names)
        if (name.name == name.canonical) canonical.push_back(name.name);
    const auto before = problems_.count();
    const auto found = scalar(key);
    if (!found) {
        if (required && problems_.count() == before)
            problems_.error(mark_of(path), fmt::format("{} is missing.", path),
                            fmt::format("It is one of {}.", fmt::join(canonical, ", ")));
        return;
    }
    for (const auto& name : names)
        if (equal_ignoring_case(trim(found->text), name.name)) {
            value = name.canonical;
            return;
        }
    const auto near = nearest(lower_ascii(found->text), canonical);
    wrong(path, *found, fmt::format("one of {}", fmt::join(canonical, ", ")),
          near.empty() ? "" : fmt::format("Did you mean \"{}\"?", near));
}

void Reader::path(std::string_view key, std::filesystem::path& value, PathKind kind, std::string_view) {
    const auto found = scalar(key);
    if (!found) return;
    const auto name = path_of(key);
    if (!check_text(name, *found, {})) return;
    const auto full = (folder_ / found->text).lexically_normal();
    std::error_code ignored;
    const bool exists = kind == PathKind::file ? std::filesystem::is_regular_file(full, ignored)
                                               : std::filesystem::is_directory(full, ignored);
    if (exists) {
        value = full;
        return;
    }
    std::vector<std::string> beside;
    for (std::filesystem::directory_iterator entry(full.parent_path(), ignored), end;
         !ignored && entry != end && beside.size() < 1000; entry.increment(ignored))
        beside.push_back(entry->path().filename().string());
    std::ranges::sort(beside);
    const std::vector<std::string_view> candidates(beside.begin(), beside.end());
    const auto near = nearest(full.filename().string(), candidates);
    problems_.error(
        found->mark,
        fmt::format("{}: there is no {} {}.", name, kind == PathKind::file ? "file" : "folder", found->text),
        near.empty() || near == full.filename().string() ? "Paths are relative to the folder of the application."
                                                         : fmt::format("Did you mean \"{}\"?", near));
}

void Reader::texts(std::string_view key, std::vector<std::string>& values, std::string_view, TextRule element) {
    const auto* value = take(key);
    if (value == nullptr) return;
    const auto path = path_of(key);
    std::vector<Scalar> found;
    if (value->kind == YamlValue::Kind::list) {
        for (const auto& item : value->items)
            if (auto one = scalar_of(item, path)) found.push_back(*std::move(one));
    } else if (auto whole = scalar_of(*value, path)) {
        auto parts = parse_list(whole->text);
        if (!parts)
            return wrong(path, *whole, "a list of texts",
                         "Write a JSON array of strings, or parts with commas between them.");
        for (auto& part : *parts) found.push_back({std::move(part), whole->mark, whole->written});
    } else {
        return;
    }
    if (found.size() > kTextsMax) {
        problems_.error(value->mark, fmt::format("{} has more than {} entries.", path, kTextsMax));
        return;
    }
    values.clear();
    for (auto& one : found)
        if (check_text(path, one, element)) values.push_back(std::move(one.text));
}

void Reader::text_map(std::string_view key, TextMap& values, std::string_view) {
    const auto* value = take(key);
    if (value == nullptr) return;
    const auto path = path_of(key);
    if (value->kind != YamlValue::Kind::map) {
        problems_.error(value->mark, fmt::format("{} must be a map from names to texts.", path));
        return;
    }
    values.clear();
    for (const auto& entry : value->entries) {
        const auto* inside = resolve(entry.value, path + "." + entry.key);
        if (inside == nullptr || inside->kind == YamlValue::Kind::null) continue;
        const auto one = scalar_of(*inside, path + "." + entry.key);
        if (one && check_text(path + "." + entry.key, *one, {})) values.emplace_back(entry.key, one->text);
    }
}

void Reader::later(std::string_view key, std::string_view) {
    const auto* value = take(key);
    if (value == nullptr) return;
    const auto path = path_of(key);
    if (value->kind == YamlValue::Kind::scalar) {
        if (!scalar_of(*value, path)) return;  // empty: left out
        written_[path] = value->text;
    }
    const auto message = fmt::format("{} comes with a later release.", path);
    const auto variables = variables_of(path);
    if (later_is_error_)
        problems_.error(frames_.back().map->find(key)->mark, message,
                        variables.empty() ? std::string("Leave it out until then.")
                                          : fmt::format("Leave {} empty until then.", fmt::join(variables, ", ")));
    else
        problems_.warning(frames_.back().map->find(key)->mark, message, "`serve` refuses it until then.");
}

}  // namespace slipway::app
