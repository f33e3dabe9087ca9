#include "agent/guard_window.h"

#include <algorithm>

#include "base/text.h"

namespace slipway::agent {
namespace {

constexpr std::string_view kBorders = " \n";

}  // namespace

// Nothing that stands before a border is composed with what stands behind it, so words can be folded one by one.
void GuardWindow::append(std::string_view piece) {
    auto searched = raw_.size();
    raw_ += piece;
    const Border beginning{0, 1, 1};
    const auto reopened = borders_.empty() ? beginning : borders_.back();
    text_.words.resize(reopened.words);
    text_.sentences.resize(reopened.sentences);
    auto folded = reopened.raw;
    for (auto border = raw_.find_first_of(kBorders, searched); border != std::string::npos;
         border = raw_.find_first_of(kBorders, border + 1)) {
        text_.append(std::string_view(raw_).substr(folded, border - folded));
        borders_.push_back({border, text_.words.size(), text_.sentences.size()});
        folded = border;
    }
    text_.append(std::string_view(raw_).substr(folded));
    text_.close();
}

std::string GuardWindow::release(std::size_t count) {
    auto released = raw_.substr(sent_, count);
    sent_ += released.size();
    return released;
}

std::size_t GuardWindow::forget_sent(std::size_t bytes) {
    if (sent_ <= bytes) return 0;
    const auto cut = cut_utf8(raw_, sent_ - bytes).size();
    const auto words = text_.words.size();
    auto kept = raw_.substr(cut);
    sent_ -= cut;
    raw_.clear();
    borders_.clear();
    append(kept);
    return words - std::min(words, text_.words.size());
}

std::size_t GuardWindow::words_behind(std::size_t at) const {
    const auto border = std::ranges::lower_bound(borders_, sent_ + at, {}, &Border::raw);
    if (border == borders_.begin() || std::prev(border)->raw + 1 != sent_ + at)
        return GuardText(held().substr(at)).words.size();
    // Where the word before the border is open still, the space that closes it is the first of what is behind.
    const auto before = std::prev(border)->words;
    return text_.words.size() - before + (text_.words[before - 1] == ' ' ? 1 : 0);
}

}  // namespace slipway::agent
