#include "store/index/opensearch_query.h"

#include <cmath>

#include "base/text.h"
#include "store/index/facts.h"

namespace slipway::store::opensearch {
namespace {

using Kind = Filter::Kind;

json::object one(std::string_view key, json::value value) {
    json::object object;
    object[key] = std::move(value);
    return object;
}

json::object match_all() { return one("match_all", json::object()); }
json::object match_none() { return one("match_none", json::object()); }

json::object any_of_terms(std::string_view field, const std::vector<std::string>& values) {
    if (values.empty()) return match_none();
    json::array list;
    for (const auto& value : values) list.emplace_back(value);
    return one("terms", one(field, std::move(list)));
}

json::object range_clause(const Filter& filter) {
    json::object ends;
    const auto lower = lower_end(filter), upper = upper_end(filter);
    ends[!lower || lower->included ? "gte" : "gt"] =
        lower ? fact_ordered(filter.field, lower->value) : fact_ordered_least(filter.field);
    ends[!upper || upper->included ? "lte" : "lt"] =
        upper ? fact_ordered(filter.field, upper->value) : fact_ordered_most(filter.field);
    return one("range", one("facts", std::move(ends)));
}

json::object condition(const Filter& filter) {
    const bool own = filter.field == "namespace" || filter.field == "id";
    switch (filter.kind) {
        case Kind::exists:
            return own ? match_all() : any_of_terms("facts", {fact_exists(filter.field)});
        case Kind::range:
            return own ? match_none() : range_clause(filter);
        default:
            return own ? any_of_terms(filter.field, texts_of(filter.values))
                       : any_of_terms("facts", facts_equal(filter.field, filter.values));
    }
}

json::object clause(const Filter& filter) {
    json::array children;
    for (const auto& child : filter.children) children.push_back(clause(child));
    switch (filter.kind) {
        case Kind::all_of:
            return children.empty() ? match_all() : bool_filter(std::move(children));
        case Kind::any_of:
            if (children.empty()) return match_none();
            return one("bool", json::object{{"should", std::move(children)}, {"minimum_should_match", 1}});
        case Kind::none_of:
            return children.empty() ? match_all() : one("bool", one("must_not", std::move(children)));
        default:
            return condition(filter);
    }
}

json::object scripted(json::object query, json::object script) {
    return one("script_score", json::object{{"query", std::move(query)}, {"script", std::move(script)}});
}

// As TermScorer does it; compiled once, as only the parameters change.
constexpr std::string_view kBm25 =
    "double score = 0; double rest = params.constant + params.slope * doc['length'].value;"
    "for (int i = 0; i < params.words.length; i++) {"
    " double f = termFreq('terms', params.words[i]); score += params.factors[i] * f / (f + rest); }"
    "return score;";

}  // namespace

json::object bool_filter(json::array clauses) { return one("bool", one("filter", std::move(clauses))); }

json::array matching(const WorkspaceId& workspace, const Filter& filter) {
    json::array clauses;
    clauses.push_back(one("term", one("workspace", json::string(workspace.value))));
    const bool passes_all = filter.kind == Kind::all_of && filter.children.empty();
    if (!passes_all) clauses.push_back(clause(filter));
    return clauses;
}

json::object statistics_query(const WorkspaceId& workspace, std::span<const QueryTerm> terms) {
    json::object filters;
    for (std::size_t i = 0; i < terms.size(); ++i)
        filters[std::to_string(i)] = one("term", one("terms", json::string(term_word(terms[i].term))));
    auto sums = one("terms", one("sum", one("field", "length")));
    sums["with"] = one("filters", one("filters", std::move(filters)));
    return {{"size", 0},
            {"track_total_hits", true},
            {"query", bool_filter(matching(workspace, {}))},
            {"aggs", std::move(sums)}};
}

Result<Statistics> read_statistics(const json::object& answer, std::size_t terms) {
    Statistics found;
    try {
        const auto& sums = answer.at("aggregations").as_object();
        found.text.passages = answer.at("hits").at("total").at("value").to_number<std::uint64_t>();
        found.text.terms = static_cast<std::uint64_t>(sums.at("terms").at("value").to_number<double>());
        const auto& buckets = sums.at("with").at("buckets").as_object();
        for (std::size_t i = 0; i < terms; ++i)
            found.with_term.push_back(buckets.at(std::to_string(i)).at("doc_count").to_number<std::uint64_t>());
    } catch (const std::exception&) {
        return fail(ErrorCode::upstream, "OpenSearch answered a search without the statistics that were asked for.");
    }
    return found;
}

json::object text_query(json::array matching, std::span<const ScoredTerm> terms, const TextStatistics& statistics) {
    json::array words, factors;
    const double average = static_cast<double>(statistics.terms) / static_cast<double>(statistics.passages);
    for (const auto& term : terms) {
        words.emplace_back(term.word);
        // What a scorer answers for endless occurrences is its factor.
        const TermScorer scorer(term.query.weight, term.passages, statistics);
        factors.push_back(scorer(1, 0) * (1 + kBm25Saturation * (1 - kBm25LengthNormalisation)));
    }
    matching.push_back(one("terms", one("terms", words)));
    json::object parameters{{"words", std::move(words)}, {"factors", std::move(factors)}};
    parameters["constant"] = kBm25Saturation * (1 - kBm25LengthNormalisation);
    parameters["slope"] = kBm25Saturation * kBm25LengthNormalisation / std::max(1e-9, average);
    return scripted(bool_filter(std::move(matching)),
                    {{"lang", "painless"}, {"source", kBm25}, {"params", std::move(parameters)}});
}

std::string_view space_type(Metric metric) { return metric == Metric::euclid ? "l2" : "innerproduct"; }

json::object exact_vector_query(json::array matching, const Vector& vector, Metric metric) {
    matching.push_back(one("exists", one("field", "vector")));
    json::array numbers(vector.begin(), vector.end());
    json::object parameters{
        {"field", "vector"}, {"query_value", std::move(numbers)}, {"space_type", space_type(metric)}};
    return scripted(bool_filter(std::move(matching)),
                    {{"lang", "knn"}, {"source", "knn_score"}, {"params", std::move(parameters)}});
}

json::object nearest_vector_query(json::array matching, const Vector& vector, std::size_t count) {
    json::object field;
    field["vector"] = json::array(vector.begin(), vector.end());
    field["k"] = count;
    field["filter"] = bool_filter(std::move(matching));
    return one("knn", one("vector", std::move(field)));
}

double nearness_of_score(Metric metric, double score) {
    if (metric == Metric::euclid) return -std::sqrt(std::max(0.0, 1 / score - 1));
    return score >= 1 ? score - 1 : 1 - 1 / score;
}

std::string search_body(json::object query, std::size_t size, std::span<const std::string_view> fields) {
    json::array source;
    for (const auto field : fields) source.emplace_back(field);
    json::array order;
    order.push_back(one("_score", "desc"));
    order.push_back(one("id", "asc"));
    return write_json(json::object{{"size", size},
                                   {"track_total_hits", false},
                                   {"query", std::move(query)},
                                   {"_source", std::move(source)},
                                   {"sort", std::move(order)}});
}

Result<Passage> read_passage(const json::object& source) {
    Passage passage;
    passage.id = text_or(source, "id");
    passage.name_space = text_or(source, "namespace");
    passage.text = text_or(source, "text");
    if (const auto metadata = text_or(source, "metadata"); !metadata.empty()) {
        SLIPWAY_TRY(auto value, parse_json(metadata));
        if (value.is_object()) passage.metadata = std::move(value.get_object());
    }
    if (passage.id.empty())
        return fail(ErrorCode::upstream, "OpenSearch answered a passage without its id. Run `slipway reindex`.");
    return passage;
}

PassageTerms read_words(const json::object& source) {
    PassageTerms terms;
    for (const auto word : split(text_or(source, "terms"), ' ')) {
        if (word.empty()) continue;
        ++terms.length;
        ++terms.counts[std::string(word)];
    }
    return terms;
}

}  // namespace slipway::store::opensearch
