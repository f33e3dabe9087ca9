#include "deploy/plan/references.h"

#include <algorithm>

#include "base/text.h"

namespace slipway::deploy {
namespace {

// "module.a[\"x\"].module.b[0]" → {"module.a[\"x\"]", "module.b[0]"}; the key of the last is "0".
std::string parent_of(std::string_view module) {
    const auto at = module.rfind(".module.");
    return at == std::string_view::npos ? "" : std::string(module.substr(0, at));
}

std::string key_of(std::string_view module) {
    if (!module.ends_with(']')) return "";
    const auto open = module.rfind('[');
    auto key = module.substr(open + 1, module.size() - open - 2);
    if (key.starts_with('"') && key.ends_with('"') && key.size() >= 2) key = key.substr(1, key.size() - 2);
    return std::string(key);
}

// "aws_subnet.public[\"a\"].id" → parts at dots outside of brackets.
std::vector<std::string> parts_of(std::string_view reference) {
    std::vector<std::string> parts(1);
    int depth = 0;
    bool quoted = false;
    for (const char c : reference) {
        if (c == '"') quoted = !quoted;
        if (!quoted && c == '[') ++depth;
        if (!quoted && c == ']') --depth;
        if (c == '.' && depth == 0 && !quoted)
            parts.emplace_back();
        else
            parts.back() += c;
    }
    return parts;
}

// "public[\"a\"]" → {"public", "a"}
std::pair<std::string, std::string> name_and_key(const std::string& part) {
    return {part.substr(0, part.find('[')), key_of(part)};
}

// Terraform adds to "a.b[\"key\"].arn" what it is a part of: "a.b[\"key\"]" and "a.b". The longest says which is meant.
bool is_part(const std::string& reference, const std::vector<std::string>& references) {
    return std::ranges::any_of(references, [&](const std::string& other) {
        return other.size() > reference.size() && other.starts_with(reference) &&
               (other[reference.size()] == '.' || other[reference.size()] == '[');
    });
}

}  // namespace

ResourceList References::of(const Resource& from, std::string_view attribute) {
    if (from.configuration == nullptr) return {};
    const auto* expressions = object_in(*from.configuration, "expressions");
    const auto* expression = expressions != nullptr ? slipway::find(*expressions, attribute) : nullptr;
    if (expression == nullptr) return {};
    follow(*expression, {from.module, from.index, object_in(*from.configuration, "for_each_expression")});
    return std::move(found_);
}

void References::follow(const json::value& expression, const Place& place) {
    if (const auto* array = expression.if_array()) {
        for (const auto& one : *array) follow(one, place);
    } else if (const auto* object = expression.if_object()) {
        follow(*object, place);
    }
}

void References::follow(const json::object& expression, const Place& place) {
    if (expression.contains("constant_value")) return;
    if (!expression.contains("references")) {
        for (const auto& inner : expression) follow(inner.value(), place);  // a nested block
        return;
    }
    const auto references = texts_in(expression, "references");
    // The instance's own key counts only where the expression speaks of it, or is what the instances are made of.
    auto here = place;
    const bool keyed = std::ranges::any_of(references, [](std::string_view reference) {
        return reference.starts_with("each.") || reference.starts_with("count.");
    });
    if (!keyed && &expression != place.repetition) here.key.clear();
    for (const auto& reference : references)
        if (!is_part(reference, references)) follow_reference(reference, here);
}

void References::follow_reference(std::string_view reference, const Place& place) {
    const auto* around = static_cast<const void*>(place.repetition);
    if (!seen_.insert(fmt::format("{}|{}|{}|{}", place.module, place.key, reference, around)).second) return;
    if (reference.starts_with("each.value")) {
        if (place.repetition != nullptr) follow(*place.repetition, place);
    } else if (reference.starts_with("var.")) {
        to_variable(reference.substr(4), place);
    } else if (reference.starts_with("module.")) {
        to_output(reference, place);
    } else {
        to_resource(reference, place);
    }
}

void References::to_variable(std::string_view name, const Place& place) {
    if (place.module.empty()) return;
    const auto call = plan_.calls_.find(without_keys(place.module));
    if (call == plan_.calls_.end()) return;
    const auto* expressions = object_in(*call->second, "expressions");
    const auto* given =
        expressions != nullptr ? slipway::find(*expressions, name_and_key(parts_of(name)[0]).first) : nullptr;
    if (given == nullptr) return;
    follow(*given, {parent_of(place.module), key_of(place.module), object_in(*call->second, "for_each_expression")});
}

void References::to_output(std::string_view reference, const Place& place) {
    const auto parts = parts_of(reference);
    if (parts.size() < 3) return;
    const auto [name, key] = name_and_key(parts[1]);
    const auto child = (place.module.empty() ? "" : place.module + ".") + "module." + name;
    const auto module = plan_.modules_.find(without_keys(child));
    if (module == plan_.modules_.end()) return;
    const auto* outputs = object_in(*module->second, "outputs");
    const auto* output = outputs != nullptr ? object_in(*outputs, name_and_key(parts[2]).first) : nullptr;
    const auto* expression = output != nullptr ? slipway::find(*output, "expression") : nullptr;
    if (expression == nullptr) return;
    // Each instance of the child, or that of the same key.
    std::set<std::string> instances;
    const auto exact = child + "[\"" + (key.empty() ? place.key : key) + "\"]";
    for (const auto& resource : plan_.resources_)
        if (without_keys(resource.module).starts_with(without_keys(child)) && resource.module.starts_with(child)) {
            const auto end = resource.module.find(".module.", child.size());
            instances.insert(resource.module.substr(0, end));
        }
    if (instances.contains(exact)) instances = {exact};
    for (const auto& instance : instances) follow(*expression, {instance, place.key, nullptr});
}

void References::to_resource(std::string_view reference, const Place& place) {
    auto parts = parts_of(reference);
    const std::size_t first = parts[0] == "data" ? 1 : 0;
    if (parts.size() < first + 2) return;
    const auto [name, named_key] = name_and_key(parts[first + 1]);
    const auto address =
        (place.module.empty() ? "" : place.module + ".") + (first == 1 ? "data." : "") + parts[first] + "." + name;
    const auto block = plan_.by_block_.find(without_keys(address));
    if (block == plan_.by_block_.end()) return;
    ResourceList candidates;
    for (const auto index : block->second)
        if (plan_.resources_[index].module == place.module) candidates.push_back(&plan_.resources_[index]);
    const auto& key = named_key.empty() ? place.key : named_key;
    const auto same = std::ranges::find(candidates, key, &Resource::index);
    if (!key.empty() && same != candidates.end()) candidates = {*same};
    for (const auto* one : candidates)
        if (!holds(found_, one)) found_.push_back(one);
}

}  // namespace slipway::deploy
