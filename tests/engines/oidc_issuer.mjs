// An OpenID provider on loopback for tests: oidc-provider, a certified implementation, with the forms for sign-in and
// consent that it has for development. Whoever types a name is that person.
//
//     node oidc_issuer.mjs '{"port": 1, "modules": "…/node_modules", "redirect_uris": ["…"]}'
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const told = JSON.parse(process.argv[2]);
const resolved = createRequire(`${told.modules}/`).resolve("oidc-provider");
const { Provider } = await import(pathToFileURL(resolved));

// "eve-unverified" has an address that nobody vouches for.
const account = (name) => ({
  accountId: name,
  claims: () => ({ sub: name, email: `${name}@example.org`, email_verified: !name.endsWith("-unverified"), name: `${name} of the test` }),
});
const client = { redirect_uris: told.redirect_uris, response_types: ["code"], grant_types: ["authorization_code"] };
const provider = new Provider(`http://127.0.0.1:${told.port}`, {
  clients: [
    { ...client, client_id: "basic", client_secret: "secret of the test", token_endpoint_auth_method: "client_secret_basic" },
    { ...client, client_id: "public", token_endpoint_auth_method: "none" },
  ],
  findAccount: (_, name) => account(name),
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  conformIdTokenClaims: told.conform ?? true,
  pkce: { required: () => true },
  cookies: { keys: ["of the test"] },
  // Default signing keys are RSA; these are asked for by id_token_signed_response_alg of no client.
});
provider.listen(told.port, "127.0.0.1");
