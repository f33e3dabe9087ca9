#include "app/capabilities/workspaces.h"

namespace slipway::app {
namespace {

json::value time_or_null(const std::optional<Instant>& at) {
    return at ? json::value(json::string(to_iso8601(*at))) : json::value(nullptr);
}

std::optional<std::string> given_text(const json::object& given, std::string_view key) {
    if (const auto* value = find(given, key); value != nullptr && value->is_string())
        return to_text(value->get_string());
    return std::nullopt;
}

}  // namespace

json::object to_json(const account::Workspace& workspace) {
    return {{"id", workspace.id.value},
            {"slug", workspace.slug},
            {"name", workspace.title},
            {"description", workspace.description},
            {"role", workspace.role},
            {"member_count", workspace.members},
            {"settings", workspace.settings},
            {"personal", !workspace.personal_of.empty()},
            {"suspended", workspace.suspended_at.has_value()},
            {"created_at", to_iso8601(workspace.created_at)},
            {"updated_at", to_iso8601(workspace.updated_at)}};
}

json::object to_json(const account::Member& member) {
    return {{"user_id", member.user.id},
            {"email", member.user.email},
            {"username", member.user.username},
            {"display_name", member.user.display_name},
            {"role", member.user.role_name},
            {"active", member.user.active},
            {"created_at", to_iso8601(member.since)}};
}

json::object to_json(const account::Invitation& invitation) {
    json::object object{{"id", invitation.id},
                        {"email", invitation.email},
                        {"role", invitation.role},
                        {"status", invitation.state},
                        {"invited_by", invitation.invited_by},
                        {"created_at", to_iso8601(invitation.created_at)},
                        {"expires_at", to_iso8601(invitation.expires_at)}};
    if (!invitation.token.empty()) object["token"] = invitation.token;
    return object;
}

json::object to_json(const account::Usage& usage) {
    const auto& quotas = usage.quotas;
    return {{"members", usage.members},
            {"documents", usage.documents},
            {"bytes", usage.bytes},
            {"keys", usage.keys},
            {"quotas", json::object{{"members", quotas.members},
                                    {"workspaces_per_user", quotas.workspaces_per_user},
                                    {"documents", quotas.documents},
                                    {"bytes", quotas.bytes},
                                    {"keys", quotas.keys}}}};
}

json::object to_json(const account::Domain& domain) {
    json::object object{
        {"id", domain.id},
        {"domain", domain.domain},
        {"verified", domain.verified},
        {"record", json::object{{"type", "TXT"}, {"name", domain.record_name}, {"value", domain.record_value}}},
        {"created_at", to_iso8601(domain.created_at)},
        {"checked_at", time_or_null(domain.checked_at)},
        {"verified_at", time_or_null(domain.verified_at)}};
    if (!domain.target.empty()) object["cname"] = domain.target;
    return object;
}

account::NewWorkspace new_workspace(const json::object& given) {
    return {std::string(text_or(given, "name")), std::string(text_or(given, "slug")),
            std::string(text_or(given, "description"))};
}

account::WorkspaceChange workspace_change(const json::object& given) {
    account::WorkspaceChange change;
    change.title = given_text(given, "name");
    change.slug = given_text(given, "slug");
    change.description = given_text(given, "description");
    if (const auto* settings = object_in(given, "settings")) change.settings = *settings;
    return change;
}

}  // namespace slipway::app
