"use strict";
// The page talks to the default API only. Everything from the server is put in as text, never as HTML.

const $ = (id) => document.getElementById(id);
const state = { access: null, refresh: null, user: null, chat: null, running: null, registering: false };

function remember(tokens) {
  state.access = tokens.access_token;
  state.refresh = tokens.refresh_token;
  state.user = tokens.user;
  localStorage.setItem("slipway.refresh", tokens.refresh_token);
}

function forget() {
  state.access = state.refresh = state.user = state.chat = null;
  localStorage.removeItem("slipway.refresh");
}

async function call(method, path, body, retry = true) {
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (state.access) headers.Authorization = "Bearer " + state.access;
  const response = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  if (response.status === 401 && retry && state.refresh && (await renew())) return call(method, path, body, false);
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ? answer.error.message : "The server answered " + response.status + ".");
  return answer;
}

async function renew() {
  const refresh = state.refresh || localStorage.getItem("slipway.refresh");
  if (!refresh) return false;
  state.access = null;
  const response = await fetch("/api/auth/refresh", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ refresh_token: refresh }) });
  if (!response.ok) { forget(); return false; }
  remember(await response.json());
  return true;
}

// Answers: a little Markdown (paragraphs, lists, bold, links are left as text) and citations [n], [n, m], [n-m].
function renderInline(parent, text, sources) {
  const pattern = /\[(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)\]|\*\*([^*]+)\*\*/g;
  let last = 0, match;
  while ((match = pattern.exec(text)) !== null) {
    parent.append(text.slice(last, match.index));
    last = pattern.lastIndex;
    if (match[2] !== undefined) {
      const strong = document.createElement("strong");
      strong.textContent = match[2];
      parent.append(strong);
      continue;
    }
    for (const part of match[1].split(/(\D+)/)) {
      const source = sources.find((entry) => entry.number === Number(part));
      if (source) parent.append(sourceLink(source, "[" + source.number + "]", "cite"));
      else parent.append(/\d/.test(part) ? "[" + part + "]" : part);
    }
  }
  parent.append(text.slice(last));
}

function renderAnswer(element, text, sources) {
  element.replaceChildren();
  for (const block of text.split(/\n{2,}/)) {
    if (!block.trim()) continue;
    const lines = block.split("\n");
    if (lines.every((line) => /^\s*([-*]|\d+\.)\s+/.test(line))) {
      const list = document.createElement(/^\s*\d/.test(lines[0]) ? "ol" : "ul");
      for (const line of lines) {
        const item = document.createElement("li");
        renderInline(item, line.replace(/^\s*([-*]|\d+\.)\s+/, ""), sources);
        list.append(item);
      }
      element.append(list);
      continue;
    }
    const paragraph = document.createElement("p");
    renderInline(paragraph, block, sources);
    element.append(paragraph);
  }
}

function sourceLink(source, label, className) {
  const link = document.createElement("a");
  link.textContent = label;
  if (className) link.className = className;
  if (/^(https?:\/\/|\/)/.test(source.url || "")) link.href = source.url;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  link.title = source.title + (source.place ? ", " + source.place : "");
  return link;
}

function sourceList(sources) {
  const list = document.createElement("ol");
  for (const source of sources) {
    const item = document.createElement("li");
    item.value = source.number;
    item.append(sourceLink(source, source.title + (source.place ? ", " + source.place : "")));
    const snippet = document.createElement("span");
    snippet.className = "snippet";
    snippet.textContent = source.snippet;
    item.append(snippet);
    list.append(item);
  }
  return list;
}

// What the answer cites; what else was found is folded away. An answer without numbers shows all.
function renderSources(element, sources) {
  element.replaceChildren();
  element.hidden = sources.length === 0;
  if (!sources.length) return;
  const heading = document.createElement("h3");
  heading.textContent = "Sources";
  const cited = sources.filter((source) => source.cited);
  const others = sources.filter((source) => !source.cited);
  element.append(heading, sourceList(cited.length ? cited : others));
  if (!cited.length || !others.length) return;
  const more = document.createElement("details");
  more.className = "uncited";
  const summary = document.createElement("summary");
  summary.textContent = "Found, but not cited: " + others.length;
  more.append(summary, sourceList(others));
  element.append(more);
}

function addMessage(role, content, sources) {
  const item = document.createElement("li");
  item.className = role;
  const answer = document.createElement("div");
  answer.className = "answer";
  const list = document.createElement("div");
  list.className = "sources";
  list.hidden = true;
  item.append(answer, list);
  $("messages").append(item);
  const view = {
    show(text, found) {
      if (role === "user") answer.textContent = text;
      else renderAnswer(answer, text, found);
    },
    sources(found) { renderSources(list, found); },
    waiting(on) { answer.classList.toggle("waiting", on); },
    note(text) {
      const note = document.createElement("p");
      note.className = "note";
      note.textContent = text;
      item.append(note);
    },
  };
  view.show(content, sources || []);
  if (sources && sources.length) view.sources(sources);
  item.scrollIntoView({ block: "end" });
  return view;
}

// Reads server-sent events from a fetch response.
async function* eventsOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  while (true) {
    const { value, done } = await reader.read();
    if (done) return;
    buffer += value;
    let end;
    while ((end = buffer.indexOf("\n\n")) >= 0) {
      const data = buffer.slice(0, end).split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart());
      buffer = buffer.slice(end + 2);
      if (data.length) yield JSON.parse(data.join("\n"));
    }
  }
}

