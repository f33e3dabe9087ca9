#include "app/manifest/variables.h"

#include <algorithm>

namespace slipway::app {
namespace {

void add_all(const std::vector<std::string>& more, std::vector<std::string>& names) {
    for (const auto& name : more)
        if (std::ranges::find(names, name) == names.end()) names.push_back(name);
}

// Bounded by the depth that parse_yaml() allows. Inside a switch nothing is a key of the manifest.
std::vector<std::string> collect(const YamlValue& value, const std::string& path, bool keys, KeyVariables& found) {
    std::vector<std::string> names;
    if (value.kind == YamlValue::Kind::scalar) add_variables(value.text, names);
    for (const auto& item : value.items) add_all(collect(item, path, false, found), names);
    for (const auto& entry : value.entries) {
        const bool inner_keys = keys && entry.key != "switch";
        const auto inner = inner_keys && !path.empty() ? path + "." + entry.key : inner_keys ? entry.key : path;
        add_all(collect(entry.value, inner, inner_keys, found), names);
    }
    if (keys && !names.empty()) found[path] = names;
    return names;
}

}  // namespace

void add_variables(std::string_view text, std::vector<std::string>& names) {
    const auto is_name = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    for (auto at = text.find('$'); at != std::string_view::npos; at = text.find('$')) {
        text.remove_prefix(at + 1);
        if (text.starts_with('{')) text.remove_prefix(1);
        std::string name(text.begin(), std::ranges::find_if_not(text, is_name));
        if (!name.empty()) add_all({std::move(name)}, names);
    }
}

KeyVariables variables_in(const YamlValue& root) {
    KeyVariables found;
    collect(root, "", true, found);
    return found;
}

}  // namespace slipway::app
