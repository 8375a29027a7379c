/** @file What the dialog says at each step of a conversation. */

import { line } from "./display-text.js";
import { element, mark } from "./elements.js";

// More would push what matters off the screen.
const NAME_CHARACTERS = 60;
const DESCRIPTION_CHARACTERS = 200;

/**
 * A step on the screen; a calm one has little to say and says it in the middle.
 *
 * @typedef {{calm?: boolean, body: Node[], actions: Node[]}} View
 */

/** @param {any} request see `ConsentRequest` in charmiq.d.ts @returns {View} */
export function viewOf(request) {
  return views[/** @type {keyof typeof views} */ (request.step)](request, names(request));
}

/** @typedef {{application: string, provider: string}} Names */

/** @param {any} request @returns {Names} */
export function names({ application, consent }) {
  return {
    application: line(application.name ?? application.id, NAME_CHARACTERS) || "an app",
    provider: line(consent?.provider.name ?? "the provider", NAME_CHARACTERS),
  };
}

const views = {
  /** @param {any} request @param {Names} names */
  choose: (request, { application, provider }) => ({
    body: [
      marks(request),
      title("Choose an account"),
      lead(`${application} wants to use your ${provider} account.`),
      element(
        "ul",
        { class: "accounts" },
        ...request.accounts.map((/** @type {any} */ account) =>
          element("li", {}, accountButton(account, () => request.choose(account.id))),
        ),
        element("li", {}, anotherButton(request.connectAnother)),
      ),
      facts([
        ["Organization", request.consent?.organizationName],
        ["Signed in as", request.consent?.userDisplay],
        ["To use", request.serverName],
      ]),
    ],
    actions: [cancelButton(request)],
  }),

  /** @param {any} request @param {Names} names */
  ask: (request, { application, provider }) => ({
    body: [
      marks(request),
      title(`Connect ${provider} to ${application}`),
      ...(request.application.description ? [lead(line(request.application.description, DESCRIPTION_CHARACTERS))] : []),
      ...scopeList(request.consent?.scopes ?? [], provider),
      facts([
        ["Organization", request.consent?.organizationName],
        ["Connecting as", request.consent?.userDisplay],
        ["Account", request.consent?.account],
        ["To use", request.serverName],
        ["Set up as", request.consent?.integrationName],
        ["App website", host(request.application.homepage)],
      ]),
    ],
    actions: [button("primary", `Continue to ${provider}`, request.open), cancelButton(request)],
  }),

  /** @param {any} request @param {Names} names */
  waiting: (request, { provider }) => ({
    calm: true,
    body: [
      marks(request),
      title(`Continue in the ${provider} window`),
      lead("Sign in and decide there. This closes by itself when you are done."),
      element("p", { class: "quiet" }, `Waiting for ${provider}…`),
    ],
    actions: [button("plain", "Open the window again", request.open), cancelButton(request)],
  }),

  /** @param {any} request @param {Names} names */
  closed: (request, { provider }) => ({
    calm: true,
    body: [
      marks(request),
      title("Is the window still open?"),
      lead(`It was closed, or ${provider} hides it from this page.`),
      element(
        "p", { class: "notice" }, "If it is still open, finish there, and this closes by itself. Otherwise open it again."),
    ],
    actions: [button("primary", "Open the window again", request.open), cancelButton(request)],
  }),

  /** @param {any} request @param {Names} names */
  blocked: (request, { provider }) => ({
    calm: true,
    body: [
      marks(request),
      title("Your browser blocked the window"),
      lead(`Nothing is lost: open ${provider} in a new tab, and come back here when you are done.`),
      element(
        "p", { class: "notice" }, "To keep this from happening again, allow pop-up windows for this page in the address bar."),
    ],
    actions: [
      element(
        "a", { class: "button primary", href: request.url, target: "_blank", click: followInstead(request) },
        `Open ${provider} in a new tab`),
      cancelButton(request),
    ],
  }),

  /** @param {any} request @param {Names} names */
  working: (request, { application, provider }) => ({
    calm: true,
    body: [marks(request), title("One moment"), lead(`${application} and ${provider} are being connected.`)],
    actions: [cancelButton(request)],
  }),
};

