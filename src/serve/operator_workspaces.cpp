// The operator's commands for workspaces.
#include "app/capabilities/workspaces.h"
#include "serve/operator.h"

namespace slipway::serve {
namespace {

constexpr std::string_view kActor = "operator";

template <typename T>
json::object listed(std::string_view name, const std::vector<T>& values) {
    json::array items;
    for (const auto& value : values) items.push_back(app::to_json(value));
    return {{name, std::move(items)}};
}

}  // namespace

Task<json::object> Operator::workspaces(std::string command, json::object given) {
    auto& workspaces = application_.capabilities().workspaces;
    if (command == "workspaces.list") {
        SLIPWAY_CO_TRY(const auto all, co_await workspaces.list_all());
        co_return listed("workspaces", all);
    }
    if (command == "workspaces.create") {
        SLIPWAY_CO_TRY(const auto owner,
                       co_await application_.capabilities().accounts.find(std::string(text_or(given, "owner"))));
        SLIPWAY_CO_TRY(const auto made, co_await workspaces.create_for(owner.id, app::new_workspace(given)));
        co_return app::to_json(made);
    }
    SLIPWAY_CO_TRY(const auto found, co_await workspaces.find(std::string(text_or(given, "workspace"))));
    if (command == "workspaces.members") {
        SLIPWAY_CO_TRY(const auto members, co_await workspaces.members_of(found.id));
        co_return listed("members", members);
    }
    if (found.id == application_.workspace())
        co_return fail(ErrorCode::conflict, "This is the workspace of the application itself; it stays as it is.");
    const account::Visit here;
    if (command == "workspaces.suspend") {
        SLIPWAY_CO_CHECK(
            co_await workspaces.suspend(found.id, std::string(text_or(given, "reason")), std::string(kActor), here));
    } else if (command == "workspaces.resume") {
        SLIPWAY_CO_CHECK(co_await workspaces.resume(found.id, std::string(kActor), here));
    } else if (command == "workspaces.delete") {
        SLIPWAY_CO_CHECK(co_await workspaces.remove_by_operator(found.id, std::string(kActor), here));
    } else {
        co_return fail(ErrorCode::not_found, "There is no command '{}'.", command);
    }
    co_return app::to_json(found);
}

}  // namespace slipway::serve
