// A question that leans on the conversation ("and for children?", "how long should I do that?") is completed from what
// was asked before. By rules, without a model: short lists of words for some languages, and the number of words that
// say something for all.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slipway::knowledge {

struct QuestionLimits {
    static constexpr std::size_t bytes = 16 << 10;       // of a question; the rest is not looked at
    static constexpr std::size_t earlier_questions = 3;  // that are looked at, the latest
    static constexpr std::size_t earlier_bytes = 400;    // of each
};

// What the question leans on: the latest earlier question that stands for itself, and those between it and this one,
// oldest first, joined by a space. Empty when the question stands for itself or nothing was asked before.
std::string context_of(std::string_view question, const std::vector<std::string>& earlier,
                       std::string_view language = "english");

// The context and the question, joined by a space; the question as it is when it needs none.
std::string complete_question(std::string_view question, const std::vector<std::string>& earlier,
                              std::string_view language = "english");

// True when the question alone does not say what it is about. Pure; linear.
bool leans_on_context(std::string_view question, std::string_view language = "english");

}  // namespace slipway::knowledge
