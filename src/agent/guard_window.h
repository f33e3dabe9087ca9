// What a stream has said of late, as classes of the guard see it. A piece that is added costs the word that it belongs
// to, not the window: only what stands behind the last border of words is folded again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/guard_class.h"

namespace slipway::agent {

// The text falls into what was sent and, behind it, what is held.
class GuardWindow {
 public:
    // Pieces may be cut anywhere, also inside a character.
    void append(std::string_view piece);
    // Sends this much of what is held, and returns it.
    std::string release(std::size_t count);
    // Forgets what was sent, but for its last `bytes`; by so much the words move to the front.
    std::size_t forget_sent(std::size_t bytes);

    std::string_view held() const { return std::string_view(raw_).substr(sent_); }
    std::size_t sent_bytes() const { return sent_; }
    const GuardText& text() const { return text_; }
    // As many bytes of its words as no further piece can change.
    std::size_t words_settled() const { return borders_.empty() ? 0 : borders_.back().words; }
    // GuardText(held().substr(at)).words.size(), where a border of words stands before `at`.
    std::size_t words_behind(std::size_t at) const;

 private:
    struct Border {  // a space or a line's end
        std::size_t raw, words, sentences;
    };

    std::string raw_;
    std::size_t sent_ = 0;
    GuardText text_{""};
    std::vector<Border> borders_;  // ascending
};

}  // namespace slipway::agent
