#include "knowledge/synonyms.h"

#include <algorithm>
#include <fstream>
#include <set>

#include "base/text.h"
#include "knowledge/phrase.h"
#include "store/index/analyser.h"

namespace slipway::knowledge {
namespace {

template <typename... Arguments>
std::unexpected<Error> wrong(std::size_t line, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    Error error{ErrorCode::invalid,
                fmt::format("Line {}: {}", line, fmt::format(format, std::forward<Arguments>(arguments)...))};
    error.details["line"] = line;
    return std::unexpected(std::move(error));
}

std::vector<std::string> terms_once(std::string_view phrase, std::string_view language) {
    std::vector<std::string> terms;
    for (auto& term : store::analyse(phrase, language))
        if (std::ranges::find(terms, term.text) == terms.end()) terms.push_back(std::move(term.text));
    return terms;
}

}  // namespace

Result<Synonyms> Synonyms::parse(std::string_view text, std::string_view language) {
    Synonyms synonyms;
    synonyms.language_ = language;
    if (text.size() > SynonymLimits::file_bytes)
        return fail(ErrorCode::invalid, "Synonyms may have {} bytes at most.", SynonymLimits::file_bytes);
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    std::size_t number = 0, rules = 0;
    for (auto line : split(text, '\n')) {
        ++number;
        if (!is_valid_utf8(line)) return wrong(number, "this is not UTF-8.");
        line = trim(line.substr(0, line.find('#')));
        if (line.empty()) continue;
        if (++rules > SynonymLimits::rules)
            return wrong(number, "there may be {} rules at most.", SynonymLimits::rules);
        SLIPWAY_CHECK(synonyms.add_rule(line, number));
    }
    return synonyms;
}

Result<void> Synonyms::add_rule(std::string_view line, std::size_t number) {
    const auto arrow = line.find("=>");
    SLIPWAY_TRY(const auto left, read_side(line.substr(0, arrow), number));
    if (arrow == std::string_view::npos) {
        if (left.size() < 2) return wrong(number, "'{}' stands alone; write `a, b` or `a => b`.", line);
        for (const auto phrase : left) add(phrase, left);
        return {};
    }
    const auto rest = line.substr(arrow + 2);
    if (rest.find("=>") != std::string_view::npos) return wrong(number, "a rule has one => only.");
    SLIPWAY_TRY(const auto right, read_side(rest, number));
    for (const auto phrase : left) add(phrase, right);
    return {};
}

Result<std::vector<std::size_t>> Synonyms::read_side(std::string_view side, std::size_t number) {
    std::vector<std::size_t> read;
    for (const auto part : split(side, ',')) {
        const auto text = collapse_spaces(part);
        if (text.empty()) return wrong(number, "a word is missing: before or after a comma, or beside =>.");
        if (text.size() > SynonymLimits::phrase_bytes)
            return wrong(number, "a phrase may have {} bytes at most.", SynonymLimits::phrase_bytes);
        const auto [known, is_new] = phrase_by_text_.emplace(text, phrases_.size());
        if (is_new) phrases_.push_back({text, phrase_words(text, language_), terms_once(text, language_)});
        const auto& phrase = phrases_[known->second];
        if (phrase.words.empty()) return wrong(number, "there is no word in '{}'.", text);
        if (phrase.words.size() > SynonymLimits::phrase_words)
            return wrong(number, "'{}' has more than {} words.", text, SynonymLimits::phrase_words);
        read.push_back(known->second);
    }
    if (read.size() > SynonymLimits::phrases_per_rule)
        return wrong(number, "a side may have {} phrases at most.", SynonymLimits::phrases_per_rule);
    return read;
}

void Synonyms::add(std::size_t phrase, const std::vector<std::size_t>& others) {
    const auto& words = phrases_[phrase].words;
    const auto [known, is_new] = left_by_words_.emplace(join(words, " "), left_.size());
    if (is_new) {
        left_.push_back({words, {}});
        by_first_word_[words.front()].push_back(known->second);
    }
    auto& right = left_[known->second].right;
    for (const auto other : others)
        if (phrases_[other].words != words && std::ranges::find(right, other) == right.end()) right.push_back(other);
}

std::vector<Expansion> Synonyms::expand(std::string_view question) const {
    std::vector<Expansion> expansions;
    const auto words = phrase_words(question, language_);
    for (std::size_t at = 0; at < words.size(); ++at) {
        const auto candidates = by_first_word_.find(words[at]);
        if (candidates == by_first_word_.end()) continue;
        for (const auto index : candidates->second) {
            const auto& left = left_[index];
            if (!stands_at(left.words, words, at)) continue;
            for (const auto phrase : left.right) {
                if (expansions.size() == SynonymLimits::expansions) return expansions;
                expansions.push_back({at, left.words.size(), &phrases_[phrase].text, &phrases_[phrase].terms});
            }
        }
    }
    return expansions;
}

std::vector<store::WeightedTerm> Synonyms::weighted(const std::vector<Expansion>& expansions, double weight) {
    std::vector<store::WeightedTerm> terms;
    std::set<std::string_view> seen;
    for (const auto& expansion : expansions)
        if (seen.insert(*expansion.text).second) terms.push_back({*expansion.text, weight});
    return terms;
}

Result<std::shared_ptr<const Synonyms>> load_synonyms(const std::filesystem::path& file, std::string_view language) {
    std::error_code error;
    const auto size = std::filesystem::file_size(file, error);
    std::ifstream stream(file, std::ios::binary);
    if (error || !stream) return fail(ErrorCode::not_found, "The synonyms {} cannot be opened.", file.string());
    if (size > SynonymLimits::file_bytes)
        return fail(ErrorCode::invalid, "{} has {} bytes; synonyms may have {} at most.", file.string(), size,
                    SynonymLimits::file_bytes);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    auto synonyms = Synonyms::parse(text, language);
    if (!synonyms) {
        synonyms.error().message = fmt::format("{}: {}", file.string(), synonyms.error().message);
        return pass(synonyms);
    }
    return std::make_shared<const Synonyms>(*std::move(synonyms));
}

}  // namespace slipway::knowledge
