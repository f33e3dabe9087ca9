"use strict";
// What a link of a mail opens: the secret stands after '#', so that no server sees it before somebody says yes.

const kinds = {
  verify: { heading: "Confirm your address", done: "Your address is confirmed.", path: "/api/auth/verify" },
  reset: { heading: "Choose a new password", done: "Your password is set. Sign in with it.", path: "/api/auth/reset" },
  forgot: { heading: "Choose a new password", done: "If there is such an address, a link is on its way to it.", path: "/api/auth/forgot" },
};

const said = document.getElementById("said");
const [kind, token] = location.hash.slice(1).split("=", 2);
history.replaceState(null, "", location.pathname);

async function send(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (answer.ok) return "";
  const problem = await answer.json().catch(() => ({}));
  return problem.error?.message ?? "That did not work. Try again later.";
}

if (Object.hasOwn(kinds, kind)) {
  const { heading, done, path } = kinds[kind];
  const form = document.getElementById(kind);
  document.getElementById("heading").textContent = heading;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    const body = Object.fromEntries(new FormData(form));
    if (kind !== "forgot") body.token = token;
    const failure = await send(path, body);
    said.textContent = failure || done;
    form.hidden = !failure;
    button.disabled = false;
  });
}
