#include "app/manifest/providers.h"

namespace slipway::app {
namespace {

using account::Role;

constexpr std::string_view kGoogle = "https://accounts.google.com";
constexpr std::array<Choice<Role>, 4> kRoles{
    {{Role::viewer, "viewer"}, {Role::member, "member"}, {Role::admin, "admin"}, {Role::owner, "owner"}}};

}  // namespace

void describe(Keys& keys, IdentityProviderSection& provider) {
    if (provider.name == "google") provider.issuer = kGoogle;
    keys.text(
        "issuer", provider.issuer,
        "The issuer, to the letter as its discovery document names itself. Known for google; github has none, and "
        "everybody else must be given one.",
        {Form::url});
    keys.text("url", provider.url, "A GitHub Enterprise server, without a slash at the end; left out: github.com.",
              {Form::url});
    keys.text("client_id", provider.client_id, "What the provider knows the application by.",
              {.form = Form::line, .required = true});
    keys.secret("client_secret", provider.client_secret, "The secret that belongs to it; left out: a public client.");
    keys.texts("scopes", provider.scopes,
               "What is asked of the provider; left out: openid, email and profile, of GitHub read:user and "
               "user:email.");
}

void describe(Keys& keys, EdgeIdentitySection& edge) {
    keys.text("header", edge.header, "The header that holds the assertion. No other header of the proxy counts.");
    keys.text("issuer", edge.issuer, "Claim iss of its assertions; left out: nobody comes so.", {Form::url});
    keys.text("keys", edge.keys, "Where its JWK set is; left out: its discovery document says where.", {Form::url});
    keys.text("audience", edge.audience, "Claim aud: this application at the proxy.");
    keys.text("email", edge.email_claim, "The claim with the person's e-mail address.");
    keys.choice("role", edge.role, kRoles, "Role of who comes so.");
}

}  // namespace slipway::app
