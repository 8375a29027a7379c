// Draws the accounts and their messages. Holds no state: everything is drawn anew from what it is given.

import { explain } from "./problems.js";

const timeOfDay = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const dayOfYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

/** An element with properties and children: `make("p", { className: "quiet" }, "text")`. */
export function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

/** The row of accounts; `selected` is the id of the one whose messages alone are shown, or null for all. */
export function chips(accounts, selected, onSelect) {
  const all = accounts.length > 1 ? [chip(["All accounts"], selected === null, () => onSelect(null))] : [];
  return [
    ...all,
    ...accounts.map(({ descriptor, problem }) => {
      const parts = [avatar(descriptor), make("span", {}, descriptor.displayIdentifier)];
      if (problem) parts.push(make("span", { className: "mark", role: "img", ariaLabel: "needs attention" }, "!"));
      return chip(parts, selected === descriptor.id, () => onSelect(descriptor.id));
    }),
  ];
}

function chip(parts, isSelected, onclick) {
  return make("button", { type: "button", className: "chip", ariaPressed: String(isSelected), onclick }, ...parts);
}

/** The selected account, with what one can do to it. */
export function details({ descriptor, messages }, onRemove, onDisconnect) {
  const unread = messages.filter((message) => !message.isRead).length;
  const facts = `${count(messages.length, "message")}, ${unread} unread · may use ${descriptor.scopes.join(", ")}`;
  return make(
    "section", { className: "details", ariaLabel: descriptor.displayIdentifier },
    make("p", {}, make("b", {}, descriptor.displayName ?? descriptor.displayIdentifier), make("small", {}, facts)),
    make(
      "div", { className: "actions" },
      make("button", { type: "button", onclick: onRemove }, "Remove from view"),
      make("button", { type: "button", className: "danger", onclick: onDisconnect }, "Disconnect…"),
    ),
  );
}

/** What keeps one account's messages away, and the way out. */
export function warning({ descriptor, problem }, onAgain, onRetry) {
  const [label, onclick] = problem.needsPerson ? ["Authorize again", onAgain] : ["Try again", onRetry];
  return make(
    "p", { className: "problem" },
    make("span", {}, make("b", {}, descriptor.displayIdentifier), `: ${explain(problem)}`),
    make("button", { type: "button", className: "link", onclick }, label),
  );
}

/** The messages of several accounts in one list, newest first. */
export function messageList(accounts) {
  const lines = accounts.flatMap(({ descriptor, messages }) => messages.map((message) => ({ descriptor, message })));
  lines.sort((one, other) => other.message.receivedAt - one.message.receivedAt);
  const showsAccount = accounts.length > 1;
  return make("ul", {}, ...lines.map((line) => item(line, showsAccount)));
}

function item({ descriptor, message }, showsAccount) {
  const time = make("time", { dateTime: message.receivedAt.toISOString() }, shortTime(message.receivedAt));
  const sender = make("span", { className: "sender", title: message.from }, message.fromName);
  const dot = message.isRead ? [] : [make("span", { className: "unread", role: "img", ariaLabel: "Unread" })];
  const account = showsAccount
    ? [make("span", { className: "to" }, avatar(descriptor), make("span", {}, `to ${descriptor.displayIdentifier}`))]
    : [];
  return make(
    "li", { className: message.isRead ? "" : "new" },
    make("p", { className: "line" }, ...dot, sender, time),
    make("p", { className: "subject" }, message.subject),
    make("p", { className: "snippet" }, message.snippet),
    ...account,
  );
}

/** What stands in the place of the list when there is none. */
export function empty(title, text, ...buttons) {
  return make("div", { className: "empty" }, make("h2", {}, title), make("p", { className: "quiet" }, text), ...buttons);
}

export function count(number, noun) {
  return number === 1 ? `1 ${noun}` : `${number} ${noun}s`;
}

/** The account's picture over its initials: these stay where the picture does not load. */
function avatar({ displayName, displayIdentifier, displayAvatar }) {
  const words = (displayName ?? displayIdentifier).split(/\s+/);
  const initials = words.slice(0, 2).map((word) => word.slice(0, 1).toUpperCase()).join("");
  const place = make("span", { className: "avatar", ariaHidden: "true" }, initials);
  if (displayAvatar) {
    const picture = make("img", { alt: "", src: displayAvatar });
    picture.addEventListener("error", () => picture.remove());
    place.append(picture);
  }
  return place;
}

/** The time of day for today's messages, the date for older ones. */
function shortTime(date) {
  const isToday = date.toDateString() === new Date().toDateString();
  return (isToday ? timeOfDay : dayOfYear).format(date);
}
