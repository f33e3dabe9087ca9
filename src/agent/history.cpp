#include "agent/history.h"

namespace slipway::agent {

std::vector<std::string> earlier_questions(const State& state) {
    std::vector<std::string> questions;
    for (const auto& message : state.input.history)
        if (message.role == model::Role::user) questions.push_back(message.content);
    return questions;
}

}  // namespace slipway::agent
