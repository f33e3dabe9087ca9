#include "deploy/plan/plan.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "deploy/plan/references.h"

namespace slipway::deploy {
namespace {

constexpr std::size_t kModuleDepthMax = 16;

bool holds_true(const json::value& value) {
    if (const auto* flag = value.if_bool()) return *flag;
    if (const auto* array = value.if_array()) return std::ranges::any_of(*array, holds_true);
    if (const auto* object = value.if_object())
        return std::ranges::any_of(*object, [](const auto& member) { return holds_true(member.value()); });
    return false;
}

std::string key_text(const json::value& value) {
    if (const auto* text = value.if_string()) return to_text(*text);
    return write_json(value);
}

std::string module_of(const Resource& resource) {
    const auto tail = (resource.data ? "data." : "") + resource.type + "." + resource.name;
    const auto at = resource.address.rfind(tail);
    if (at == std::string::npos || at == 0) return "";
    return resource.address.substr(0, at - 1);
}

}  // namespace

double number_in(const json::object& object, std::string_view key, double otherwise) {
    const auto text = text_or(object, key);
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (!text.empty() && read.ec == std::errc() && read.ptr == text.data() + text.size()) return value;
    return number_or(object, key, otherwise);
}

std::vector<std::string> texts_in(const json::object& object, std::string_view key) {
    std::vector<std::string> texts;
    if (const auto* array = array_in(object, key))
        for (const auto& value : *array)
            if (const auto* text = value.if_string()) texts.push_back(to_text(*text));
    return texts;
}

std::vector<const json::object*> blocks_in(const json::object& object, std::string_view key) {
    std::vector<const json::object*> blocks;
    if (const auto* array = array_in(object, key))
        for (const auto& value : *array)
            if (const auto* block = value.if_object()) blocks.push_back(block);
    if (const auto* block = object_in(object, key)) blocks.push_back(block);
    return blocks;
}

std::int64_t Resource::integer(std::string_view key, std::int64_t otherwise) const {
    const auto value = number(key, static_cast<double>(otherwise));
    return value > -9e15 && value < 9e15 ? static_cast<std::int64_t>(value) : otherwise;
}

double Resource::number(std::string_view key, double otherwise) const { return number_in(*values, key, otherwise); }
std::vector<std::string> Resource::texts(std::string_view key) const { return texts_in(*values, key); }
std::vector<const json::object*> Resource::blocks(std::string_view key) const { return blocks_in(*values, key); }

const json::object* Resource::block(std::string_view key) const {
    const auto all = blocks(key);
    return all.empty() ? nullptr : all.front();
}

bool Resource::is_unknown(std::string_view key) const {
    const auto* value = unknown != nullptr ? slipway::find(*unknown, key) : nullptr;
    return value != nullptr && holds_true(*value);
}

bool Resource::given(std::string_view key) const {
    if (is_unknown(key)) return true;
    const auto* value = slipway::find(*values, key);
    if (value == nullptr) return false;
    if (const auto* text = value->if_string()) return !text->empty();
    if (const auto* array = value->if_array()) return !array->empty();
    if (const auto* object = value->if_object()) return !object->empty();
    return true;
}

std::string without_keys(std::string_view address) {
    std::string plain;
    bool quoted = false;
    int depth = 0;
    for (std::size_t i = 0; i < address.size(); ++i) {
        const char c = address[i];
        if (quoted && c == '\\') {
            ++i;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && c == '[') {
            ++depth;
        } else if (!quoted && c == ']') {
            --depth;
        } else if (!quoted && depth == 0) {
            plain += c;
        }
    }
    return plain;
}

Result<Plan> Plan::read(std::string_view json_text) {
    SLIPWAY_TRY(auto parsed, parse_json(json_text, kPlanLimits));
    Plan plan;
    plan.root_ = std::make_unique<json::value>(std::move(parsed));
    const auto* root = plan.root_->if_object();
    const auto* planned = root != nullptr ? object_in(*root, "planned_values") : nullptr;
    if (planned == nullptr || !text_or(*root, "format_version").starts_with("1."))
        return fail(ErrorCode::invalid,
                    "That is no plan of Terraform in JSON (format version 1): make one with `terraform plan -out "
                    "plan.bin` and `terraform show -json plan.bin`.");
    if (const auto* module = object_in(*planned, "root_module")) plan.read_values(*module, 0);
    if (plan.resources_.size() > kPlanResourcesMax)
        return fail(ErrorCode::invalid, "The plan has {} resources; at most {} are read.", plan.resources_.size(),
                    kPlanResourcesMax);
    if (const auto* configuration = object_in(*root, "configuration"))
        if (const auto* module = object_in(*configuration, "root_module")) plan.read_configuration(*module, "", 0);
    plan.read_changes();
    for (std::size_t i = 0; i < plan.resources_.size(); ++i) {
        auto& resource = plan.resources_[i];
        const auto block = without_keys(resource.address);
        plan.by_address_.emplace(resource.address, i);
        plan.by_block_[block].push_back(i);
        const auto found = plan.configurations_.find(block);
        if (found != plan.configurations_.end()) resource.configuration = found->second;
    }
    return plan;
}

void Plan::read_values(const json::object& module, std::size_t depth) {
    static const json::object kNothing;
    if (depth > kModuleDepthMax) return;
    for (const auto* one : blocks_in(module, "resources")) {
        Resource resource{.address = std::string(text_or(*one, "address")),
                          .type = std::string(text_or(*one, "type")),
                          .name = std::string(text_or(*one, "name")),
                          .data = text_or(*one, "mode") == "data"};
        if (const auto* index = slipway::find(*one, "index")) resource.index = key_text(*index);
        const auto* values = object_in(*one, "values");
        resource.values = values != nullptr ? values : &kNothing;
        resource.module = module_of(resource);
        if (!resource.address.empty()) resources_.push_back(std::move(resource));
    }
    for (const auto* child : blocks_in(module, "child_modules")) read_values(*child, depth + 1);
}

void Plan::read_changes() {
    std::unordered_map<std::string, const json::object*> changes;
    static const json::object kNothing;
    for (const auto* one : blocks_in(root_->get_object(), "resource_changes")) {
        const auto* change = object_in(*one, "change");
        if (change == nullptr) continue;
        changes.emplace(text_or(*one, "address"), change);
        if (texts_in(*change, "actions") == std::vector<std::string>{"delete"}) {
            const auto* before = object_in(*change, "before");
            removed_.push_back({.address = std::string(text_or(*one, "address")),
                                .type = std::string(text_or(*one, "type")),
                                .name = std::string(text_or(*one, "name")),
                                .actions = {"delete"},
                                .values = before != nullptr ? before : &kNothing});
        }
    }
    for (auto& resource : resources_) {
        const auto found = changes.find(resource.address);
        if (found == changes.end()) continue;
        resource.actions = texts_in(*found->second, "actions");
        resource.unknown = object_in(*found->second, "after_unknown");
    }
}

void Plan::read_configuration(const json::object& module, const std::string& path, std::size_t depth) {
    if (depth > kModuleDepthMax) return;
    const auto prefix = path.empty() ? "" : path + ".";
    modules_[path] = &module;
    for (const auto* resource : blocks_in(module, "resources"))
        configurations_[prefix + std::string(text_or(*resource, "address"))] = resource;
    if (const auto* calls = object_in(module, "module_calls"))
        for (const auto& [name, call] : *calls)
            if (const auto* object = call.if_object()) {
                const auto child = prefix + "module." + std::string(name);
                calls_[child] = object;
                if (const auto* inner = object_in(*object, "module")) read_configuration(*inner, child, depth + 1);
            }
}

ResourceList Plan::of(std::string_view type) const {
    ResourceList found;
    for (const auto& resource : resources_)
        if (resource.is(type)) found.push_back(&resource);
    return found;
}

const Resource* Plan::find(std::string_view address) const {
    const auto found = by_address_.find(std::string(address));
    return found == by_address_.end() ? nullptr : &resources_[found->second];
}

ResourceList Plan::referred(const Resource& from, std::string_view attribute) const {
    return References(*this).of(from, attribute);
}

ResourceList Plan::referred(const Resource& from, std::string_view attribute, std::string_view type) const {
    auto all = referred(from, attribute);
    std::erase_if(all, [&](const Resource* one) { return !one->is(type); });
    return all;
}

ResourceList Plan::referring(const Resource& to, std::string_view type, std::string_view attribute) const {
    ResourceList found;
    for (const auto* one : of(type)) {
        const auto value = one->text(attribute);
        const bool same = !value.empty() && (value == to.text("id") || value == to.text("arn") ||
                                             value == to.text("name") || value == to.text("bucket"));
        if (same || holds(referred(*one, attribute), &to)) found.push_back(one);
    }
    return found;
}

std::string Plan::region_in(const json::object& provider) const {
    const auto* expressions = object_in(provider, "expressions");
    const auto* region = expressions != nullptr ? object_in(*expressions, "region") : nullptr;
    if (region == nullptr) return "";
    if (const auto constant = text_or(*region, "constant_value"); !constant.empty()) return std::string(constant);
    for (const auto& reference : texts_in(*region, "references"))
        if (reference.starts_with("var."))
            if (const auto* value = variable(reference.substr(4)); value != nullptr && value->is_string())
                return to_text(value->get_string());
    return "";
}

std::string Plan::region() const {
    const auto* configuration = object_in(root_->get_object(), "configuration");
    const auto* providers = configuration != nullptr ? object_in(*configuration, "provider_config") : nullptr;
    const auto* aws = providers != nullptr ? object_in(*providers, "aws") : nullptr;
    return aws != nullptr ? region_in(*aws) : "";
}

std::string Plan::region_of(const Resource& resource) const {
    if (const auto own = resource.text("region"); !own.empty()) return std::string(own);  // provider 6
    const auto key = resource.configuration != nullptr ? text_or(*resource.configuration, "provider_config_key") : "";
    const auto* configuration = object_in(root_->get_object(), "configuration");
    const auto* providers = configuration != nullptr ? object_in(*configuration, "provider_config") : nullptr;
    const auto* provider = providers != nullptr && !key.empty() ? object_in(*providers, key) : nullptr;
    const auto found = provider != nullptr ? region_in(*provider) : "";
    return found.empty() ? region() : found;
}

const json::value* Plan::variable(std::string_view name) const {
    const auto* variables = object_in(root_->get_object(), "variables");
    const auto* one = variables != nullptr ? object_in(*variables, name) : nullptr;
    return one != nullptr ? slipway::find(*one, "value") : nullptr;
}

const json::object* Plan::outputs() const {
    const auto* planned = object_in(root_->get_object(), "planned_values");
    return planned != nullptr ? object_in(*planned, "outputs") : nullptr;
}

}  // namespace slipway::deploy
