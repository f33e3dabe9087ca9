// First line: what the user asked; the rest: what a model says. In one piece, byte by byte or in threes, the verdict is
// the same, and so is what is sent (but for how much of it went out before a phrase that ends it); and never is a
// phrase sent that the guard is there to hold back.
#include "agent/guard.h"

#include "base/text.h"
#include "target.h"

namespace {

using namespace slipway;
using namespace slipway::agent;

GuardNode make_guard() {
    GuardClass harmful;
    harmful.name = "harmful";
    harmful.phrases = {"kill", "build a bomb"};
    harmful.exceptions = {"kill time", "killing it"};
    harmful.replacement = "Talk to somebody.";
    GuardClass despair;
    despair.name = "despair";
    despair.phrases = {"suicide", "want to die"};
    despair.others = {"friend", "she", "suicidal friend"};
    despair.speaker = {"I", "my"};
    despair.replacement = "Call somebody.";
    GuardClass medical;
    medical.name = "medical";
    medical.phrases = {"dosage"};
    medical.disclaimer = "This is no medical advice.";
    GuardOptions options;
    options.classes = {harmful, despair, medical};
    return GuardNode(std::move(options));
}

struct Outcome {
    std::string sent;
    std::vector<std::string> flags;
    bool closed = false;
};

Outcome stream(const GuardNode& guard, std::string_view question, std::string_view answer, std::size_t piece) {
    State state;
    state.input.message = question;
    const auto filter = guard.filter();
    for (std::size_t at = 0; at < answer.size() && !filter->closed(); at += piece)
        state.answer += filter->push(state, answer.substr(at, piece));
    state.answer += filter->finish(state);
    return {state.answer, state.flags, filter->closed()};
}

}  // namespace

SLIPWAY_FUZZ_TARGET(guard) {
    static const auto guard = make_guard();
    if (input.size() > 4000) return;
    const auto text = to_valid_utf8(input);
    const auto [question, answer] = fuzz::split_line(text);
    const auto whole = stream(guard, question, answer, answer.size() + 1);
    for (const std::size_t piece : {1, 3, 40}) {
        const auto pieces = stream(guard, question, answer, piece);
        fuzz::require(pieces.closed == whole.closed, "pieces do not change the verdict");
        // Of two classes that end an answer, the one whose phrase comes first does.
        fuzz::require(whole.closed || (pieces.sent == whole.sent && pieces.flags == whole.flags),
                      "pieces do not change what is sent");
    }
    const auto found = find_match(guard.options().classes.front(), GuardText(whole.sent));
    fuzz::require(!found.counts(), "no phrase gets out");
}
