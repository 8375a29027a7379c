/** @file Reads what the host page passed. A mistake is a `TypeError` for the host's developer. */

/** @import { Identity } from "./frames.js" */
/** @import { Tool, ToolAnswer } from "./mcp-names.js" */

/**
 * @typedef {object} Options
 * @property {string | (() => string | Promise<string>)} session
 * @property {(request: any) => void} [onConsent]
 * @property {Theme} [theme]
 * @property {string} [gatewayUrl]
 * @property {string} [nonce]
 * @property {boolean} [strict]
 * @property {PlatformServer[]} [platformServers]
 * @property {boolean} [explicitServers]
 */

/**
 * A server that the host's page brings along.
 *
 * @typedef {object} PlatformServer
 * @property {string} id
 * @property {string} name
 * @property {string} [version]
 * @property {string[]} [allowedTools]
 * @property {(context: PlatformContext) => Tool[] | Promise<Tool[]>} listTools
 * @property {(tool: string, args: object, context: PlatformContext) => ToolAnswer | Promise<ToolAnswer>} callTool
 */

/** @typedef {{applicationId: string, appId?: string, signal: AbortSignal}} PlatformContext */

/** @typedef {"auto" | "light" | "dark"} Scheme */
/** @typedef {Scheme | {scheme?: Scheme, accent?: string}} Theme */

const SCHEMES = ["auto", "light", "dark"];
const KNOWN_OPTIONS = [
  "session", "onConsent", "theme", "gatewayUrl", "nonce", "strict", "platformServers", "explicitServers",
];
const KNOWN_OF_SERVER = ["id", "name", "version", "allowedTools", "listTools", "callTool"];
const ORGANIZATION_PREFIX = "mcp_"; // Ids of the organization's servers begin so.
const IDENTITY_TEXTS = /** @type {const} */ (["name", "icon", "homepage", "description"]);
const KNOWN_IDENTITY = ["applicationId", ...IDENTITY_TEXTS, "requestedScopes"];

/** @param {Options} options */
export function checkOptions(options) {
  refuseUnknown(options, KNOWN_OPTIONS, "mountBridge");
  const { session, onConsent, theme, gatewayUrl, nonce, strict, explicitServers } = options;
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
  if (explicitServers !== undefined && typeof explicitServers !== "boolean") {
    throw new TypeError("explicitServers must be true or false.");
  }
  checkTheme(theme);
}

/**
 * @param {PlatformServer[] | undefined} servers
 * @returns {PlatformServer[]} copies that later changes do not reach
 */
export function checkPlatformServers(servers = []) {
  if (!Array.isArray(servers)) throw new TypeError("platformServers must be a list.");
  const names = new Set();
  return servers.map((server, index) => {
    const where = `platformServers[${index}]`;
    refuseUnknown(server, KNOWN_OF_SERVER, where);
    const { id, name, version, allowedTools, listTools, callTool } = server;
    for (const text of new Set([id, name])) {
      if (typeof text !== "string" || !text) throw new TypeError(`${where} needs an id and a name.`);
      if (text.startsWith(ORGANIZATION_PREFIX)) throw new TypeError(`${where} must not be called ${ORGANIZATION_PREFIX}….`);
      if (names.has(text)) throw new TypeError(`${where} has the id or name of another one: ${text}.`);
      names.add(text);
    }
    if (version !== undefined && typeof version !== "string") throw new TypeError(`${where}.version must be a text.`);
    const isList = Array.isArray(allowedTools) && allowedTools.every((tool) => typeof tool === "string");
    if (allowedTools !== undefined && !isList) throw new TypeError(`${where}.allowedTools must be a list of names.`);
    if (typeof listTools !== "function" || typeof callTool !== "function") {
      throw new TypeError(`${where} needs the functions listTools and callTool.`);
    }
    return Object.freeze({
      id, name, version, allowedTools: allowedTools && [...allowedTools],
      listTools: listTools.bind(server), callTool: callTool.bind(server),
    });
  });
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
