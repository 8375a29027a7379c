// A viewer for several mailboxes at once: what the person does, and what is drawn because of it.

import { Accounts } from "./accounts.js";
import { explain } from "./problems.js";
import { chips, count, details, empty, make, messageList, warning } from "./view.js";

// An app that may also run elsewhere asks whether the platform is there.
const oauth = window.charmiq?.oauth;
const providerUrl = document.querySelector("meta[name=provider-url]").content;
const element = (id) => document.getElementById(id);

const accounts = oauth ? new Accounts(oauth, providerUrl) : null;
// The account whose messages alone are shown; null for all of them.
let selected = null;
// The account that left the view last, for "Undo".
let removed = null;
let isBusy = false;

element("add").addEventListener("click", add);
element("undo").addEventListener("click", () => putBack(removed));
element("confirm").addEventListener("close", disconnectIfConfirmed);
// A form would close the dialog by itself, but the sandbox of an app allows no forms.
for (const button of element("confirm").querySelectorAll("button")) {
  button.addEventListener("click", () => element("confirm").close(button.value));
}

if (accounts) {
  await start();
} else {
  element("add").hidden = true;
  element("messages").replaceChildren(
    empty("There is no platform here", "Inbox runs inside a platform that connects accounts."));
}

async function start() {
  await oauth.register({
    appId: "org.example.inbox",
    name: "Inbox",
    description: "Shows the messages of all your accounts in one list.",
  });
  await attempt(async () => {
    await accounts.load();
    draw();
    await Promise.all(accounts.all.map((account) => accounts.read(account.descriptor.id)));
  });
}

async function add() {
  await attempt(async () => {
    say("Waiting for you to choose an account…");
    const { descriptor, known } = await accounts.add();
    selected = null;
    say(known ? `${descriptor.displayIdentifier} is in view.` : `${descriptor.displayIdentifier} is connected.`);
  });
}

function remove(id) {
  accounts.remove(id);
  selected = null;
  say(`${accounts.get(id).descriptor.displayIdentifier} is out of view. It stays connected.`);
  removed = id;
  draw();
  element("undo").focus();
}

function putBack(id) {
  accounts.putBack(id);
  say(`${accounts.get(id).descriptor.displayIdentifier} is in view again.`);
  draw();
  element("messages").focus({ preventScroll: true });
}

function askToDisconnect(id) {
  const dialog = element("confirm");
  dialog.dataset.id = id;
  // Escape closes the dialog without a button: the answer of an earlier time must not stand.
  dialog.returnValue = "cancel";
  element("whom").textContent = accounts.get(id).descriptor.displayIdentifier;
  dialog.showModal();
}

async function disconnectIfConfirmed() {
  const { returnValue, dataset } = element("confirm");
  if (returnValue !== "disconnect") return;
  const { displayIdentifier } = accounts.get(dataset.id).descriptor;
  await attempt(async () => {
    await accounts.disconnect(dataset.id);
    selected = null;
    say(`${displayIdentifier} is disconnected.`);
  });
  element("messages").focus({ preventScroll: true });
}

/** Runs one action at a time and draws what came of it. */
async function attempt(action) {
  if (isBusy) return;
  isBusy = true;
  element("problem").textContent = "";
  draw();
  try {
    await action();
  } catch (error) {
    // The person's own decision is no problem, only something to confirm.
    const isChoice = error.code === "user_cancelled";
    say(isChoice ? explain(error) : "");
    element("problem").textContent = isChoice ? "" : explain(error);
  } finally {
    isBusy = false;
    draw();
  }
}

function say(text) {
  element("notice").textContent = text;
  removed = null;
}

function draw() {
  const shown = accounts.inView;
  const current = shown.find((account) => account.descriptor.id === selected);
  const listed = current ? [current] : shown;
  const unread = listed.flatMap((account) => account.messages).filter((message) => !message.isRead).length;
  document.body.ariaBusy = String(isBusy);
  element("unread").textContent = unread > 0 ? `${unread} unread` : "";
  element("add").hidden = shown.length === 0;
  element("undo").hidden = removed === null;
  redraw("chips", chips(shown, selected, select));
  redraw("details", current ? [accountDetails(current)] : []);
  element("warnings").replaceChildren(...listed.filter((account) => account.problem).map(accountWarning));
  element("messages").replaceChildren(content(listed));
}

function select(id) {
  selected = id;
  say("");
  draw();
}

function accountDetails(account) {
  const { id } = account.descriptor;
  return details(account, () => remove(id), () => askToDisconnect(id));
}

function accountWarning(account) {
  return warning(account, add, () => attempt(() => accounts.read(account.descriptor.id)));
}

function content(listed) {
  if (listed.some((account) => account.messages.length > 0)) return messageList(listed);
  if (isBusy) return empty("One moment…", "");
  const aside = accounts.all.length - accounts.inView.length;
  const text = aside > 0
    ? `${count(aside, "account")} out of view. Choose it to see it again, or connect another one.`
    : "Connect one or more, and their messages come together in one list.";
  if (listed.length === 0) {
    const button = make("button", { type: "button", className: "primary", onclick: add }, "Add account");
    return empty(aside > 0 ? "No mailbox in view" : "No mailbox yet", text, button);
  }
  // What keeps the messages away is said above.
  return listed.every((account) => account.problem) ? "" : empty("Nothing to show", "There are no messages here.");
}

/** Replaces the content of a place, and keeps the keyboard's focus on the button that has it. */
function redraw(id, children) {
  const place = element(id);
  const focused = [...place.querySelectorAll("button")].indexOf(document.activeElement);
  place.replaceChildren(...children);
  place.querySelectorAll("button")[focused]?.focus();
}
