#include "store/index/pgvector_sql.h"

#include <algorithm>

#include "base/crypto.h"
#include "store/index/facts.h"

namespace slipway::store::pgvector {
namespace {

class Conditions {
 public:
    explicit Conditions(Parameters& parameters) : parameters_(parameters) {}

    std::string of(const Filter& filter) {
        using Kind = Filter::Kind;
        switch (filter.kind) {
            case Kind::all_of:
                return joined(filter.children, " AND ", "true");
            case Kind::any_of:
                return joined(filter.children, " OR ", "false");
            case Kind::none_of:
                return fmt::format("NOT {}", joined(filter.children, " OR ", "false"));
            default:
                break;
        }
        if (filter.field == "namespace" || filter.field == "id") return on_name(filter);
        if (filter.kind == Kind::exists) return one_of({fact_exists(filter.field)});
        if (filter.kind == Kind::range) return in_range(filter);
        return one_of(facts_equal(filter.field, filter.values));
    }

 private:
    std::string parameter(std::string value) {
        parameters_.emplace_back(std::move(value));
        return fmt::format("${}", parameters_.size());
    }

    std::string joined(const std::vector<Filter>& children, std::string_view word, std::string_view of_none) {
        if (children.empty()) return std::string(of_none);
        std::string text = "(";
        for (const auto& child : children) {
            if (text.size() > 1) text += word;
            text += of(child);
        }
        return text + ")";
    }

    std::string on_name(const Filter& filter) {
        if (filter.kind == Filter::Kind::exists) return "true";
        if (filter.kind == Filter::Kind::range) return "false";
        auto texts = texts_of(filter.values);
        std::erase_if(texts, [](const std::string& text) { return text.contains('\0'); });  // no name has one
        return fmt::format("{} = ANY({}::text[])", filter.field, parameter(array_of(texts)));
    }

    std::string one_of(std::vector<std::string> facts) {
        for (auto& fact : facts) fact = storable(std::move(fact));
        return fmt::format("facts && {}::text[]", parameter(array_of(facts)));
    }

    // A range is true of numbers alone, also one without ends.
    std::string in_range(const Filter& filter) {
        const auto number = fmt::format("(numbers->>{}::text) COLLATE \"C\"", parameter(storable(filter.field)));
        auto text = fmt::format("({}) IS NOT NULL", number);
        const auto add = [&](const std::optional<RangeEnd>& end, std::string_view sign) {
            if (end)
                text += fmt::format(" AND coalesce({} {}{} {}::text, false)", number, sign, end->included ? "=" : "",
                                    parameter(sortable_bits(end->value)));
        };
        add(lower_end(filter), ">");
        add(upper_end(filter), "<");
        return fmt::format("({})", text);
    }

    Parameters& parameters_;
};

}  // namespace

void ArrayText::add(std::string_view text) {
    separate();
    text_ += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') text_ += '\\';
        text_ += c;
    }
    text_ += '"';
}

void ArrayText::add(std::int64_t number) {
    separate();
    text_ += fmt::format("{}", number);
}

void ArrayText::add_null() {
    separate();
    text_ += "NULL";
}

std::string ArrayText::take() {
    if (text_.empty()) text_ = "{";
    return std::exchange(text_, {}) + "}";
}

std::string array_of(std::span<const std::string> texts) {
    ArrayText array;
    for (const auto& text : texts) array.add(text);
    return array.take();
}

std::string array_of(std::span<const std::uint64_t> numbers) {
    ArrayText array;
    for (const auto number : numbers) array.add(static_cast<std::int64_t>(number));
    return array.take();
}

std::string vector_text(std::span<const float> vector) {
    std::string text = "[";
    for (const float value : vector) {
        if (text.size() > 1) text += ',';
        fmt::format_to(std::back_inserter(text), "{}", value);
    }
    return text + "]";
}

std::string storable(std::string text) { return text.contains('\0') ? "#" + sha256_hex(text) : text; }

std::string condition_of(const Filter& filter, Parameters& parameters) { return Conditions(parameters).of(filter); }

bool lets_all_pass(const Filter& filter) {
    return filter.kind == Filter::Kind::all_of && std::ranges::all_of(filter.children, lets_all_pass);
}

std::string numbers_of(const json::object& metadata) {
    json::object numbers;
    for (const auto& [key, value] : metadata)
        if (value.is_number()) numbers[storable(std::string(key))] = sortable_bits(value.to_number<double>());
    return write_json(numbers);
}

std::vector<std::string> storable_facts(const json::object& metadata) {
    auto facts = facts_of(metadata, false);
    for (auto& fact : facts) fact = storable(std::move(fact));
    return facts;
}

}  // namespace slipway::store::pgvector
