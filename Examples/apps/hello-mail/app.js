// The simplest app: register once, ask for a token when it is needed, use it, give it back.

// An app that may also run elsewhere asks whether the platform is there.
const oauth = window.charmiq?.oauth;
const providerUrl = document.querySelector("meta[name=provider-url]").content;
const scopes = ["mail.read"];

const mustConnectAgain = new Set(["connection_not_found", "reauthorization_required", "insufficient_scope"]);

// In memory only. Nothing of it is ever written anywhere: the next page load asks the platform again.
let auth = null;

const element = (id) => document.getElementById(id);
element("connect").addEventListener("click", () => attempt(connect));
element("refresh").addEventListener("click", () => attempt(refresh));
element("disconnect").addEventListener("click", () => attempt(disconnect));
// A click counts from now on, and not before.
element("connect").disabled = !oauth;

if (oauth) {
  await oauth.register({
    appId: "org.example.hello-mail",
    name: "Hello Mail",
    description: "Says how many messages wait for you.",
  });
} else {
  element("problem").textContent = "Hello Mail runs inside a platform that connects accounts. There is none here.";
}

async function connect() {
  auth = await oauth.getValidAuth({ providerUrl, scopes });
  await show();
  element("count").focus();
}

async function refresh() {
  auth = await oauth.refreshAuth(auth);
  await show();
  element("notice").textContent = "The provider issued a new token for the same Connection.";
}

async function disconnect() {
  await oauth.revokeAuth(auth);
  showWelcome();
  element("notice").textContent = "Disconnected. Hello Mail can no longer read your mail.";
}

/** The messages. A token that ran out a moment ago is refreshed once, and the call made again. */
async function fetchMessages() {
  let answer = await callMail();
  if (answer.status === 401) {
    auth = await oauth.refreshAuth(auth);
    answer = await callMail();
  }
  if (answer.status === 403) throw Object.assign(new Error(), { code: "insufficient_scope" });
  if (!answer.ok) throw new Error(`The mail service answered ${answer.status}.`);
  return (await answer.json()).messages;
}

function callMail() {
  return fetch(`${providerUrl}/api/messages`, { headers: { Authorization: `Bearer ${auth.accessToken}` } });
}

async function show() {
  const messages = await fetchMessages();
  const unread = messages.filter((message) => !message.isRead).length;
  const name = auth.displayName ?? auth.displayIdentifier;
  element("name").textContent = name;
  element("identifier").textContent = auth.displayIdentifier;
  showAvatar(name);
  element("count").textContent = messages.length === 1 ? "1 message" : `${messages.length} messages`;
  element("unread").textContent = unread === 0 ? "You have read them all." : `${unread} of them you have not read yet.`;
  element("scopes").textContent = auth.scopes.join(", ");
  const { expiresAt } = auth;
  element("expiry").textContent = expiresAt === undefined ? "never" : new Date(expiresAt).toLocaleTimeString();
  element("connection").textContent = auth.id;
  element("welcome").hidden = true;
  element("mailbox").hidden = false;
}

/** The account's picture, or the first letter of its name where there is none or it does not load. */
function showAvatar(name) {
  const place = element("avatar");
  place.textContent = name.slice(0, 1).toUpperCase();
  if (!auth.displayAvatar) return;
  const picture = new Image();
  picture.alt = "";
  picture.addEventListener("load", () => place.replaceChildren(picture));
  picture.src = auth.displayAvatar;
}

function showWelcome() {
  auth = null;
  element("mailbox").hidden = true;
  element("welcome").hidden = false;
  element("connect").focus();
}

/** Runs one action at a time, and says in words what went wrong. */
async function attempt(action) {
  const main = document.querySelector("main");
  if (main.ariaBusy === "true") return;
  main.ariaBusy = "true";
  element("notice").textContent = "";
  element("problem").textContent = "";
  try {
    await action();
  } catch (error) {
    if (mustConnectAgain.has(error.code)) showWelcome();
    // The person's own decision is no problem, only something to confirm.
    element(error.code === "user_cancelled" ? "notice" : "problem").textContent = explain(error);
  } finally {
    main.ariaBusy = "false";
  }
}

function explain(error) {
  switch (error.code) {
    case "user_cancelled": return "Nothing was connected.";
    case "access_denied": return "The mail service was told not to give access. Connect again to allow it.";
    case "popup_blocked": return "Your browser blocked the sign-in window. Allow popups for this page and try again.";
    case "flow_expired": return "Signing in took too long. Try again.";
    case "integration_not_found": return "Your organization has not set up this mail service. Ask its administrator.";
    case "application_blocked":
    case "policy_denied": return "Your organization does not allow Hello Mail to read mail.";
    case "insufficient_scope": return "Hello Mail needs permission to read your messages. Connect again and allow it.";
    case "connection_not_found":
    case "reauthorization_required": return "The access to this mailbox has ended. Connect it again.";
    case "provider_unavailable":
    case "rate_limited": return "The mail service cannot answer right now. Try again in a moment.";
    default: return error.message || "Something went wrong. Try again.";
  }
}
