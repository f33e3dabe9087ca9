// What scripts can call: slipway.accounts.*, slipway.chats.*, slipway.documents.*, slipway.knowledge.*,
// slipway.files.*, slipway.jobs.*, slipway.mail.*, slipway.cache.*, slipway.stores.*.
//
// All take one table and return one. What belongs to a user is done for the user of the request
// (CallContext::principal, see set_principal); without one these operations are `unauthorized`.
//
//     accounts.register{email, username, password, display_name, profile, sign_in, device}
//         → the user; with sign_in = true as sign_in; where addresses are verified first {accepted = true}
//     accounts.sign_in{name, password, device}
//         → {access_token, refresh_token, expires_in, user, session_id, device_id}, or where a second factor is due
//         {factor_token, factors, expires_in}; details.reason of a refusal: wrong, blocked, unverified.
//         device: {fingerprint, name, type, model, os_version, app_version}
//     accounts.refresh{refresh_token}                   → as sign_in; details.reason: invalid, expired, reused, blocked
//     accounts.sign_out{refresh_token | session_id, which = "this", "others" or "all"}      → {ended}
//     accounts.sessions{}                               → {sessions}; accounts.end_session{id}
//     accounts.devices{}                                → {devices}; accounts.remove_device{id}
//     accounts.change_password{current_password, new_password, end_others}; details.reason: wrong
//     accounts.change_email{password, email}            by a link in a mail to the new address
//     accounts.ask_verification{}, accounts.verify_email{token}
//     accounts.ask_reset{email}, accounts.reset_password{token, password}
//     accounts.profile{}                                → user
//     accounts.update_profile{display_name, username, profile}                 → user
//     accounts.export{}                                 → all that is kept of who asks
//     accounts.delete{password}; details.reason: wrong, last_owner
//     accounts.authenticate{token}                      → user; the call goes on as it
//     accounts.sign_in_anonymously{device}              → as sign_in
//     accounts.upgrade{email, username, password}       → user; who began without an account keeps everything
//     accounts.reauthenticate{password, code}           the call's session may change how its user signs in for a while
//     factors.list{}                                    → {factors, recovery_codes_left, required, offered}
//     factors.add{name}                                 → the factor with `secret` and `uri`, told this once
//     factors.confirm{id, code}                         → {recovery_codes}: of the first one
//     factors.remove{id}
//     factors.recovery_codes{}                          → {recovery_codes}: the former ones end
//     factors.finish_sign_in{factor_token, code}        → as sign_in
//     keys.create{name, description, acts_for, role, scopes, rate_per_minute, rate_per_day, expires_in_days}
//         → the key with `key`, told this once (app/capabilities/access_key_json.h)
//     keys.list{}                                       → {keys}; role admin: all of the workspace
//     keys.get{id}, keys.update{id, …}                  → the key
//     keys.revoke{id}
//     workspaces.list{}                                 → {workspaces}; those one is a member of
//     workspaces.create{name, slug, description}        → the workspace, as all that change one
//     workspaces.get{}, workspaces.update{name, slug, description, settings}, workspaces.delete{}
//     workspaces.members{}                              → {members}
//     workspaces.set_role{user_id, role}, workspaces.remove_member{user_id}, workspaces.leave{},
//     workspaces.transfer{user_id}, workspaces.usage{}
//     workspaces.invite{email, role}                    → the invitation with its token
//     workspaces.invitations{}, workspaces.revoke_invitation{id}, workspaces.accept_invitation{token}
//     workspaces.suspend{id, reason}, workspaces.resume{id}   role admin or owner of the system
//     domains.add{domain}                               → the domain with the TXT record that proves it
//     domains.list{}, domains.get{id | domain}, domains.check{id | domain}, domains.remove{id | domain}
//         All of both take `workspace` (an id or a slug) in place of the request's; app/capabilities/workspaces.h says
//         what the answers hold.
//     chats.list{offset, limit}                         → {chats, total}
//     chats.get{id | number}
//     chats.rename{id | number, title}
//     chats.remove{id | number}
//     chats.messages{id | number, before, limit}        → {messages}
//     chats.send({id | number, content}, function(event) … end)
//         → message; without id a new chat; events as app/capabilities/chat_events.h
//     documents.list{namespace, offset, limit, content} → {documents, total}
//     documents.get{id | number}                        → document with content
//     documents.put{title, content, namespace, source, metadata, file}         → document with content
//     documents.change{id | number, title, content, namespace, metadata}       → document with content
//     documents.remove{id | number}
//     documents.remove_all{namespace}                   → {deleted}
//     documents.namespaces{}                            → {namespaces}
//     knowledge.search{question, namespaces, limit}     → {results}
//     files.put{purpose, name, content_type, content | file}   → the file
//     files.get{purpose, id, content}                   → the file; with content: true its text, too
//     files.list{purpose, limit, cursor}                → {files, next}
//     files.erase{purpose, id}
//     files.link{purpose, id}                           → {url, expires_at}
//     files.upload_form{purpose, name, content_type, size}     → {id, url, fields, expires_at}
//     files.complete{purpose, id}                       → the file
//     jobs.start{name, arguments, delay_ms, key, priority, group, attempts}    → the job; it runs as the same user
//     jobs.get{id}                                      → {id, name, state, attempts, …, reason}
//     jobs.list{state, limit, cursor}                   → {jobs, next}; role admin
//     mail.send{to, subject, text, html, reply_to}      → {id}; from stores.mail_from
//     cache.get{name}                                   → the value, or nil
//     cache.set{name, value, time_ms}                   → {}; without a value it is forgotten
//     channels.publish{name, value}                     → {published}: false while the store is lost
//     audit.list{user, actor, event, outcome, from, until, before, limit}      → {events, next}; role admin
//     audit.get{id}                                     → the event; role admin
//     stores.check{}                                    → {stores}
//     random.token{}                                    → {token}: 256 bits, in 43 characters for URLs
//     application.info{}                                → {environment, production, chat_model}
#pragma once

