// Filters in memory: the reference semantics that every adapter's pushed-down conditions must equal.
#include <algorithm>

#include "store/index/index.h"

namespace slipway::store {
namespace {

Filter of_kind(Filter::Kind kind, std::string field, std::vector<json::value> values) {
    Filter filter;
    filter.kind = kind;
    filter.field = std::move(field);
    filter.values = std::move(values);
    return filter;
}

Filter of_children(Filter::Kind kind, std::vector<Filter> children) {
    Filter filter;
    filter.kind = kind;
    filter.children = std::move(children);
    return filter;
}

bool equals_text(const json::value& value, std::string_view text) {
    return value.is_string() && std::string_view(value.get_string()) == text;
}

// Boost.JSON compares numbers of different kinds by value; NULL equals nothing, as in SQL.
bool equals(const json::value& wanted, const json::value& found) {
    if (wanted.is_null() || found.is_null()) return false;
    if (wanted.is_number() && found.is_number()) {
        if (wanted.is_double() || found.is_double()) return wanted.to_number<double>() == found.to_number<double>();
        return wanted == found;
    }
    return wanted == found;
}

bool contains(const std::vector<json::value>& wanted, const json::value& found) {
    const auto is_found = [&](const json::value& value) { return equals(value, found); };
    if (!found.is_array()) return std::ranges::any_of(wanted, is_found);
    return std::ranges::any_of(found.get_array(), [&](const json::value& element) {
        return std::ranges::any_of(wanted, [&](const json::value& value) { return equals(value, element); });
    });
}

bool holds(const Filter& filter, const json::value& found) {
    if (!found.is_number()) return false;
    const double number = found.to_number<double>();
    return (!filter.at_least || number >= *filter.at_least) && (!filter.at_most || number <= *filter.at_most) &&
           (!filter.above || number > *filter.above) && (!filter.below || number < *filter.below);
}

bool matches_text(const Filter& filter, std::string_view text) {
    if (filter.kind == Filter::Kind::exists) return true;
    if (filter.kind == Filter::Kind::range) return false;
    return std::ranges::any_of(filter.values, [&](const json::value& value) { return equals_text(value, text); });
}

bool matches_field(const Filter& filter, const Passage& passage) {
    if (filter.field == "namespace") return matches_text(filter, passage.name_space);
    if (filter.field == "id") return matches_text(filter, passage.id);
    const auto* found = find(passage.metadata, filter.field);
    if (!found) return false;
    if (filter.kind == Filter::Kind::exists) return true;
    return filter.kind == Filter::Kind::range ? holds(filter, *found) : contains(filter.values, *found);
}

}  // namespace

Filter Filter::equal(std::string field, json::value value) {
    std::vector<json::value> values;
    values.push_back(std::move(value));
    return of_kind(Kind::equals, std::move(field), std::move(values));
}

Filter Filter::any(std::string field, std::vector<json::value> values) {
    return of_kind(Kind::in, std::move(field), std::move(values));
}

Filter Filter::exist(std::string field) { return of_kind(Kind::exists, std::move(field), {}); }
Filter Filter::all(std::vector<Filter> children) { return of_children(Kind::all_of, std::move(children)); }
Filter Filter::either(std::vector<Filter> children) { return of_children(Kind::any_of, std::move(children)); }
Filter Filter::none(std::vector<Filter> children) { return of_children(Kind::none_of, std::move(children)); }

Filter Filter::between(std::string field, std::optional<double> at_least, std::optional<double> at_most) {
    Filter filter = of_kind(Kind::range, std::move(field), {});
    filter.at_least = at_least;
    filter.at_most = at_most;
    return filter;
}

bool matches(const Filter& filter, const Passage& passage) {
    const auto child_matches = [&](const Filter& child) { return matches(child, passage); };
    switch (filter.kind) {
        case Filter::Kind::all_of:
            return std::ranges::all_of(filter.children, child_matches);
        case Filter::Kind::any_of:
            return std::ranges::any_of(filter.children, child_matches);
        case Filter::Kind::none_of:
            return std::ranges::none_of(filter.children, child_matches);
        default:
            return matches_field(filter, passage);
    }
}

}  // namespace slipway::store
