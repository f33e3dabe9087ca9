#include "store/index/qdrant_point.h"

#include <algorithm>
#include <cmath>

#include "base/crypto.h"
#include "store/index/analyser.h"
#include "store/index/facts.h"
#include "store/index/vector.h"

namespace slipway::store::qdrant {
namespace {

using Kind = Filter::Kind;

constexpr std::size_t kOrderedBytes = 8;
constexpr double kReferenceLength = 128;  // terms; near the average length of passages
constexpr double kConstant = kBm25Saturation * (1 - kBm25LengthNormalisation);
constexpr double kSlope = kBm25Saturation * kBm25LengthNormalisation;
static_assert(2 * kTermsMax < 1U << kLengthBits);

std::string uuid(std::string bytes) {
    const auto hex = to_hex(bytes);
    return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4),
                       hex.substr(20));
}

std::string ordered_bytes(std::string_view id) {
    std::string bytes(ordered_part(id));
    bytes.resize(kOrderedBytes, '\0');
    return bytes;
}

json::object one(std::string_view key, json::value value) {
    json::object object;
    object[key] = std::move(value);
    return object;
}

json::object nothing() { return one("has_id", json::array()); }
json::object everything() { return one("must", json::array()); }

json::object range_of(const Filter& filter) {
    json::object ends;
    if (const auto lower = lower_end(filter)) ends[lower->included ? "gte" : "gt"] = lower->value;
    if (const auto upper = upper_end(filter)) ends[upper->included ? "lte" : "lt"] = upper->value;
    // Without ends every number is inside.
    if (ends.empty()) ends["gte"] = std::numeric_limits<double>::lowest();
    json::object condition;
    condition["key"] = "numbers." + number_field(filter.field);
    condition["range"] = std::move(ends);
    return condition;
}

json::object condition(const Filter& filter) {
    const bool own = filter.field == "namespace" || filter.field == "id";
    switch (filter.kind) {
        case Kind::exists:
            return own ? everything() : any_of("facts", std::vector<std::string>{fact_exists(filter.field)});
        case Kind::range:
            return own ? nothing() : range_of(filter);
        default:
            return own ? any_of(filter.field == "id" ? "passage" : "namespace", texts_of(filter.values))
                       : any_of("facts", facts_equal(filter.field, filter.values));
    }
}

json::object clause(const Filter& filter) {
    json::array children;
    for (const auto& child : filter.children) children.push_back(clause(child));
    switch (filter.kind) {
        case Kind::all_of:
            return one("must", std::move(children));
        case Kind::any_of:
            return children.empty() ? nothing() : one("should", std::move(children));
        case Kind::none_of:
            return children.empty() ? everything() : one("must_not", std::move(children));
        default:
            return condition(filter);
    }
}

json::object sparse_vector(const PassageTerms& terms) {
    // Two words may share an index; the larger value keeps the score an upper bound.
    std::map<std::uint32_t, double> values;
    for (const auto& [word, count] : terms.counts) {
        auto& value = values[sparse_index(word)];
        value = std::max(value, sparse_value(count, terms.length));
    }
    json::array indices, numbers;
    for (const auto& [index, value] : values) {
        indices.emplace_back(index);
        numbers.emplace_back(value);
    }
    return {{"indices", std::move(indices)}, {"values", std::move(numbers)}};
}

json::object numbers_of(const json::object& metadata) {
    json::object numbers;
    for (const auto& [key, value] : metadata)
        if (value.is_number()) numbers[number_field(key)] = value.to_number<double>();
    return numbers;
}

json::object payload_of(const WorkspaceId& workspace, const Passage& passage, const PassageTerms& terms) {
    json::array facts, words, counts, bits;
    for (const auto& fact : facts_of(passage.metadata, false)) facts.emplace_back(fact);
    if (passage.vector) facts.emplace_back(kHasVector);
    for (const auto& [word, count] : terms.counts) {
        words.emplace_back(word);
        counts.emplace_back(count);
    }
    for (unsigned bit = 0; bit < kLengthBits; ++bit)
        if (terms.length >> bit & 1) bits.emplace_back(bit_name(bit));
    return {{"page_content", passage.text},
            {"metadata", passage.metadata},
            {"workspace", workspace.value},
            {"passage", passage.id},
            {"namespace", passage.name_space},
            {"facts", std::move(facts)},
            {"numbers", numbers_of(passage.metadata)},
            {"words", std::move(words)},
            {"counts", std::move(counts)},
            {"bits", std::move(bits)}};
}

}  // namespace