#include "app/capabilities/capabilities.h"
#include "app/script/host.h"

namespace slipway::app {

void bind_operations(ScriptHost& host, const Capabilities& capabilities);

void bind_account_operations(ScriptHost& host, const Capabilities& capabilities);
void bind_session_operations(ScriptHost& host, const Capabilities& capabilities);
void bind_factor_operations(ScriptHost& host, const Capabilities& capabilities);
void bind_workspace_operations(ScriptHost& host, const Capabilities& capabilities);
void bind_key_operations(ScriptHost& host, const Capabilities& capabilities);
void bind_chat_operations(ScriptHost& host, const Capabilities& capabilities);
void bind_document_operations(ScriptHost& host, const Capabilities& capabilities);
void bind_channel_operations(ScriptHost& host, const Capabilities& capabilities);
void bind_file_operations(ScriptHost& host, const Capabilities& capabilities);
void bind_audit_operations(ScriptHost& host, const Capabilities& capabilities);
void bind_background_operations(ScriptHost& host, const Capabilities& capabilities);

// The call goes on as this user; request.user in Lua is user_json().
void set_principal(CallContext& context, account::Principal principal);
Result<account::Principal> principal_of(const CallContext& context);
// For operations: asked of the accounts again where the call outlives a request.
Task<account::Principal> principal_of_now(const Capabilities& capabilities, CallContext& context);
// Of the request it serves; once that is over only its id.
account::Visit visit_of(const CallContext& context);
json::object user_json(const account::User& user);

// The answer to a sign-in: {access_token, refresh_token, expires_in, user, session_id, device_id}, or where a second
// factor is due {factor_token, factors, expires_in}.
json::object tokens_json(const account::Tokens& tokens);

// Binds an operation that is written as a function of its arguments.
using ObjectOperation = Task<json::value> (*)(const Capabilities&, CallContext&, json::object);
void bind_object(ScriptHost& host, const Capabilities& capabilities, std::string name, ObjectOperation operation);

// A text of the arguments; "" when it is missing, or none.
inline std::string text_of(const json::object& arguments, std::string_view name) {
    return std::string(text_or(arguments, name));
}

// The arguments as an object.
json::object object_of(json::value arguments);

}  // namespace slipway::app
