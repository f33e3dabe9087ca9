// The retrieving node: passages for the question, numbered as sources.
#pragma once

#include "agent/node.h"
#include "knowledge/service.h"

namespace slipway::agent {

struct RetrieveOptions {
    std::size_t passages = 5;
    double minimum_score = 0;
    std::size_t neighbours = 0;
    std::size_t snippet_characters = 240;
};

class RetrieveNode final : public Node {
 public:
    RetrieveNode(RetrieveOptions options, knowledge::Knowledge& knowledge) : options_(options), knowledge_(knowledge) {}
    std::string_view kind() const override { return "retrieve"; }
    Task<void> run(State& state, Step& step, Output& output) override;

 private:
    Task<void> tell_sources(State& state, Output& output) const;

    RetrieveOptions options_;
    knowledge::Knowledge& knowledge_;
};

}  // namespace slipway::agent
