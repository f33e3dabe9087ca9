#include "deploy/provider/planned.h"

namespace slipway::deploy {
namespace {

// Of what stands for a block: itself, its list, its map.
template <typename Visit>
void for_each_block(Value& value, const Visit& visit) {
    for (std::size_t i = 0; i < value.items.size(); ++i) visit(value.items[i], i);
    for (std::size_t i = 0; i < value.members.size(); ++i) visit(value.members[i].value, i);
}

// As far as it was given: lists in their order, maps in the order of their keys.
Value part_of(const Value& whole, Nesting nesting, std::size_t index) {
    if (nesting == Nesting::single) return whole;
    if (nesting == Nesting::map) return index < whole.members.size() ? whole.members[index].value : Value();
    return index < whole.items.size() ? whole.items[index] : Value();
}

const Value& member_of(const Value& value, std::string_view name) {
    static const Value none;
    const auto* const found = value.member(name);
    return found == nullptr ? none : *found;
}

Value invented(const json::value& type, const std::string& seed) {
    if (type.is_string()) {
        const auto& name = type.get_string();
        if (name == "bool") return Value::truth(false);
        if (name == "number") return Value::whole(0);
        return Value::text(seed);
    }
    const auto kind = type.is_array() && !type.get_array().empty() && type.get_array()[0].is_string()
                          ? std::string_view(type.get_array()[0].get_string())
                          : std::string_view();
    Value value;
    value.kind = kind == "map" || kind == "object" ? Value::Kind::map : Value::Kind::list;
    if (kind == "object" && type.get_array().size() > 1 && type.get_array()[1].is_object())
        for (const auto& [name, inner] : type.get_array()[1].get_object())
            value.set(name, invented(inner, seed + "-" + std::string(name)));
    return value;
}

enum class Fill : unsigned char { unknown, unknown_and_null };

Value filled(const SchemaBlock& block, Value value, const std::string& seed, Fill what) {
    if (value.kind != Value::Kind::map) return value;
    for (const auto& [name, attribute] : block.attributes) {
        const auto& now = member_of(value, name);
        const bool wanted = now.is_unknown() || (what == Fill::unknown_and_null && now.is_null() && attribute.computed);
        if (wanted) value.set(name, invented(attribute.type, seed + "-" + name));
    }
    for (const auto& [name, nested] : block.blocks) {
        auto* const inner = value.member(name);
        if (inner == nullptr) continue;
        const auto fill = [&](Value& one, std::size_t index) {
            one = filled(*nested.block, std::move(one), seed + "-" + name + std::to_string(index), Fill::unknown);
        };
        if (nested.nesting == Nesting::single)
            fill(*inner, 0);
        else
            for_each_block(*inner, fill);
    }
    return value;
}

Value planned(const SchemaBlock& block, const Value& config, Value proposed, bool is_new, bool in_set) {
    if (proposed.kind != Value::Kind::map) return proposed;
    for (const auto& [name, attribute] : block.attributes) {
        if (attribute.write_only) {
            proposed.set(name, Value());  // never kept
        } else if (attribute.computed && is_new && !in_set && member_of(proposed, name).is_null() &&
                   member_of(config, name).is_null()) {
            proposed.set(name, Value::unknown());
        }
    }
    for (const auto& [name, nested] : block.blocks) {
        auto* const inner = proposed.member(name);
        if (inner == nullptr) continue;
        const auto& given = member_of(config, name);
        const bool set = in_set || nested.nesting == Nesting::set;
        const auto plan = [&](Value& one, std::size_t index) {
            one = planned(*nested.block, part_of(given, nested.nesting, index), std::move(one), is_new, set);
        };
        if (nested.nesting == Nesting::single)
            plan(*inner, 0);
        else
            for_each_block(*inner, plan);
    }
    return proposed;
}

}  // namespace

Value planned_state(const SchemaBlock& block, const Value& config, Value proposed, bool is_new) {
    return planned(block, config, std::move(proposed), is_new, false);
}

Value applied_state(const SchemaBlock& block, Value planned, const std::string& seed) {
    return filled(block, std::move(planned), seed, Fill::unknown);
}

Value data_of(const SchemaBlock& block, const Value& config, const std::string& seed) {
    return filled(block, config, seed, Fill::unknown_and_null);
}

Value upgraded_state(const SchemaBlock& block, const json::object& state) {
    Value upgraded;
    upgraded.kind = Value::Kind::map;
    for (const auto& [name, attribute] : block.attributes) {
        const auto* const found = state.if_contains(name);
        upgraded.set(name, found == nullptr ? Value() : from_json(*found));
    }
    for (const auto& [name, nested] : block.blocks) {
        const auto* const found = state.if_contains(name);
        if (found == nullptr || found->is_null()) {
            Value none;
            if (nested.nesting == Nesting::list || nested.nesting == Nesting::set) none.kind = Value::Kind::list;
            if (nested.nesting == Nesting::map) none.kind = Value::Kind::map;
            upgraded.set(name, std::move(none));
            continue;
        }
        const auto upgrade = [&](const json::value& one) {
            return one.is_object() ? upgraded_state(*nested.block, one.get_object()) : Value();
        };
        if (!found->is_array()) {
            upgraded.set(name, nested.nesting == Nesting::single ? upgrade(*found) : from_json(*found));
            continue;
        }
        std::vector<Value> items;
        for (const auto& item : found->get_array()) items.push_back(upgrade(item));
        upgraded.set(name, Value::list(std::move(items)));
    }
    return upgraded;
}

}  // namespace slipway::deploy
