/** @file Reads what the host page passed. A mistake is a `TypeError` for the host's developer. */

/** @import { Identity } from "./frames.js" */

/**
 * @typedef {object} Options
 * @property {string | (() => string | Promise<string>)} session
 * @property {(request: any) => void} [onConsent]
 * @property {Theme} [theme]
 * @property {string} [gatewayUrl]
 * @property {string} [nonce]
 * @property {boolean} [strict]
 */

/** @typedef {"auto" | "light" | "dark"} Scheme */
/** @typedef {Scheme | {scheme?: Scheme, accent?: string}} Theme */

const SCHEMES = ["auto", "light", "dark"];
const KNOWN_OPTIONS = ["session", "onConsent", "theme", "gatewayUrl", "nonce", "strict"];
const IDENTITY_TEXTS = /** @type {const} */ (["name", "icon", "homepage", "description"]);
const KNOWN_IDENTITY = ["applicationId", ...IDENTITY_TEXTS, "requestedScopes"];

/** @param {Options} options */
export function checkOptions(options) {
  refuseUnknown(options, KNOWN_OPTIONS, "mountBridge");
  const { session, onConsent, theme, gatewayUrl, nonce, strict } = options;
  const isToken = typeof session === "string" && session.length > 0;
  if (!isToken && typeof session !== "function") {
    throw new TypeError("session must be a session token or a function that returns one.");
  }
  if (onConsent !== undefined && typeof onConsent !== "function") throw new TypeError("onConsent must be a function.");
  if (gatewayUrl !== undefined && !/^https?:/.test(new URL(gatewayUrl).protocol)) {
    throw new TypeError("gatewayUrl must be an http or https URL.");
  }
  if (nonce !== undefined && typeof nonce !== "string") throw new TypeError("nonce must be a text.");
  if (strict !== undefined && typeof strict !== "boolean") throw new TypeError("strict must be true or false.");
  checkTheme(theme);
}

/**
 * @param {Theme} theme
 * @returns {{scheme: Scheme, accent: string | undefined}}
 */
export function themeParts(theme) {
  if (typeof theme === "string") return { scheme: theme, accent: undefined };
  return { scheme: theme.scheme ?? "auto", accent: theme.accent };
}

/** @param {Theme | undefined} theme */
function checkTheme(theme) {
  if (theme === undefined) return;
  const { scheme, accent } = themeParts(theme);
  if (!SCHEMES.includes(scheme)) throw new TypeError("theme must be auto, light or dark.");
  if (accent !== undefined && !CSS.supports("color", accent)) throw new TypeError("theme.accent must be a CSS colour.");
}

/**
 * An app that shares the host's origin could take everything from it, the session first.
 *
 * @param {HTMLIFrameElement} iframe
 */
export function checkIframe(iframe) {
  if (!(iframe instanceof HTMLIFrameElement)) throw new TypeError("attach takes an iframe element.");
  if (!iframe.hasAttribute("sandbox")) throw new TypeError('The iframe must have a sandbox, such as "allow-scripts".');
  if (iframe.sandbox.contains("allow-same-origin")) {
    throw new TypeError("The iframe's sandbox must not contain allow-same-origin.");
  }
}

/** @param {Identity} identity @returns {Identity} a copy that later changes do not reach */
export function checkIdentity(identity) {
  refuseUnknown(identity, KNOWN_IDENTITY, "attach");
  const { applicationId, requestedScopes } = identity;
  if (typeof applicationId !== "string" || !applicationId) throw new TypeError("applicationId must be a text.");
  for (const field of IDENTITY_TEXTS) {
    if (identity[field] !== undefined && typeof identity[field] !== "string") {
      throw new TypeError(`${field} must be a text.`);
    }
    if (/\p{Cc}/u.test(identity[field] ?? "")) throw new TypeError(`${field} must not hold control characters.`);
  }
  if (requestedScopes === undefined) return { ...identity };
  if (!Array.isArray(requestedScopes)) throw new TypeError("requestedScopes must be a list.");
  return { ...identity, requestedScopes: [...requestedScopes] };
}

/** @param {object} value @param {string[]} known @param {string} where */
function refuseUnknown(value, known, where) {
  if (typeof value !== "object" || value === null) throw new TypeError(`${where} needs an object with its fields.`);
  const unknown = Object.keys(value).find((field) => !known.includes(field));
  if (unknown !== undefined) throw new TypeError(`${where} does not know the field ${unknown}.`);
}
