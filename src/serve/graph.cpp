#include "serve/graph.h"

namespace slipway::serve {
namespace {

std::unique_ptr<agent::Node> make_node(const app::NodeSection& section, knowledge::Knowledge& knowledge,
                                       const std::shared_ptr<model::ChatModel>& model, bool retrieves) {
    switch (section.kind) {
        case app::NodeKind::route:
            return std::make_unique<agent::RouteNode>(section.route.options, model, retrieves ? &knowledge : nullptr);
        case app::NodeKind::retrieve:
            return std::make_unique<agent::RetrieveNode>(section.retrieve.options, knowledge);
        case app::NodeKind::answer:
            return std::make_unique<agent::AnswerNode>(section.answer.options, model);
        case app::NodeKind::guard:
            return std::make_unique<agent::GuardNode>(section.guard.options);
        case app::NodeKind::none:
            break;
    }
    return nullptr;
}

}  // namespace

Result<std::unique_ptr<agent::Graph>> make_graph(const app::Manifest& manifest, knowledge::Knowledge& knowledge,
                                                 std::shared_ptr<model::ChatModel> model) {
    auto graph = std::make_unique<agent::Graph>();
    graph->set_streaming(manifest.chat.streaming);
    const bool retrieves = std::ranges::find(manifest.chat.graph, app::NodeKind::retrieve, &app::NodeSection::kind) !=
                           manifest.chat.graph.end();
    for (const auto& section : manifest.chat.graph) {
        agent::GraphNode node;
        node.node = make_node(section, knowledge, model, retrieves);
        node.time_max = section.timeout;
        node.fallback = section.fallback;
        for (const auto& edge : section.next) {
            if (edge.to == app::kEnd && edge.when.empty()) break;
            SLIPWAY_TRY(auto condition, agent::Condition::parse(edge.when));
            node.next.push_back({std::move(condition), edge.to == app::kEnd ? std::string() : edge.to});
        }
        graph->add(section.name, std::move(node));
    }
    SLIPWAY_CHECK(graph->validate());
    return graph;
}

}  // namespace slipway::serve
