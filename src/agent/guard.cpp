#include "agent/guard.h"

#include <algorithm>
#include <set>

#include "agent/guard_window.h"
#include "base/text.h"

namespace slipway::agent {
namespace {

constexpr int kBordersTried = 16;

const std::string& appendix(const GuardClass& rules) {
    if (rules.replacement.empty()) return rules.disclaimer;
    return rules.others_text.empty() ? rules.replacement : rules.others_text;
}

class GuardFilter final : public TextFilter {
 public:
    explicit GuardFilter(const GuardNode& node) : node_(node) {}

    std::string push(State& state, std::string_view piece) override {
        if (closed_) return "";
        if (const auto* hit = look_at_question(state)) return close(state, *hit);
        window_.append(piece);
        if (const auto* hit = look_at_answer(false)) return close(state, *hit);
        const auto held = window_.held();
        if (held.size() <= node_.options().hold_back) return "";
        const auto cut = harmless_border(held.size() - node_.options().hold_back);
        if (window_.words_behind(cut) < node_.options().words_held) return "";
        return release(cut);
    }

    std::string finish(State& state) override {
        if (closed_) return "";
        if (const auto* hit = look_at_question(state)) return close(state, *hit);
        if (const auto* hit = look_at_answer(true)) return close(state, *hit);
        auto rest = release(window_.held().size());
        const GuardText question(state.input.message), answer(state.answer + rest);
        for (const auto& rules : node_.options().classes) {
            // Help for somebody in danger belongs beside a refusal too; a disclaimer has nothing to disclaim there.
            if (rules.replacement.empty() && (rules.disclaimer.empty() || state.refused)) continue;
            const bool hit = (rules.question_too && find_match(rules, question).found()) ||
                             find_match(rules, answer, {.whole = false}).found();
            if (!hit) continue;
            state.flags.push_back(rules.name);
            decision_ += decision_.empty() ? "appended: " + rules.name : ", " + rules.name;
            // Two classes may share a text.
            if (const auto& text = appendix(rules); rest.find(text) == std::string::npos) rest += "\n\n" + text;
        }
        return rest;
    }

    bool closed() const override { return closed_; }
    std::string decision() const override { return decision_.empty() ? "nothing found" : decision_; }

 private:
    // What ends the answer before it begins; once.
    const GuardClass* look_at_question(const State& state) {
        if (std::exchange(question_seen_, true)) return nullptr;
        const GuardText question(state.input.message);
        const GuardClass* hit = nullptr;
        for (const auto& rules : node_.options().classes) {
            if (rules.replacement.empty() || !rules.question_too) continue;
            const auto match = find_match(rules, question);
            if (match.counts() && hit == nullptr) hit = &rules;
            if (match.of_another) may_be_spoken_of_.insert(&rules);
        }
        return hit;
    }

    // What was sent may be the beginning of a phrase that ends in what is held. A match at the very end, which a longer
    // text could still turn into another word or an exception, waits until `whole`; one that ended in a word that was
    // settled before has been judged.
    const GuardClass* look_at_answer(bool whole) {
        const auto& text = window_.text();
        GuardSpan span{.ends_min = judged_, .whole = false};
        span.begins_min = judged_ - std::min(judged_, node_.options().phrase_longest);
        if (!whole) span.ends_max = text.words.size() - std::min(node_.options().look_ahead, text.words.size());
        judged_ = std::min(span.ends_max, window_.words_settled());
        for (const auto& rules : node_.options().classes)
            if (!rules.replacement.empty() && !may_be_spoken_of_.contains(&rules) &&
                find_match(rules, text, span).counts())
                return &rules;
        return nullptr;
    }

    std::string close(State& state, const GuardClass& rules) {
        closed_ = true;
        state.refused = true;
        state.flags.push_back(rules.name);
        decision_ = "replaced: " + rules.name;
        return (state.answer.empty() ? "" : "\n\n") + rules.replacement;
    }

    // The last border between words at or before `at`; a long run without one is cut at a character.
    std::size_t word_border(std::size_t at) const {
        const auto held = window_.held();
        const auto border = held.find_last_of(" \n", at);
        if (border != std::string_view::npos) return border + 1;
        return held.size() > 4 * node_.options().hold_back ? cut_utf8(held, at).size() : 0;
    }

    // Where what is held may be cut without parting a phrase of which a half says something else ("kill | time"), at or
    // before `at`; 0: nowhere near.
    std::size_t harmless_border(std::size_t at) const {
        auto cut = word_border(at);
        for (int steps = 0; cut > 1; ++steps) {
            if (!parts_a_phrase(cut)) return cut;
            if (steps == kBordersTried) return 0;
            cut = word_border(cut - 2);
        }
        return 0;
    }

    bool parts_a_phrase(std::size_t cut) const {
        const std::string_view words = window_.text().words;
        const auto behind = std::min(window_.words_behind(cut), words.size());
        const auto border = words.size() - behind;
        return std::ranges::any_of(node_.options().kept_whole, [&](const std::string& phrase) {
            const auto reach = phrase.size() - 2;  // its own first and last space are borders
            const auto begin = border - std::min(border, reach);
            const auto found = words.substr(begin, 2 * phrase.size()).find(phrase);
            return found != std::string_view::npos && begin + found < border;
        });
    }

    std::string release(std::size_t count) {
        auto sent = window_.release(count);
        const auto keep = node_.options().hold_back + 2 * kReach;
        if (window_.sent_bytes() > 2 * keep) judged_ -= std::min(judged_, window_.forget_sent(keep));
        return sent;
    }

    const GuardNode& node_;
    GuardWindow window_;
    std::size_t judged_ = 0;  // of the window's words: matches that end here or before were judged
    std::string decision_;
    bool closed_ = false, question_seen_ = false;
    std::set<const GuardClass*> may_be_spoken_of_;  // the question speaks of somebody else in these
};

}  // namespace

GuardNode::GuardNode(GuardOptions options) : options_(std::move(options)) {
    auto& phrase_longest = options_.phrase_longest;
    for (auto& rules : options_.classes) {
        fold(rules);
        for (const auto& phrase : rules.phrases) phrase_longest = std::max(phrase_longest, phrase.size());
        for (const auto* around : {&rules.exceptions, &rules.others})
            for (const auto& phrase : *around) {
                options_.look_ahead = std::max(options_.look_ahead, phrase.size());
                if (phrase.find(' ', 1) + 1 < phrase.size()) options_.kept_whole.push_back(phrase);
            }
    }
    options_.words_held = phrase_longest + options_.look_ahead;
    // Twice: punctuation between the words of a phrase makes it longer than its folded form.
    options_.hold_back = std::max(options_.hold_back, 2 * options_.words_held);
}

std::unique_ptr<TextFilter> GuardNode::filter() const { return std::make_unique<GuardFilter>(*this); }

Task<void> GuardNode::run(State&, Step& step, Output&) {
    step.decision = "nothing to guard";
    co_return Result<void>();
}

}  // namespace slipway::agent