std::string_view ordered_part(std::string_view id) { return id.substr(0, kOrderedBytes); }

std::string point_id(const WorkspaceId& workspace, std::string_view id) {
    const auto hash = sha256(workspace.value + '\0' + std::string(id));
    return uuid(ordered_bytes(id) + hash.substr(0, kOrderedBytes));
}

std::string first_point_id(std::string_view id) { return uuid(ordered_bytes(id) + std::string(kOrderedBytes, '\0')); }

json::object point_of(const WorkspaceId& workspace, const Passage& passage, const CollectionOptions& options) {
    const auto terms = passage_terms(passage, options.language);
    json::object vectors;
    if (!terms.counts.empty()) vectors[kSparse] = sparse_vector(terms);
    if (passage.vector) {
        const auto vector = prepared_vector(options.metric, *passage.vector);
        vectors[""] = json::array(vector.begin(), vector.end());
    }
    return {{"id", point_id(workspace, passage.id)},
            {"vector", std::move(vectors)},
            {"payload", payload_of(workspace, passage, terms)}};
}

std::string number_field(std::string_view field) {
    constexpr std::size_t kPlainMax = 64;
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    };
    // Anything else would mean something in a path.
    if (!field.empty() && field.size() <= kPlainMax && std::ranges::all_of(field, is_plain) && !field.starts_with("x_"))
        return std::string(field);
    return "x_" + sha256_hex(field).substr(0, 32);
}

std::vector<std::string> number_fields(const json::object& metadata) {
    std::vector<std::string> fields;
    for (const auto& [key, value] : metadata)
        if (value.is_number()) fields.push_back(number_field(key));
    return fields;
}

json::object any_of(std::string_view key, std::span<const std::string> values) {
    if (values.empty()) return nothing();
    json::object condition;
    condition["key"] = key;
    json::array list;
    for (const auto& value : values) list.emplace_back(value);
    condition["match"] = one("any", std::move(list));
    return condition;
}

void require(json::object& filter, json::object condition) {
    filter["must"].as_array().push_back(std::move(condition));
}

json::object matching(const WorkspaceId& workspace, const Filter& filter) {
    json::object whose;
    whose["key"] = "workspace";
    whose["match"] = one("value", json::string(workspace.value));
    json::object all;
    all["must"].emplace_array().push_back(std::move(whose));
    const bool passes_all = filter.kind == Kind::all_of && filter.children.empty();
    if (!passes_all) require(all, clause(filter));
    return all;
}

std::uint32_t sparse_index(std::string_view word) {
    const auto hash = sha256(word);
    std::uint32_t index = 0;
    for (std::size_t i = 0; i < sizeof index; ++i) index = index << 8 | static_cast<unsigned char>(hash[i]);
    return index;
}

double sparse_value(std::uint64_t occurrences, std::uint64_t length) {
    const auto f = static_cast<double>(occurrences);
    return f / (f + kConstant + kSlope * static_cast<double>(length) / kReferenceLength);
}

double sparse_slack(const TextStatistics& statistics) {
    constexpr double kFloat = 1.0001;  // sparse values are float32
    const double average =
        static_cast<double>(statistics.terms) / static_cast<double>(std::max<std::uint64_t>(1, statistics.passages));
    return std::max(1.0, average / kReferenceLength) * kFloat;
}

Result<Passage> read_passage(const json::object& payload) {
    Passage passage;
    passage.id = text_or(payload, "passage");
    passage.name_space = text_or(payload, "namespace");
    passage.text = text_or(payload, "page_content");
    if (const auto* metadata = object_in(payload, "metadata")) passage.metadata = *metadata;
    if (passage.id.empty())
        return fail(ErrorCode::upstream,
                    "Qdrant answered a point without the id of its passage. Run `slipway reindex`.");
    return passage;
}

PassageTerms read_words(const json::object& payload) {
    PassageTerms terms;
    const auto *words = array_in(payload, "words"), *counts = array_in(payload, "counts");
    if (!words || !counts || words->size() != counts->size()) return terms;
    for (std::size_t i = 0; i < words->size(); ++i) {
        const auto* word = (*words)[i].if_string();
        const auto* count = (*counts)[i].if_int64();
        if (!word || !count || *count < 1) continue;
        terms.counts[to_text(*word)] = static_cast<std::uint32_t>(*count);
        terms.length += static_cast<std::uint64_t>(*count);
    }
    return terms;
}

std::string bit_name(unsigned bit) { return fmt::format("b{}", bit); }

}  // namespace slipway::store::qdrant
