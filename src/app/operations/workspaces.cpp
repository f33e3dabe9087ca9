// slipway.workspaces.*, slipway.domains.*
#include "app/capabilities/workspaces.h"

#include "app/operations/operations.h"

namespace slipway::app {
namespace {

using account::Actor;

template <typename T>
json::value listed(std::string_view name, const std::vector<T>& values) {
    json::array items;
    for (const auto& value : values) items.push_back(to_json(value));
    return json::object{{name, std::move(items)}};
}

// What the call acts in: `workspace`, an id or a slug, where it is named, else that of the request.
Task<account::Principal> member_of(const Capabilities& capabilities, CallContext& context, const json::object& given) {
    SLIPWAY_CO_TRY(auto principal, co_await principal_of_now(capabilities, context));
    auto named = text_of(given, "workspace");
    if (named.empty() || named == principal.workspace.value) co_return principal;
    SLIPWAY_CO_TRY(auto entered, co_await capabilities.workspaces.enter(std::move(principal), std::move(named)));
    if (entered.key_id.empty()) entered.scopes = nullptr;  // those of the other workspace
    SLIPWAY_CO_CHECK(co_await capabilities.workspaces.check_open(entered));
    capabilities.roles.apply(entered);
    co_return entered;
}

Task<json::value> create(const Capabilities& capabilities, const Actor& actor, const json::object& given) {
    SLIPWAY_CO_TRY(const auto made, co_await capabilities.workspaces.create(actor, new_workspace(given)));
    co_return json::value(to_json(made));
}

Task<json::value> list(const Capabilities& capabilities, const Actor& actor, const json::object&) {
    SLIPWAY_CO_TRY(const auto all, co_await capabilities.workspaces.list(actor.principal.user.id));
    co_return listed("workspaces", all);
}

Task<json::value> get(const Capabilities& capabilities, const Actor& actor, const json::object&) {
    SLIPWAY_CO_TRY(const auto workspace, co_await capabilities.workspaces.get(actor));
    co_return json::value(to_json(workspace));
}

Task<json::value> update(const Capabilities& capabilities, const Actor& actor, const json::object& given) {
    SLIPWAY_CO_TRY(const auto changed, co_await capabilities.workspaces.update(actor, workspace_change(given)));
    co_return json::value(to_json(changed));
}

Task<json::value> remove(const Capabilities& capabilities, const Actor& actor, const json::object&) {
    SLIPWAY_CO_CHECK(co_await capabilities.workspaces.remove(actor));
    co_return json::value(json::object());
}

Task<json::value> members(const Capabilities& capabilities, const Actor& actor, const json::object&) {
    SLIPWAY_CO_TRY(const auto all, co_await capabilities.workspaces.members(actor));
    co_return listed("members", all);
}

Task<json::value> invite(const Capabilities& capabilities, const Actor& actor, const json::object& given) {
    SLIPWAY_CO_TRY(const auto invitation,
                   co_await capabilities.workspaces.invite(actor, text_of(given, "email"), text_of(given, "role")));
    co_return json::value(to_json(invitation));
}

Task<json::value> invitations(const Capabilities& capabilities, const Actor& actor, const json::object&) {
    SLIPWAY_CO_TRY(const auto all, co_await capabilities.workspaces.invitations(actor));
    co_return listed("invitations", all);
}

Task<json::value> revoke(const Capabilities& capabilities, const Actor& actor, const json::object& given) {
    SLIPWAY_CO_CHECK(co_await capabilities.workspaces.revoke_invitation(actor, text_of(given, "id")));
    co_return json::value(json::object());
}

Task<json::value> accept(const Capabilities& capabilities, const Actor& actor, const json::object& given) {
    SLIPWAY_CO_TRY(const auto joined, co_await capabilities.workspaces.accept(actor, text_of(given, "token")));
    co_return json::value(to_json(joined));
}

Task<json::value> set_role(const Capabilities& capabilities, const Actor& actor, const json::object& given) {
    SLIPWAY_CO_TRY(const auto member,
                   co_await capabilities.workspaces.set_role(actor, text_of(given, "user_id"), text_of(given, "role")));
    co_return json::value(to_json(member));
}

Task<json::value> remove_member(const Capabilities& capabilities, const Actor& actor, const json::object& given) {
    SLIPWAY_CO_CHECK(co_await capabilities.workspaces.remove_member(actor, text_of(given, "user_id")));
    co_return json::value(json::object());
}

Task<json::value> leave(const Capabilities& capabilities, const Actor& actor, const json::object&) {
    SLIPWAY_CO_CHECK(co_await capabilities.workspaces.leave(actor));
    co_return json::value(json::object());
}

Task<json::value> transfer(const Capabilities& capabilities, const Actor& actor, const json::object& given) {
    SLIPWAY_CO_CHECK(co_await capabilities.workspaces.transfer(actor, text_of(given, "user_id")));
    co_return json::value(json::object());
}

Task<json::value> usage(const Capabilities& capabilities, const Actor& actor, const json::object&) {
    SLIPWAY_CO_TRY(const auto used, co_await capabilities.workspaces.usage(actor));
    co_return json::value(to_json(used));
}

Task<json::value> suspend(const Capabilities& capabilities, const Actor& actor, const json::object& given) {
    SLIPWAY_CO_CHECK(account::Roles::check(actor.principal, account::kSystemScope));
    SLIPWAY_CO_TRY(const auto found, co_await capabilities.workspaces.find(text_of(given, "id")));
    SLIPWAY_CO_CHECK(co_await capabilities.workspaces.suspend(found.id, text_of(given, "reason"),
                                                              actor.principal.user.id, actor.visit));
    co_return json::value(json::object());
}

Task<json::value> resume(const Capabilities& capabilities, const Actor& actor, const json::object& given) {
    SLIPWAY_CO_CHECK(account::Roles::check(actor.principal, account::kSystemScope));
    SLIPWAY_CO_TRY(const auto found, co_await capabilities.workspaces.find(text_of(given, "id")));
    SLIPWAY_CO_CHECK(co_await capabilities.workspaces.resume(found.id, actor.principal.user.id, actor.visit));
    co_return json::value(json::object());
}

std::string domain_name(const json::object& given) {
    auto id = text_of(given, "id");
    return id.empty() ? text_of(given, "domain") : id;
}

Task<json::value> add_domain(const Capabilities& capabilities, const Actor& actor, const json::object& given) {
    SLIPWAY_CO_TRY(const auto domain, co_await capabilities.domains.add(actor, text_of(given, "domain")));
    co_return json::value(to_json(domain));
}

Task<json::value> list_domains(const Capabilities& capabilities, const Actor& actor, const json::object&) {
    SLIPWAY_CO_TRY(const auto all, co_await capabilities.domains.list(actor));
    co_return listed("domains", all);
}

Task<json::value> get_domain(const Capabilities& capabilities, const Actor& actor, const json::object& given) {
    SLIPWAY_CO_TRY(const auto domain, co_await capabilities.domains.get(actor, domain_name(given)));
    co_return json::value(to_json(domain));
}

Task<json::value> check_domain(const Capabilities& capabilities, const Actor& actor, const json::object& given) {
    SLIPWAY_CO_TRY(const auto domain, co_await capabilities.domains.check(actor, domain_name(given)));
    co_return json::value(to_json(domain));
}

Task<json::value> remove_domain(const Capabilities& capabilities, const Actor& actor, const json::object& given) {
    SLIPWAY_CO_CHECK(co_await capabilities.domains.remove(actor, domain_name(given)));
    co_return json::value(json::object());
}

}  // namespace

void bind_workspace_operations(ScriptHost& host, const Capabilities& capabilities) {
    using Operation = Task<json::value> (*)(const Capabilities&, const Actor&, const json::object&);
    const auto bind = [&](std::string_view name, Operation operation) {
        host.bind(std::string(name),
                  [&capabilities, operation](CallContext& context, json::value arguments) -> Task<json::value> {
                      const auto given = object_of(std::move(arguments));
                      SLIPWAY_CO_TRY(const auto principal, co_await member_of(capabilities, context, given));
                      const Actor actor{principal, visit_of(context)};
                      co_return co_await operation(capabilities, actor, given);
                  });
    };
    bind("workspaces.list", list);
    bind("workspaces.create", create);
    bind("workspaces.get", get);
    bind("workspaces.update", update);
    bind("workspaces.delete", remove);
    bind("workspaces.members", members);
    bind("workspaces.invite", invite);
    bind("workspaces.invitations", invitations);
    bind("workspaces.revoke_invitation", revoke);
    bind("workspaces.accept_invitation", accept);
    bind("workspaces.set_role", set_role);
    bind("workspaces.remove_member", remove_member);
    bind("workspaces.leave", leave);
    bind("workspaces.transfer", transfer);
    bind("workspaces.usage", usage);
    bind("workspaces.suspend", suspend);
    bind("workspaces.resume", resume);
    bind("domains.add", add_domain);
    bind("domains.list", list_domains);
    bind("domains.get", get_domain);
    bind("domains.check", check_domain);
    bind("domains.remove", remove_domain);
}

}  // namespace slipway::app
