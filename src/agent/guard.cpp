#include "agent/guard.h"

#include <algorithm>

#include "base/text.h"
#include "store/index/analyser.h"

namespace slipway::agent {
namespace {

bool is_word_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

// Folding keeps words and puts one space between them, so that line breaks and punctuation inside a phrase do not hide
// it.
std::string words_of(std::string_view text) {
    std::string words = " ";
    for (const char c : store::fold(text)) {
        if (is_word_byte(c))
            words += c;
        else if (c == '\'')
            continue;
        else if (words.back() != ' ')
            words += ' ';
    }
    if (words.back() != ' ') words += ' ';
    return words;
}

bool inside_exception(const GuardClass& rules, std::string_view text, std::size_t at, std::size_t length) {
    return std::ranges::any_of(rules.exceptions, [&](const std::string& exception) {
        const auto earliest = at + length > exception.size() ? at + length - exception.size() : 0;
        for (auto found = text.find(exception, earliest); found != std::string_view::npos && found <= at;
             found = text.find(exception, found + 1))
            if (found + exception.size() >= at + length) return true;
        return false;
    });
}

class GuardFilter final : public TextFilter {
 public:
    explicit GuardFilter(const GuardNode& node) : node_(node) {}

    std::string push(State& state, std::string_view piece) override {
        if (closed_) return "";
        if (!question_seen_) {
            question_seen_ = true;
            if (const auto* hit = replacing(words_of(state.input.message), true)) return close(state, *hit);
        }
        held_ += piece;
        // What was sent before the window may be the beginning of a phrase that ends in it.
        if (const auto* hit = replacing(words_of(sent_tail_ + held_), false, node_.options().look_ahead))
            return close(state, *hit);
        if (held_.size() <= node_.options().hold_back) return "";
        const auto cut = word_border(held_.size() - node_.options().hold_back);
        return release(cut);
    }

    std::string finish(State& state) override {
        if (closed_) return "";
        if (!question_seen_)
            if (const auto* hit = replacing(words_of(state.input.message), true)) return close(state, *hit);
        if (const auto* hit = replacing(words_of(sent_tail_ + held_), false)) return close(state, *hit);
        auto rest = release(held_.size());
        const auto question = words_of(state.input.message), answer = words_of(state.answer + rest);
        for (const auto& rules : node_.options().classes) {
            if (rules.disclaimer.empty() || state.refused) continue;
            const bool hit = (rules.question_too && GuardNode::find_match(rules, question).at != std::string::npos) ||
                             GuardNode::find_match(rules, answer).at != std::string::npos;
            if (!hit) continue;
            state.flags.push_back(rules.name);
            decision_ += decision_.empty() ? "disclaimer: " + rules.name : ", " + rules.name;
            rest += "\n\n" + rules.disclaimer;
        }
        return rest;
    }

    bool closed() const override { return closed_; }
    std::string decision() const override { return decision_.empty() ? "nothing found" : decision_; }

 private:
    // `unseen`: bytes at the end that a longer text could still turn into another word or an exception; matches there
    // wait.
    const GuardClass* replacing(std::string_view words, bool question, std::size_t unseen = 0) const {
        for (const auto& rules : node_.options().classes) {
            if (rules.replacement.empty() || (question && !rules.question_too)) continue;
            if (GuardNode::find_match(rules, words, words.size() - std::min(unseen, words.size())).at !=
                std::string::npos)
                return &rules;
        }
        return nullptr;
    }

    std::string close(State& state, const GuardClass& rules) {
        closed_ = true;
        state.refused = true;
        held_.clear();
        state.flags.push_back(rules.name);
        decision_ = "replaced: " + rules.name;
        return (state.answer.empty() ? "" : "\n\n") + rules.replacement;
    }

    // The last border between words at or before `at`; a long run without one is cut at a character.
    std::size_t word_border(std::size_t at) const {
        const auto border = held_.find_last_of(" \n", at);
        if (border != std::string::npos) return border + 1;
        return held_.size() > 4 * node_.options().hold_back ? cut_utf8(held_, at).size() : 0;
    }

    std::string release(std::size_t count) {
        auto sent = held_.substr(0, count);
        held_.erase(0, count);
        sent_tail_ += sent;
        if (const auto keep = node_.options().hold_back; sent_tail_.size() > 2 * keep)
            sent_tail_.erase(0, cut_utf8(sent_tail_, sent_tail_.size() - keep).size());
        return sent;
    }

    const GuardNode& node_;
    std::string held_, sent_tail_, decision_;
    bool closed_ = false, question_seen_ = false;
};

}  // namespace

GuardNode::GuardNode(GuardOptions options) : options_(std::move(options)) {
    std::size_t phrase_longest = 0;
    for (auto& rules : options_.classes) {
        for (auto& phrase : rules.phrases) {
            phrase = words_of(phrase);
            phrase_longest = std::max(phrase_longest, phrase.size());
        }
        for (auto& exception : rules.exceptions) {
            exception = words_of(exception);
            options_.look_ahead = std::max(options_.look_ahead, exception.size());
        }
        std::erase(rules.phrases, " ");
    }
    // Twice: punctuation between the words of a phrase makes it longer than its folded form.
    options_.hold_back = std::max(options_.hold_back, 2 * (phrase_longest + options_.look_ahead));
}

GuardNode::Match GuardNode::find_match(const GuardClass& rules, std::string_view folded, std::size_t end_max) {
    for (const auto& phrase : rules.phrases)
        for (auto at = folded.find(phrase); at != std::string_view::npos && at + phrase.size() <= end_max;
             at = folded.find(phrase, at + 1))
            if (!inside_exception(rules, folded, at, phrase.size())) return {at, phrase};
    return {};
}

std::unique_ptr<TextFilter> GuardNode::filter() const { return std::make_unique<GuardFilter>(*this); }

Task<void> GuardNode::run(State&, Step& step, Output&) {
    step.decision = "nothing to guard";
    co_return Result<void>();
}

}  // namespace slipway::agent
