// /api/workspaces/*, /api/invitations/accept
#include "app/capabilities/visit.h"
#include "app/capabilities/workspaces.h"
#include "face/api/access.h"
#include "face/api/api.h"

namespace slipway::face {
namespace {

using account::Actor;
using app::to_json;
// Who calls has been let in, to the workspace of the path.
using Verb = Task<net::Response> (*)(const app::Capabilities&, const Actor&, net::Request&);

const json::value kNewWorkspace = schema({{"name", text_schema("what people read")},
                                          {"slug", text_schema("a-z, 0-9 and '-'; left out, made of the name")},
                                          {"description", text_schema()}},
                                         {"name"});
const json::value kWorkspaceChange = schema({{"name", text_schema()},
                                             {"slug", text_schema()},
                                             {"description", text_schema()},
                                             {"settings", type_schema("object")}});
const json::value kInvitation =
    schema({{"email", text_schema()}, {"role", text_schema("any but owner")}}, {"email", "role"});
const json::value kRole = schema({{"role", text_schema()}}, {"role"});
const json::value kToken = schema({{"token", text_schema()}}, {"token"});
const json::value kUser = schema({{"user_id", text_schema()}}, {"user_id"});
const json::value kReason = schema({{"reason", text_schema()}});

json::object workspace_schema() {
    return schema({{"id", text_schema()},
                   {"slug", text_schema()},
                   {"name", text_schema()},
                   {"description", text_schema()},
                   {"role", text_schema("yours")},
                   {"member_count", type_schema("integer")},
                   {"settings", type_schema("object")},
                   {"personal", type_schema("boolean")},
                   {"suspended", type_schema("boolean")},
                   {"created_at", text_schema()},
                   {"updated_at", text_schema()}});
}

json::object member_schema() {
    return schema({{"user_id", text_schema()},
                   {"email", text_schema()},
                   {"username", text_schema()},
                   {"display_name", text_schema()},
                   {"role", text_schema()},
                   {"active", type_schema("boolean")},
                   {"created_at", text_schema("since when")}});
}

json::object invitation_schema() {
    return schema({{"id", text_schema()},
                   {"email", text_schema()},
                   {"role", text_schema()},
                   {"status", text_schema("pending, accepted, revoked or expired")},
                   {"invited_by", text_schema("id of a user")},
                   {"created_at", text_schema()},
                   {"expires_at", text_schema()},
                   {"token", text_schema("only in the answer that makes it")}});
}

net::Operation operation(std::string summary, json::value request, json::value response, int status = 200) {
    net::Operation described;
    described.summary = std::move(summary);
    described.tag = "workspaces";
    described.request_schema = std::move(request);
    described.response_schema = std::move(response);
    described.success_status = status;
    described.body_bytes_max = 128 << 10;
    return described;
}

net::Operation inside(net::Operation described) {
    described.workspace = "id";
    return described;
}

template <typename T>
net::Response listed(std::string_view name, const std::vector<T>& values) {
    json::array items;
    for (const auto& value : values) items.push_back(to_json(value));
    return net::Response::of_json(200, json::object{{name, std::move(items)}});
}

net::Handler verb(const app::Capabilities& capabilities, Verb inner) {
    return handler([&capabilities, inner](net::Request& request) -> Task<net::Response> {
        SLIPWAY_CO_TRY(const auto principal, co_await principal_of(capabilities, request));
        const Actor actor{principal, app::visit_of(request)};
        co_return co_await inner(capabilities, actor, request);
    });
}

Task<net::Response> list(const app::Capabilities& capabilities, const Actor& actor, net::Request&) {
    SLIPWAY_CO_TRY(const auto all, co_await capabilities.workspaces.list(actor.principal.user.id));
    co_return listed("workspaces", all);
}

Task<net::Response> create(const app::Capabilities& capabilities, const Actor& actor, net::Request& request) {
    SLIPWAY_CO_TRY(const auto body, body_of(request, kNewWorkspace));
    SLIPWAY_CO_TRY(const auto made, co_await capabilities.workspaces.create(actor, app::new_workspace(body)));
    co_return net::Response::of_json(201, to_json(made));
}

Task<net::Response> get(const app::Capabilities& capabilities, const Actor& actor, net::Request&) {
    SLIPWAY_CO_TRY(const auto workspace, co_await capabilities.workspaces.get(actor));
    co_return net::Response::of_json(200, to_json(workspace));
}

Task<net::Response> update(const app::Capabilities& capabilities, const Actor& actor, net::Request& request) {
    SLIPWAY_CO_TRY(const auto body, body_of(request, kWorkspaceChange));
    SLIPWAY_CO_TRY(const auto changed, co_await capabilities.workspaces.update(actor, app::workspace_change(body)));
    co_return net::Response::of_json(200, to_json(changed));
}

Task<net::Response> remove(const app::Capabilities& capabilities, const Actor& actor, net::Request&) {
    SLIPWAY_CO_CHECK(co_await capabilities.workspaces.remove(actor));
    co_return net::Response::empty();
}

Task<net::Response> members(const app::Capabilities& capabilities, const Actor& actor, net::Request&) {
    SLIPWAY_CO_TRY(const auto all, co_await capabilities.workspaces.members(actor));
    co_return listed("members", all);
}

Task<net::Response> set_role(const app::Capabilities& capabilities, const Actor& actor, net::Request& request) {
    SLIPWAY_CO_TRY(const auto body, body_of(request, kRole));
    SLIPWAY_CO_TRY(const auto member,
                   co_await capabilities.workspaces.set_role(actor, std::string(request.parameter("user")),
                                                             std::string(text_or(body, "role"))));
    co_return net::Response::of_json(200, to_json(member));
}

Task<net::Response> remove_member(const app::Capabilities& capabilities, const Actor& actor, net::Request& request) {
    SLIPWAY_CO_CHECK(co_await capabilities.workspaces.remove_member(actor, std::string(request.parameter("user"))));
    co_return net::Response::empty();
}

Task<net::Response> leave(const app::Capabilities& capabilities, const Actor& actor, net::Request&) {
    SLIPWAY_CO_CHECK(co_await capabilities.workspaces.leave(actor));
    co_return net::Response::empty();
}

Task<net::Response> transfer(const app::Capabilities& capabilities, const Actor& actor, net::Request& request) {
    SLIPWAY_CO_TRY(const auto body, body_of(request, kUser));
    SLIPWAY_CO_CHECK(co_await capabilities.workspaces.transfer(actor, std::string(text_or(body, "user_id"))));
    co_return net::Response::empty();
}

Task<net::Response> usage(const app::Capabilities& capabilities, const Actor& actor, net::Request&) {
    SLIPWAY_CO_TRY(const auto used, co_await capabilities.workspaces.usage(actor));
    co_return net::Response::of_json(200, to_json(used));
}

Task<net::Response> invite(const app::Capabilities& capabilities, const Actor& actor, net::Request& request) {
    SLIPWAY_CO_TRY(const auto body, body_of(request, kInvitation));
    SLIPWAY_CO_TRY(const auto invitation,
                   co_await capabilities.workspaces.invite(actor, std::string(text_or(body, "email")),
                                                           std::string(text_or(body, "role"))));
    auto response = net::Response::of_json(201, to_json(invitation));
    response.headers.set("Cache-Control", "no-store");
    co_return response;
}

Task<net::Response> invitations(const app::Capabilities& capabilities, const Actor& actor, net::Request&) {
    SLIPWAY_CO_TRY(const auto all, co_await capabilities.workspaces.invitations(actor));
    co_return listed("invitations", all);
}

Task<net::Response> revoke(const app::Capabilities& capabilities, const Actor& actor, net::Request& request) {
    SLIPWAY_CO_CHECK(
        co_await capabilities.workspaces.revoke_invitation(actor, std::string(request.parameter("invitation"))));
    co_return net::Response::empty();
}

Task<net::Response> accept(const app::Capabilities& capabilities, const Actor& actor, net::Request& request) {
    SLIPWAY_CO_TRY(const auto body, body_of(request, kToken));
    SLIPWAY_CO_TRY(const auto joined,
                   co_await capabilities.workspaces.accept(actor, std::string(text_or(body, "token"))));
    co_return net::Response::of_json(200, to_json(joined));
}

// Of those that stand above workspaces the path names one, and nobody has to be a member of it.
Task<net::Response> suspend(const app::Capabilities& capabilities, const Actor& actor, net::Request& request) {
    SLIPWAY_CO_TRY(const auto body, body_of(request, kReason));
    SLIPWAY_CO_TRY(const auto found, co_await capabilities.workspaces.find(std::string(request.parameter("id"))));
    SLIPWAY_CO_CHECK(co_await capabilities.workspaces.suspend(found.id, std::string(text_or(body, "reason")),
                                                              actor.principal.user.id, actor.visit));
    co_return net::Response::empty();
}

Task<net::Response> resume(const app::Capabilities& capabilities, const Actor& actor, net::Request& request) {
    SLIPWAY_CO_TRY(const auto found, co_await capabilities.workspaces.find(std::string(request.parameter("id"))));
    SLIPWAY_CO_CHECK(co_await capabilities.workspaces.resume(found.id, actor.principal.user.id, actor.visit));
    co_return net::Response::empty();
}

void add_member_routes(net::Router& router, const app::Capabilities& capabilities) {
    using net::Method;
    router.add(Method::get, "/api/workspaces/{id}/members",
               inside(needs("workspace:read", operation("Who is a member, and as what", nullptr,
                                                        schema({{"members", array_schema(member_schema())}})))),
               verb(capabilities, members));
    router.add(Method::patch, "/api/workspaces/{id}/members/{user}",
               inside(needs("workspace:users", operation("Give a member another role", kRole, member_schema()))),
               verb(capabilities, set_role));
    router.add(Method::del, "/api/workspaces/{id}/members/{user}",
               inside(needs("workspace:users", operation("Remove a member", nullptr, nullptr, 204))),
               verb(capabilities, remove_member));
    router.add(Method::post, "/api/workspaces/{id}/leave",
               inside(needs("account", operation("Be no member any more", nullptr, nullptr, 204))),
               verb(capabilities, leave));
    router.add(Method::post, "/api/workspaces/{id}/transfer",
               inside(needs("workspace:delete",
                            operation("Make another member the owner; you stay as an admin", kUser, nullptr, 204))),
               verb(capabilities, transfer));
    router.add(
        Method::post, "/api/workspaces/{id}/invitations",
        inside(needs("workspace:users", operation("Invite somebody by e-mail", kInvitation, invitation_schema(), 201))),
        verb(capabilities, invite));
    router.add(
        Method::get, "/api/workspaces/{id}/invitations",
        inside(needs("workspace:users", operation("Invitations, newest first", nullptr,
                                                  schema({{"invitations", array_schema(invitation_schema())}})))),
        verb(capabilities, invitations));
    router.add(Method::del, "/api/workspaces/{id}/invitations/{invitation}",
               inside(needs("workspace:users", operation("Take an invitation back", nullptr, nullptr, 204))),
               verb(capabilities, revoke));
    router.add(Method::post, "/api/invitations/accept",
               needs("account", operation("Become a member by an invitation", kToken, workspace_schema())),
               verb(capabilities, accept));
}

}  // namespace

void add_workspace_routes(net::Router& router, const app::Capabilities& capabilities) {
    using net::Method;
    router.add(Method::get, "/api/workspaces",
               needs("account",
                     operation("My workspaces", nullptr, schema({{"workspaces", array_schema(workspace_schema())}}))),
               verb(capabilities, list));
    router.add(Method::post, "/api/workspaces",
               needs("account", operation("Make a workspace, as its owner", kNewWorkspace, workspace_schema(), 201)),
               verb(capabilities, create));
    router.add(Method::get, "/api/workspaces/{id}",
               inside(needs("workspace:read", operation("One workspace", nullptr, workspace_schema()))),
               verb(capabilities, get));
    router.add(Method::patch, "/api/workspaces/{id}",
               inside(needs("workspace:settings", operation("Change name, slug, description or settings",
                                                            kWorkspaceChange, workspace_schema()))),
               verb(capabilities, update));
    router.add(
        Method::del, "/api/workspaces/{id}",
        inside(needs("workspace:delete", operation("Delete a workspace with everything in it", nullptr, nullptr, 204))),
        verb(capabilities, remove));
    router.add(Method::get, "/api/workspaces/{id}/usage",
               inside(needs("workspace:read", operation("What it holds and may hold", nullptr, type_schema("object")))),
               verb(capabilities, usage));
    router.add(Method::post, "/api/workspaces/{id}/suspend",
               needs("system", operation("Shut a workspace (admins of the system)", kReason, nullptr, 204)),
               verb(capabilities, suspend));
    router.add(Method::post, "/api/workspaces/{id}/resume",
               needs("system", operation("Open it again (admins of the system)", nullptr, nullptr, 204)),
               verb(capabilities, resume));
    add_member_routes(router, capabilities);
}

}  // namespace slipway::face