/**
 * A window first, this time in the click itself: it knows the person, and the plain link does not.
 *
 * @param {any} request
 */
function followInstead(request) {
  return (/** @type {Event} */ event) => {
    if (request.open()) event.preventDefault();
    else request.followed();
  };
}

/** @param {any} request */
function marks(request) {
  const { application, provider } = names(request);
  return element(
    "div", { class: "marks", "aria-hidden": "true" },
    mark("application", application, request.application.icon), element("span", { class: "link" }), mark("provider", provider));
}

/**
 * Takes the focus, so that a screen reader begins here and a stray Enter presses nothing.
 *
 * @param {string} text
 */
const title = (text) => element("h2", { id: "title", tabindex: "-1" }, text);

/** @param {string} text */
const lead = (text) => element("p", { id: "lead", class: "quiet" }, text);

/** @param {string} kind @param {string} text @param {() => void} pressed */
const button = (kind, text, pressed) =>
  element("button", { type: "button", class: `button ${kind}`, click: () => pressed() }, text);

/** @param {any} request */
const cancelButton = (request) => button("plain", "Cancel", request.cancel);

/** @param {string | undefined} url */
function host(url) {
  return url && URL.canParse(url) ? new URL(url).host : undefined;
}

/** @param {[string, string | undefined][]} rows those without a value are left out */
function facts(rows) {
  const known = rows.filter(([, value]) => value);
  return element(
    "dl", { class: "facts" },
    ...known.map(([term, value]) => element("div", {}, element("dt", {}, term), element("dd", {}, value))));
}

/**
 * In words where there are some; the provider's own names on demand.
 *
 * @param {any[]} scopes
 * @param {string} provider
 * @returns {Node[]}
 */
function scopeList(scopes, provider) {
  if (scopes.length === 0) return [];
  /** @type {HTMLElement[]} */
  const technical = [];
  const items = scopes.map(({ scope, description, sensitive }) => {
    const item = element(
      "li", { class: sensitive ? "sensitive" : "" }, description ?? scope,
      sensitive && element("span", { class: "hidden" }, " (can change things)"));
    if (description !== undefined) {
      const code = element("code", { hidden: true }, scope);
      technical.push(code);
      item.append(code);
    }
    return item;
  });
  const list = element("ul", { class: "scopes", "aria-labelledby": "asks" }, ...items);
  return [element("h3", { id: "asks" }, `It asks ${provider} for`), list, ...(technical.length ? [revealer(technical)] : [])];
}

/** @param {HTMLElement[]} codes */
function revealer(codes) {
  const button = element("button", { type: "button", class: "text", "aria-expanded": "false" }, "Show technical names");
  button.addEventListener("click", () => {
    const shown = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", String(shown));
    button.textContent = shown ? "Hide technical names" : "Show technical names";
    codes.forEach((code) => (code.hidden = !shown));
  });
  return button;
}

/** @param {any} account a descriptor @param {() => void} pressed */
function accountButton(account, pressed) {
  const name = account.displayName ?? account.displayIdentifier;
  return element(
    "button", { type: "button", class: "account", click: pressed },
    mark("person", name, account.displayAvatar),
    element(
      "span", { class: "who" }, element("b", {}, name),
      name !== account.displayIdentifier && element("small", {}, account.displayIdentifier),
      account.default === true && element("span", { class: "default" }, "Default")));
}

/** @param {() => void} pressed */
const anotherButton = (pressed) =>
  element(
    "button", { type: "button", class: "account", click: () => pressed() },
    mark("person plus", "+"), element("span", { class: "who" }, element("b", {}, "Connect another account")));
