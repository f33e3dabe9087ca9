#include "app/manifest/reader.h"

#include <algorithm>

#include "app/manifest/variables.h"
#include "base/text.h"

namespace slipway::app {
namespace {

constexpr int kSwitchDepthMax = 8;
constexpr std::size_t kElementsMax = 10'000;

std::string_view kind_in_words(YamlValue::Kind kind) {
    switch (kind) {
        case YamlValue::Kind::null:
            return "nothing";
        case YamlValue::Kind::scalar:
            return "a single value";
        case YamlValue::Kind::list:
            return "a list";
        case YamlValue::Kind::map:
            return "a map";
    }
    return "";
}

bool is_switch(const YamlValue& value) {
    return value.kind == YamlValue::Kind::map && value.entries.size() == 1 && value.entries[0].key == "switch";
}

}  // namespace

Reader::Reader(const YamlValue& root, const Environment& environment, const std::filesystem::path& folder,
               Problems& problems, bool later_is_error)
    : environment_(environment), folder_(folder), problems_(problems), later_is_error_(later_is_error) {
    const auto* map = root.kind == YamlValue::Kind::null ? nullptr : &root;
    if (map != nullptr && map->kind != YamlValue::Kind::map) {
        problems_.error(root.mark, fmt::format("The manifest must be a map of keys, not {}.", kind_in_words(root.kind)),
                        "Begin with name: …");
        map = nullptr;
    }
    open(map, "");
}

Mark Reader::mark_of(std::string_view path) const {
    while (!path.empty()) {
        if (const auto found = marks_.find(path); found != marks_.end()) return found->second;
        const auto dot = path.rfind('.');
        path = dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
    }
    return {1, 1};
}

std::vector<std::string> Reader::variables_of(std::string_view path) const {
    std::vector<std::string> names;
    const auto found = written_.find(path);
    if (found == written_.end()) return names;
    add_variables(found->second, names);
    return names;
}

std::string Reader::path_of(std::string_view key) const {
    const auto& outer = frames_.back().path;
    return outer.empty() ? std::string(key) : fmt::format("{}.{}", outer, key);
}

void Reader::open(const YamlValue* map, std::string path) { frames_.push_back({.map = map, .path = std::move(path)}); }

void Reader::close() {
    const auto frame = std::move(frames_.back());
    frames_.pop_back();
    if (frame.map != nullptr && !frame.container) report_unknown(frame);
}

void Reader::leave() { close(); }

void Reader::report_unknown(const Frame& frame) {
    std::vector<std::string_view> known(frame.known.begin(), frame.known.end());
    for (const auto& entry : frame.map->entries) {
        if (std::ranges::find(frame.known, entry.key) != frame.known.end()) continue;
        const auto near = nearest(entry.key, known);
        const auto where = frame.path.empty() ? std::string("the manifest") : frame.path;
        problems_.error(entry.mark, fmt::format("\"{}\" is not a key of {}.", entry.key, where),
                        near.empty() ? fmt::format("The keys there are {}.", fmt::join(known, ", "))
                                     : fmt::format("Did you mean \"{}\"?", near));
    }
}

const YamlValue* Reader::take(std::string_view key) {
    auto& frame = frames_.back();
    if (std::ranges::find(frame.known, key) == frame.known.end()) frame.known.emplace_back(key);
    if (frame.map == nullptr) return nullptr;
    const auto* entry = frame.map->find(key);
    if (entry == nullptr) return nullptr;
    const auto path = path_of(key);
    marks_[path] = entry->value.mark;
    const auto* value = resolve(entry->value, path);
    if (value == nullptr || value->kind == YamlValue::Kind::null) return nullptr;
    marks_[path] = value->mark;
    return value;
}

const YamlValue* Reader::resolve(const YamlValue& value, const std::string& path) {
    const auto* current = &value;
    for (int depth = 0; current != nullptr && is_switch(*current); ++depth) {
        if (depth == kSwitchDepthMax) {
            problems_.error(current->mark,
                            fmt::format("{}: switches are nested more than {} deep.", path, kSwitchDepthMax));
            return nullptr;
        }
        current = choose(current->entries[0].value, current->entries[0].mark, path);
    }
    return current;
}

const YamlValue* Reader::choose(const YamlValue& rule, Mark mark, const std::string& path) {
    constexpr std::array<std::string_view, 3> kParts{"on", "cases", "default"};
    const auto* on = rule.find("on");
    const auto* cases = rule.find("cases");
    for (const auto& entry : rule.entries)
        if (std::ranges::find(kParts, entry.key) == kParts.end())
            problems_.error(entry.mark, fmt::format("\"{}\" is not a key of a switch.", entry.key),
                            "A switch has on, cases and default.");
    if (on == nullptr || on->value.kind != YamlValue::Kind::scalar || cases == nullptr ||
        cases->value.kind != YamlValue::Kind::map) {
        problems_.error(mark, fmt::format("{}: a switch needs on (a variable) and cases (a map).", path),
                        "Write switch: { on: NAME, cases: { one: …, two: … }, default: … }");
        return nullptr;
    }
    auto variable = on->value;
    if (variable.text.find('$') == std::string::npos) variable.text = "${" + variable.text + "}";
    const auto selector = expand(variable, path);
    if (!selector) return nullptr;
    if (const auto* chosen = cases->value.find(*selector)) return &chosen->value;
    if (const auto* otherwise = rule.find("default")) return &otherwise->value;
    if (selector->empty()) return nullptr;
    std::vector<std::string_view> names;
    for (const auto& entry : cases->value.entries) names.push_back(entry.key);
    problems_.error(on->value.mark, fmt::format("{}: no case fits the value of {}.", path, on->value.text),
                    fmt::format("The cases are {}; add one, or a default.", fmt::join(names, ", ")));
    return nullptr;
}

std::optional<std::string> Reader::expand(const YamlValue& value, const std::string& path) {
    auto expanded = environment_.expand(value.text);
    if (expanded) return *std::move(expanded);
    problems_.error(value.mark, fmt::format("{}: {}", path, expanded.error().message));
    return std::nullopt;
}

const YamlValue* Reader::synthesise(YamlValue value) {
    synthesised_.push_back(std::move(value));
    return &synthesised_.back();
}

bool Reader::enter_section(std::string_view key, std::string_view, bool optional) {
    const auto path = path_of(key);
    const auto* value = take(key);
    if (value != nullptr && value->kind != YamlValue::Kind::map) {
        problems_.error(value->mark,
                        fmt::format("{} must be a map of keys, not {}.", path, kind_in_words(value->kind)));
        value = nullptr;
    }
    if (value == nullptr && optional) return false;
    open(value, path);
    return true;
}

bool Reader::enter_variant(std::string_view key, std::string_view, bool selected, std::string_view sentence) {
    if (selected) return enter_section(key, sentence, false);
    // The key is known whatever the kind is, so that a wrong kind is one error and not many.
    if (auto& known = frames_.back().known; std::ranges::find(known, key) == known.end()) known.emplace_back(key);
    return false;
}

std::optional<std::vector<std::string>> Reader::enter_named(std::string_view key, std::string_view) {
    const auto path = path_of(key);
    const auto* value = take(key);
    if (value == nullptr) return std::nullopt;
    Frame frame{.path = path, .container = true};
    std::vector<std::string> names;
    const auto add = [&](const std::string& name, Mark mark, const YamlValue* inside) {
        marks_[path + "." + name] = mark;
        if (!check_text(path, {name, mark, name}, {Form::identifier, true})) return;
        if (std::ranges::find(names, name) != names.end()) {
            problems_.error(mark, fmt::format("\"{}\" stands twice in {}.", name, path));
            return;
        }
        names.push_back(name);
        frame.element_paths.push_back(path + "." + name);
        frame.elements.push_back(inside);
    };
    if (value->kind == YamlValue::Kind::map) {
        for (const auto& entry : value->entries) {
            const auto* inside = resolve(entry.value, path + "." + entry.key);
            if (inside != nullptr && inside->kind != YamlValue::Kind::map && inside->kind != YamlValue::Kind::null) {
                problems_.error(inside->mark, fmt::format("{}.{} must be a map of keys, not {}.", path, entry.key,
                                                          kind_in_words(inside->kind)));
                inside = nullptr;
            }
            add(entry.key, entry.mark, inside != nullptr && inside->kind == YamlValue::Kind::map ? inside : nullptr);
        }
    } else if (value->kind == YamlValue::Kind::list) {
        for (const auto& item : value->items)
            if (const auto name = scalar_of(item, path)) add(name->text, item.mark, nullptr);
    } else {
        problems_.error(value->mark,
                        fmt::format("{} must be a map from names to their keys, or a list of names.", path));
        return std::nullopt;
    }
    frames_.push_back(std::move(frame));
    return names;
}

std::optional<std::size_t> Reader::enter_list(std::string_view key, std::string_view short_key, std::string_view) {
    const auto path = path_of(key);
    const auto* value = take(key);
    if (value == nullptr) return std::nullopt;
    Frame frame{.path = path, .container = true};
    const auto add = [&](const YamlValue& item) {
        if (frame.elements.size() >= kElementsMax) return;
        const auto* inside = resolve(item, path);
        if (inside == nullptr || inside->kind == YamlValue::Kind::null) return;
        if (inside->kind != YamlValue::Kind::map) {
            YamlValue map{.kind = YamlValue::Kind::map, .mark = inside->mark};
            map.entries.push_back({std::string(short_key), inside->mark, *inside});
            inside = synthesise(std::move(map));
        }
        frame.element_paths.push_back(fmt::format("{}.{}", path, frame.elements.size() + 1));
        marks_[frame.element_paths.back()] = inside->mark;
        frame.elements.push_back(inside);
    };
    if (value->kind == YamlValue::Kind::list)
        for (const auto& item : value->items) add(item);
    else
        add(*value);
    const auto count = frame.elements.size();
    frames_.push_back(std::move(frame));
    return count;
}

void Reader::enter_element(std::size_t index) {
    const auto& frame = frames_.back();
    open(frame.elements[index], frame.element_paths[index]);
}

}  // namespace slipway::app
