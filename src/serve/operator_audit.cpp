// The operator's commands on security events: of all workspaces.
#include "app/capabilities/audit.h"
#include "serve/operator.h"

namespace slipway::serve {

Task<json::object> Operator::audit(json::object arguments, OperatorEvents events) {
    const auto& capabilities = application_.capabilities();
    SLIPWAY_CO_TRY(auto filter, app::event_filter(arguments));
    if (arguments.contains("workspace")) filter.workspace = std::string(text_or(arguments, "workspace"));
    if (!bool_or(arguments, "all", false)) co_return co_await app::list_events(capabilities, std::move(filter));
    const app::EventPage page = [&events](std::string lines) -> Task<void> {
        json::object told{{"type", "lines"}, {"lines", std::move(lines)}};
        co_return co_await events(std::move(told));
    };
    SLIPWAY_CO_CHECK(co_await app::export_events(capabilities, std::move(filter), page));
    co_return json::object();
}

}  // namespace slipway::serve
