// slipway.accounts.*: sessions, devices, and how the own password and address are changed.
#include "account/devices.h"
#include "app/capabilities/accounts.h"
#include "app/operations/operations.h"

namespace slipway::app {
namespace {

using account::Principal;

json::value done() { return json::value(json::object()); }

// Somebody who has signed in: a key has no sessions and no password.
Task<Principal> person_of_now(const Capabilities& capabilities, CallContext& context) {
    SLIPWAY_CO_TRY(auto principal, co_await principal_of_now(capabilities, context));
    if (principal.session_id.empty())
        co_return fail(ErrorCode::forbidden, "This needs a person who has signed in, not a key.");
    co_return principal;
}

Task<json::value> refresh(const Capabilities& capabilities, CallContext& context, json::object wanted) {
    SLIPWAY_CO_TRY(const auto tokens,
                   co_await capabilities.accounts.refresh(text_of(wanted, "refresh_token"), visit_of(context)));
    co_return json::value(tokens_json(tokens));
}

Task<json::value> sign_out(const Capabilities& capabilities, CallContext& context, json::object wanted) {
    const auto which = text_or(wanted, "which", "this");
    auto token = text_of(wanted, "refresh_token");
    if (which == "this" && !token.empty()) {
        SLIPWAY_CO_CHECK(co_await capabilities.accounts.sign_out(std::move(token), visit_of(context)));
        co_return done();
    }
    SLIPWAY_CO_TRY(const auto principal, co_await person_of_now(capabilities, context));
    account::Ending ending{.user_id = principal.user.id, .reason = "sign_out"};
    if (which == "this") {
        ending.session_id = text_of(wanted, "session_id");
        if (ending.session_id.empty()) ending.session_id = principal.session_id;
    } else if (which == "others") {
        ending.but = principal.session_id;
    } else if (which != "all") {
        co_return fail(ErrorCode::invalid, "`which` is one of this, others, all.");
    }
    SLIPWAY_CO_TRY(const auto count,
                   co_await capabilities.accounts.sessions().end(std::move(ending), visit_of(context)));
    co_return json::value(json::object{{"ended", count}});
}

Task<json::value> sessions(const Capabilities& capabilities, CallContext& context, json::object) {
    SLIPWAY_CO_TRY(const auto principal, co_await person_of_now(capabilities, context));
    SLIPWAY_CO_TRY(const auto list, co_await capabilities.accounts.sessions().list(principal.user.id));
    json::array items;
    for (const auto& session : list) items.push_back(to_json(session, principal.session_id));
    co_return json::value(json::object{{"sessions", std::move(items)}});
}

Task<json::value> end_session(const Capabilities& capabilities, CallContext& context, json::object wanted) {
    SLIPWAY_CO_TRY(const auto principal, co_await person_of_now(capabilities, context));
    account::Ending ending{.user_id = principal.user.id, .session_id = text_of(wanted, "id"), .reason = "ended"};
    if (ending.session_id.empty()) co_return fail(ErrorCode::invalid, "`id` is missing.");
    SLIPWAY_CO_TRY(const auto count,
                   co_await capabilities.accounts.sessions().end(std::move(ending), visit_of(context)));
    if (count == 0) co_return fail(ErrorCode::not_found, "There is no such session.");
    co_return done();
}

Task<json::value> devices(const Capabilities& capabilities, CallContext& context, json::object) {
    SLIPWAY_CO_TRY(const auto principal, co_await person_of_now(capabilities, context));
    SLIPWAY_CO_TRY(const auto list, co_await capabilities.accounts.sessions().devices(principal.user.id));
    json::array items;
    for (const auto& device : list) items.push_back(to_json(device));
    co_return json::value(json::object{{"devices", std::move(items)}});
}

Task<json::value> remove_device(const Capabilities& capabilities, CallContext& context, json::object wanted) {
    SLIPWAY_CO_TRY(const auto principal, co_await person_of_now(capabilities, context));
    SLIPWAY_CO_CHECK(co_await capabilities.accounts.sessions().remove_device(principal.user.id, text_of(wanted, "id"),
                                                                             visit_of(context)));
    co_return done();
}

Task<json::value> change_password(const Capabilities& capabilities, CallContext& context, json::object wanted) {
    SLIPWAY_CO_TRY(auto principal, co_await person_of_now(capabilities, context));
    SLIPWAY_CO_CHECK(co_await capabilities.credentials.change_password(
        std::move(principal), text_of(wanted, "current_password"), text_of(wanted, "new_password"),
        bool_or(wanted, "end_others", true), visit_of(context)));
    co_return done();
}

Task<json::value> change_email(const Capabilities& capabilities, CallContext& context, json::object wanted) {
    SLIPWAY_CO_TRY(auto principal, co_await person_of_now(capabilities, context));
    SLIPWAY_CO_CHECK(co_await capabilities.credentials.change_email(std::move(principal), text_of(wanted, "password"),
                                                                    text_of(wanted, "email"), visit_of(context)));
    co_return done();
}

Task<json::value> ask_verification(const Capabilities& capabilities, CallContext& context, json::object) {
    SLIPWAY_CO_TRY(auto principal, co_await person_of_now(capabilities, context));
    SLIPWAY_CO_CHECK(co_await capabilities.credentials.ask_verification(std::move(principal.user), visit_of(context)));
    co_return done();
}

Task<json::value> verify_email(const Capabilities& capabilities, CallContext& context, json::object wanted) {
    SLIPWAY_CO_CHECK(co_await capabilities.credentials.verify_email(text_of(wanted, "token"), visit_of(context)));
    co_return done();
}

Task<json::value> ask_reset(const Capabilities& capabilities, CallContext& context, json::object wanted) {
    SLIPWAY_CO_CHECK(co_await capabilities.credentials.ask_reset(text_of(wanted, "email"), visit_of(context)));
    co_return done();
}

Task<json::value> reset_password(const Capabilities& capabilities, CallContext& context, json::object wanted) {
    SLIPWAY_CO_CHECK(co_await capabilities.credentials.reset_password(text_of(wanted, "token"),
                                                                      text_of(wanted, "password"), visit_of(context)));
    co_return done();
}

Task<json::value> profile(const Capabilities& capabilities, CallContext& context, json::object) {
    SLIPWAY_CO_TRY(const auto principal, co_await principal_of_now(capabilities, context));
    co_return json::value(user_json(principal.user));
}

Task<json::value> update_profile(const Capabilities& capabilities, CallContext& context, json::object wanted) {
    SLIPWAY_CO_TRY(auto principal, co_await person_of_now(capabilities, context));
    SLIPWAY_CO_TRY(auto change, account::profile_change_from(wanted));
    SLIPWAY_CO_TRY(principal.user,
                   co_await capabilities.persons.change(principal.user, std::move(change), visit_of(context)));
    set_principal(context, std::move(principal));
    co_return context.user;
}

Task<json::value> export_all(const Capabilities& capabilities, CallContext& context, json::object) {
    SLIPWAY_CO_TRY(auto principal, co_await person_of_now(capabilities, context));
    SLIPWAY_CO_TRY(auto all, co_await capabilities.persons.export_all(std::move(principal), visit_of(context)));
    co_return json::value(std::move(all));
}

Task<json::value> remove(const Capabilities& capabilities, CallContext& context, json::object wanted) {
    SLIPWAY_CO_TRY(auto principal, co_await person_of_now(capabilities, context));
    SLIPWAY_CO_CHECK(
        co_await capabilities.credentials.check_password(principal, text_of(wanted, "password"), visit_of(context)));
    SLIPWAY_CO_CHECK(co_await capabilities.persons.remove(std::move(principal.user), visit_of(context)));
    co_return done();
}

}  // namespace

void bind_session_operations(ScriptHost& host, const Capabilities& capabilities) {
    const auto bind = [&](std::string_view name, ObjectOperation operation) {
        bind_object(host, capabilities, std::string(name), operation);
    };
    bind("accounts.refresh", refresh);
    bind("accounts.sign_out", sign_out);
    bind("accounts.sessions", sessions);
    bind("accounts.end_session", end_session);
    bind("accounts.devices", devices);
    bind("accounts.remove_device", remove_device);
    bind("accounts.change_password", change_password);
    bind("accounts.change_email", change_email);
    bind("accounts.ask_verification", ask_verification);
    bind("accounts.verify_email", verify_email);
    bind("accounts.ask_reset", ask_reset);
    bind("accounts.reset_password", reset_password);
    bind("accounts.profile", profile);
    bind("accounts.update_profile", update_profile);
    bind("accounts.export", export_all);
    bind("accounts.delete", remove);
}

}  // namespace slipway::app
