#include "agent/retrieve.h"

#include "agent/history.h"
#include "base/text.h"
#include "knowledge/sources.h"

namespace slipway::agent {

Task<void> RetrieveNode::run(State& state, Step& step, Output& output) {
    knowledge::SearchRequest request;
    request.question = state.input.message;
    request.earlier = earlier_questions(state);
    request.namespaces = state.namespaces;
    request.limit = options_.passages;
    request.minimum_score = options_.minimum_score;
    request.vector = std::exchange(state.vector_ahead, std::nullopt);
    SLIPWAY_CO_TRY(auto result, co_await knowledge_.search(state.input.workspace, request));
    if (result.found.empty() && !request.namespaces.empty()) {
        request.namespaces.clear();
        request.vector = knowledge::QuestionVector{result.question, std::move(result.vector), result.note};
        SLIPWAY_CO_TRY(result, co_await knowledge_.search(state.input.workspace, request));
        step.decision = "nothing in the chosen namespaces, searched all; ";
    }
    state.question = result.question;
    state.question_vector = std::move(result.vector);
    state.found = std::move(result.found);
    step.decision += fmt::format("{} passages by {}", state.found.size(), result.mode);
    if (!result.note.empty()) step.error = result.note;
    // The sources are made and told while the neighbours are fetched.
    std::optional<Result<void>> fetched, told;
    auto fetching =
        store_in(fetched, knowledge_.add_neighbours(state.input.workspace, state.found, options_.neighbours));
    auto telling = store_in(told, tell_sources(state, output));
    co_await both(std::move(fetching), std::move(telling));
    SLIPWAY_CO_CHECK(*std::move(fetched));
    co_return *std::move(told);
}

Task<void> RetrieveNode::tell_sources(State& state, Output& output) const {
    state.sources = knowledge::sources_of(state.found, state.question, options_.snippet_characters);
    if (state.sources.empty()) co_return Result<void>();
    co_return co_await output.tell(Event::Kind::sources);
}

}  // namespace slipway::agent
