/** @file Reads what an app passed to a method of `charmiq.mcp`. A mistake is `invalid_request` and names the field. */

import { isObject, optional, readObject, readOptionalText, readScopes, readSelector, readText } from "./arguments.js";
import { invalidRequest } from "./errors.js";

/** @import { Selector } from "./arguments.js" */

/** @typedef {{type: "none"} | {type: "platform"} | {type: "oauth", selector: Selector, scopes?: string[]}} ExplicitAuth */
/** @typedef {{url: string, transport: "direct" | "proxy", auth: ExplicitAuth}} ExplicitConfig */
/** @typedef {{mcpServerId: string} | ExplicitConfig} ServerConfig */

const MAXIMUM_URL = 2048; // Far longer than any server's address.
const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/**
 * @param {unknown} argument
 * @param {string} method
 * @returns {string}
 */
export function readName(argument, method) {
  return readText(readObject(argument, method, ["connectionName"]), "connectionName");
}

/**
 * @param {unknown} argument
 * @returns {{name: string, config: ServerConfig}}
 */
export function readConnect(argument) {
  const fields = readObject(argument, "mcp.connect", ["connectionName", "config"]);
  return { name: readText(fields, "connectionName"), config: readConfig(fields.config) };
}

/**
 * @param {unknown} argument
 * @returns {{name: string, tool: string, args: object}}
 */
export function readCall(argument) {
  const fields = readObject(argument, "mcp.callTool", ["connectionName", "toolName", "args"]);
  const args = fields.args ?? {};
  if (!isObject(args)) throw invalidRequest("args must be an object.");
  return { name: readText(fields, "connectionName"), tool: readText(fields, "toolName"), args };
}

/** @param {unknown} value @returns {ServerConfig} */
function readConfig(value) {
  // Whatever else a client may know, such as headers or a token, is not an app's to give.
  const fields = readObject(value, "The config of mcp.connect", ["mcpServerId", "url", "transport", "auth"]);
  const mcpServerId = readOptionalText(fields, "mcpServerId");
  if (mcpServerId === undefined) return readExplicit(fields);
  if (fields.url !== undefined || fields.transport !== undefined || fields.auth !== undefined) {
    throw invalidRequest("Give mcpServerId alone: the organization has set up url, transport and auth.");
  }
  return { mcpServerId };
}

/** @param {Record<string, unknown>} fields @returns {ExplicitConfig} */
function readExplicit(fields) {
  if (fields.url === undefined) throw invalidRequest("Give one of mcpServerId and url.");
  const transport = fields.transport ?? "direct";
  if (transport !== "direct" && transport !== "proxy") throw invalidRequest('transport must be "direct" or "proxy".');
  return { url: readUrl(fields.url, transport), transport, auth: readAuth(fields.auth) };
}

/** @param {unknown} value @param {"direct" | "proxy"} transport */
function readUrl(value, transport) {
  if (typeof value !== "string" || value.length > MAXIMUM_URL || !URL.canParse(value)) {
    throw invalidRequest(`url must be a URL of at most ${MAXIMUM_URL} characters.`);
  }
  const url = new URL(value);
  if (url.username || url.password) throw invalidRequest("url must not carry a user name or password.");
  if (url.hash) throw invalidRequest("url must not have a fragment.");
  // What may be reached by the gateway, the gateway says.
  const isPlain = url.protocol === "http:" && (transport === "proxy" || LOOPBACK.includes(url.hostname));
  if (url.protocol !== "https:" && !isPlain) {
    throw invalidRequest("url must be an https URL, or an http one on a loopback host.");
  }
  if (url.origin === location.origin) throw invalidRequest("url must not be one of the platform's own.");
  return url.href;
}

/** @param {unknown} value @returns {ExplicitAuth} */
function readAuth(value) {
  const known = ["type", "integrationId", "providerUrl", "scopes", "app"];
  const fields = readObject(value, "auth", known);
  switch (fields.type) {
    case "none":
    case "platform":
      readObject(value, `auth of type ${fields.type}`, ["type"]);
      return { type: fields.type };
    case "oauth": {
      const selector = readSelector(fields);
      const scopes = readScopes(fields.scopes);
      if ("integrationId" in selector.fields && scopes === undefined) {
        throw invalidRequest("auth.scopes is missing: an integrationId needs it.");
      }
      return { type: "oauth", selector, ...optional("scopes", scopes) };
    }
    default:
      throw invalidRequest('auth.type must be "platform", "oauth" or "none".');
  }
}