async function ask(question, retry = true) {
  setRunning(new AbortController());
  $("failure").textContent = "";
  $("starters").hidden = true;
  if (retry) addMessage("user", question);
  let view = null, text = "", sources = [], whole = false;
  try {
    const response = await fetch("/api/chats/" + (state.chat || "new") + "/messages", {
      method: "POST", signal: state.running.signal,
      headers: { "Content-Type": "application/json", Accept: "text/event-stream", Authorization: "Bearer " + state.access },
      body: JSON.stringify({ content: question }) });
    if (response.status === 401 && retry && (await renew())) return ask(question, false);
    if (!response.ok) throw new Error(((await response.json().catch(() => ({}))).error || {}).message || "The server answered " + response.status + ".");
    view = addMessage("assistant", "");
    view.waiting(true);
    for await (const event of eventsOf(response)) {
      if (event.type === "started") state.chat = event.chat_id;
      else if (event.type === "sources") sources = event.sources;
      else if (event.type === "token") { text += event.content; view.show(text, sources); }
      else if (event.type === "done") {
        whole = true;
        text = event.message.content; sources = event.message.sources;
        view.show(text, sources); view.sources(sources);
        if (event.message.error) view.note(event.message.error);
      } else if (event.type === "error") throw new Error(event.error.message);
    }
    if (!whole) throw new Error("The connection was cut before the answer was whole.");
  } catch (failure) {
    if (failure.name === "AbortError") view && view.note("Stopped.");
    else $("failure").textContent = failure.message;
  } finally {
    if (view) view.waiting(false);
    setRunning(null);
    $("question").focus();
    loadChats();
  }
}

function setRunning(controller) {
  state.running = controller;
  $("send").hidden = Boolean(controller);
  $("stop").hidden = !controller;
}

async function loadChats() {
  const { chats } = await call("GET", "/api/chats?limit=20").catch(() => ({ chats: [] }));
  $("chats").replaceChildren(...chats.map((chat) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = chat.title || "Untitled";
    button.addEventListener("click", () => openChat(chat.id));
    item.append(button);
    return item;
  }));
  $("history").hidden = chats.length === 0;
}

async function openChat(id) {
  const { messages } = await call("GET", "/api/chats/" + id + "/messages?limit=100");
  state.chat = id;
  $("messages").replaceChildren();
  $("starters").hidden = true;
  $("history").open = false;
  for (const message of messages) addMessage(message.role, message.content, message.sources);
}

function newChat() {
  state.chat = null;
  $("messages").replaceChildren();
  $("starters").hidden = false;
  $("question").focus();
}

function show() {
  const signedIn = Boolean(state.access);
  $("sign-in").hidden = signedIn;
  $("chat").hidden = $("composer").hidden = $("account").hidden = !signedIn;
  if (!signedIn) return;
  $("who").textContent = state.user.username;
  loadChats();
  $("question").focus();
}

async function signIn(work) {
  $("sign-in-failure").textContent = "";
  try {
    remember(await work());
    show();
  } catch (failure) {
    $("sign-in-failure").textContent = failure.message;
  }
}

function setRegistering(on) {
  state.registering = on;
  const form = $("sign-in-form");
  form.querySelector(".register-only").hidden = !on;
  form.email.required = on;
  form.name.previousSibling.textContent = on ? "Username " : "Email or username ";
  form.password.autocomplete = on ? "new-password" : "current-password";
  $("sign-in-title").textContent = $("sign-in-submit").textContent = on ? "Register" : "Sign in";
  $("toggle-register").textContent = on ? "Have an account? Sign in" : "No account yet? Register";
}

async function begin() {
  const site = await (await fetch("/page.json")).json();
  document.title = $("title").textContent = site.title;
  $("tagline").textContent = site.tagline;
  $("demo").hidden = !site.demo;
  $("toggle-register").hidden = !site.registration;
  for (const starter of site.starters) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = starter;
    button.addEventListener("click", () => ask(starter));
    $("starters").append(button);
  }
  $("demo").addEventListener("click", () => signIn(() => call("POST", "/api/auth/demo")));
  $("toggle-register").addEventListener("click", () => setRegistering(!state.registering));
  $("sign-in-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const fields = new FormData(event.target);
    signIn(() => state.registering
      ? call("POST", "/api/auth/register", { email: fields.get("email"), username: fields.get("name"), password: fields.get("password") })
      : call("POST", "/api/auth/login", { name: fields.get("name"), password: fields.get("password") }));
  });
  $("sign-out").addEventListener("click", async () => {
    await call("POST", "/api/auth/logout", { refresh_token: state.refresh }).catch(() => null);
    forget();
    newChat();
    show();
  });
  $("new-chat").addEventListener("click", newChat);
  $("stop").addEventListener("click", () => state.running && state.running.abort());
  $("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    const question = $("question").value.trim();
    if (!question || state.running) return;
    $("question").value = "";
    ask(question);
  });
  $("question").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      $("ask").requestSubmit();
    }
  });
  if (localStorage.getItem("slipway.refresh")) await renew();
  show();
}

begin().catch((failure) => { $("failure").textContent = failure.message; });
