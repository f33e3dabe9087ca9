// Sign-in with another provider, as browsers do it (authorization code with PKCE S256, RFC 6749 and RFC 7636).
//
//     begin       makes state, nonce and verifier, keeps them for ten minutes, and says where the browser goes
//     arrive      the browser is back: its state is used up, the code is exchanged, the user is found, linked or made,
//                 and the browser goes on to an address of the application with a handover code
//     exchange    the page there gives the handover code, once within a minute, for a session
//
// A flow belongs to the browser that began it: a cookie holds the value whose hash the flow keeps, so that nobody can
// be signed in as somebody else by a link. Where the page sent a PKCE challenge of its own, the handover code is of use
// to it alone. An identity is provider and subject, never an e-mail address: an account that has the address of a new
// identity is not taken over; its owner signs in as before and links.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "account/provider.h"
#include "account/service.h"

namespace slipway::account {

inline constexpr std::chrono::minutes kOauthFlowTime{10};
inline constexpr std::chrono::seconds kHandoverTime{60};

struct IdentityOptions {
    std::string callback_base;           // "https://api.example.org": providers send browsers back to addresses below
    std::vector<std::string> redirects;  // where browsers may go on to, to the letter; the first is the usual one
    bool sign_up_open = true;
};

// Of a user's.
struct Identity {
    std::string provider, subject, email;
    Instant created_at;
    std::optional<Instant> last_used_at;
};

struct FlowWish {
    std::string redirect;   // "": the usual one
    std::string challenge;  // of the page's own PKCE; "": none
    std::string link_to;    // the user who wants one identity more; "": a sign-in
};
struct FlowStart {
    std::string url;     // of the provider
    std::string cookie;  // the browser's value
};

struct HandedOver {
    User user;
    std::string provider;
};

// Thread safe.
class Identities {
 public:
    // What it is given outlives it.
    Identities(store::Database& database, Accounts& accounts, const Audit& audit,
               std::vector<std::unique_ptr<Provider>> providers, IdentityOptions options);

    std::vector<std::string> providers() const;
    bool is_secure() const { return options_.callback_base.starts_with("https://"); }

    // `not_found` for an unknown provider, `invalid` for an address that is not declared, and what Provider says.
    Task<FlowStart> begin(std::string provider, FlowWish wish);
    // Where the browser goes on to: with ?code=…, ?linked=PROVIDER, or ?error=… (access_denied, account_exists,
    // email_unverified, sign_up_closed, linked_elsewhere, blocked, provider_unavailable, failed). `invalid` when there
    // is no such flow, or it is another browser's.
    Task<std::string> arrive(std::string provider, ProviderAnswer answer, std::string cookie, Visit visit);
    // Whose code it was, and of which provider; the caller opens the session. `unauthorized` when it is not valid (any
    // more).
    Task<HandedOver> exchange(std::string code, std::string verifier);

    Task<std::vector<Identity>> list(std::string user_id);
    // `not_found`; `conflict` when the user could not sign in any more.
    Task<void> unlink(std::string user_id, std::string provider, Visit visit);

 private:
    struct Flow;
    Provider* find(std::string_view name) const;
    std::string callback_of(const std::string& provider) const;
    bool may_go_on_to(const std::string& redirect) const;
    Task<Flow> take_flow(std::string provider, std::string state, std::string cookie);
    Task<std::string> user_of_identity(std::string provider, ProvidedIdentity identity, Visit visit);
    Task<std::string> sign_up(std::string provider, ProvidedIdentity identity, Visit visit);
    Task<void> link(std::string user_id, std::string provider, ProvidedIdentity identity, Visit visit);
    Task<std::string> outcome(Provider& provider, Flow flow, ProviderAnswer answer, Visit visit);
    Task<std::string> hand_over(std::string user_id, std::string provider, std::string challenge);

    store::Database& database_;
    Accounts& accounts_;
    const Audit& audit_;
    std::vector<std::unique_ptr<Provider>> providers_;
    IdentityOptions options_;
};

}  // namespace slipway::account
