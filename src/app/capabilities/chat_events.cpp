#include "app/capabilities/chat_events.h"

namespace slipway::app {

json::object to_json(const chat::Message& message, const Links& links, const WorkspaceId& workspace) {
    auto object = chat::to_json(message);
    if (auto* sources = object.if_contains("sources"); sources != nullptr && sources->is_array())
        links.sign_sources(workspace, sources->get_array());
    return object;
}

json::object to_json(const chat::ChatEvent& event, const Links& links, const WorkspaceId& workspace) {
    using Kind = chat::ChatEvent::Kind;
    switch (event.kind) {
        case Kind::started:
            return {
                {"type", "started"},          {"chat_id", event.chat->id},         {"chat_number", event.chat->number},
                {"title", event.chat->title}, {"question_id", event.question->id}, {"message_id", event.answer_id}};
        case Kind::routed: {
            json::array names;
            for (const auto& name : event.state->namespaces) names.emplace_back(name);
            return {{"type", "routed"},
                    {"intent", event.state->intent},
                    {"confidence", event.state->confidence},
                    {"namespaces", std::move(names)},
                    {"reason", event.state->routing_reason}};
        }
        case Kind::sources: {
            json::array sources;
            for (const auto& source : event.state->sources) sources.push_back(knowledge::to_json(source));
            links.sign_sources(workspace, sources);
            return {{"type", "sources"}, {"sources", std::move(sources)}};
        }
        case Kind::text:
            return {{"type", "token"}, {"content", event.text}};
        case Kind::done:
            return {{"type", "done"}, {"message", to_json(*event.answer, links, workspace)}};
    }
    return {};
}

}  // namespace slipway::app
