#include "app/manifest/describer.h"

#include <limits>

namespace slipway::app {

KeyDescription& Describer::add(std::string_view key, ValueType type, std::string_view sentence) {
    auto& description = stack_.back().keys.emplace_back();
    description.key = key;
    description.type = type;
    description.sentence = sentence;
    return description;
}

KeyDescription& Describer::open(std::string_view key, ValueType type, std::string_view sentence) {
    in_element_.push_back(false);
    auto& description = stack_.emplace_back();
    description.key = key;
    description.type = type;
    description.sentence = sentence;
    return description;
}

void Describer::leave() {
    if (in_element_.back()) {
        in_element_.back() = false;
        return;
    }
    in_element_.pop_back();
    auto done = std::move(stack_.back());
    stack_.pop_back();
    stack_.back().keys.push_back(std::move(done));
}

void Describer::text(std::string_view key, std::string& value, std::string_view sentence, TextRule rule) {
    auto& description = add(key, ValueType::text, sentence);
    description.form = rule.form;
    description.or_none = rule.or_none;
    description.required = rule.required;
    if (value.empty()) return;
    description.default_text = value;
    description.default_value = json::string(value);
}

void Describer::secret(std::string_view key, Secret&, std::string_view sentence) {
    add(key, ValueType::secret, sentence);
}

void Describer::store(std::string_view key, Secret& url, std::string_view sentence) {
    auto& description = add(key, ValueType::store, sentence);
    description.default_text = url.reveal();
    description.default_value = json::string(url.reveal());
}

void Describer::boolean(std::string_view key, bool& value, std::string_view sentence) {
    auto& description = add(key, ValueType::boolean, sentence);
    description.default_text = value ? "true" : "false";
    description.default_value = value;
}

void Describer::number(std::string_view key, double& value, double least, double most, std::string_view sentence) {
    auto& description = add(key, ValueType::number, sentence);
    description.least = least;
    description.most = most;
    description.limits = fmt::format("{} … {}", least, most);
    description.default_text = fmt::format("{}", value);
    description.default_value = value;
}

void Describer::read_integer(std::string_view key, std::int64_t& value, std::int64_t least, std::int64_t most,
                             std::string_view sentence) {
    auto& description = add(key, ValueType::integer, sentence);
    description.least = static_cast<double>(least);
    description.most = static_cast<double>(most);
    description.limits = fmt::format("{} … {}", least, most);
    description.default_text = fmt::format("{}", value);
    description.default_value = value;
}

void Describer::read_bytes(std::string_view key, std::uint64_t& value, std::uint64_t least, std::uint64_t most,
                           std::string_view sentence) {
    auto& description = add(key, ValueType::bytes, sentence);
    description.limits = fmt::format("{} … {}", format_bytes(least), format_bytes(most));
    description.default_text = format_bytes(value);
    description.default_value = json::string(description.default_text);
}

void Describer::duration(std::string_view key, Milliseconds& value, Milliseconds least, Milliseconds most,
                         std::string_view sentence) {
    auto& description = add(key, ValueType::duration, sentence);
    description.limits = fmt::format("{} … {}", format_duration(least), format_duration(most));
    description.default_text = format_duration(value);
    description.default_value = json::string(description.default_text);
}

void Describer::path(std::string_view key, std::filesystem::path&, PathKind kind, std::string_view sentence) {
    add(key, ValueType::path, sentence).path_kind = kind;
}

void Describer::texts(std::string_view key, std::vector<std::string>& values, std::string_view sentence,
                      TextRule element) {
    auto& description = add(key, ValueType::texts, sentence);
    description.form = element.form;
    if (values.empty()) return;
    description.default_text = fmt::format("[{}]", fmt::join(values, ", "));
    description.default_value = json::array(values.begin(), values.end());
}

void Describer::text_map(std::string_view key, TextMap& values, std::string_view sentence) {
    auto& description = add(key, ValueType::text_map, sentence);
    if (values.empty()) return;
    json::object object;
    std::string text;
    for (const auto& [name, value] : values) {
        object[name] = value;
        text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", name, value);
    }
    description.default_text = text;
    description.default_value = std::move(object);
}

void Describer::later(std::string_view key, std::string_view sentence) { add(key, ValueType::later, sentence); }

void Describer::read_choice(std::string_view key, std::string& value, std::span<const ChoiceName> names,
                            std::string_view sentence, bool required) {
    auto& description = add(key, ValueType::choice, sentence);
    for (const auto& name : names)
        (name.name == name.canonical ? description.choices : description.synonyms).emplace_back(name.name);
    description.required = required;
    if (required || value.empty()) return;
    description.default_text = value;
    description.default_value = json::string(value);
}

bool Describer::enter_section(std::string_view key, std::string_view sentence, bool) {
    open(key, ValueType::section, sentence);
    return true;
}

bool Describer::enter_variant(std::string_view key, std::string_view kind, bool, std::string_view sentence) {
    open(key, ValueType::section, sentence).kind = kind;
    return true;
}

std::optional<std::vector<std::string>> Describer::enter_named(std::string_view key, std::string_view sentence) {
    open(key, ValueType::named, sentence);
    return std::vector<std::string>{"NAME"};
}

std::optional<std::size_t> Describer::enter_list(std::string_view key, std::string_view short_key,
                                                 std::string_view sentence) {
    open(key, ValueType::list, sentence).short_key = short_key;
    return 1;
}

}  // namespace slipway::app
