/** @file What an MCP request repeats in headers (revision 2026-07-28, transports). */

const ENCODED = /^=\?base64\?.*\?=$/s;
const PLAIN = /^(?! )[\x20-\x7e]*(?<! )$/;
const MAXIMUM_DEPTH = 32; // Of a schema: deeper ones name nothing that a header could say.

/**
 * Any text as the value of a header: printable ASCII as it is, everything else encoded.
 *
 * @param {string} text
 * @returns {string}
 */
export function headerText(text) {
  if (PLAIN.test(text) && !ENCODED.test(text)) return text;
  const bytes = new TextEncoder().encode(text);
  return `=?base64?${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))}?=`;
}

/**
 * The Application's description for the gateway: JSON in base64url.
 *
 * @param {object} application
 * @returns {string}
 */
export function applicationHeader(application) {
  const bytes = new TextEncoder().encode(JSON.stringify(application));
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/**
 * The arguments that a tool's schema wants repeated (`x-mcp-header`).
 *
 * @param {any} schema
 * @param {any} args
 * @returns {Record<string, string>}
 */
export function parameterHeaders(schema, args) {
  /** @type {Record<string, string>} */
  const headers = {};
  collect(schema, args, headers, 0);
  return headers;
}

/** @param {any} schema @param {any} value @param {Record<string, string>} headers @param {number} depth */
function collect(schema, value, headers, depth) {
  if (typeof schema !== "object" || schema === null || depth > MAXIMUM_DEPTH) return;
  const name = schema["x-mcp-header"];
  if (typeof name === "string" && isSaid(value)) headers[`mcp-param-${name.toLowerCase()}`] = headerText(String(value));
  if (typeof value !== "object" || value === null || typeof schema.properties !== "object") return;
  for (const [member, inner] of Object.entries(schema.properties ?? {})) {
    if (Object.hasOwn(value, member)) collect(inner, value[member], headers, depth + 1);
  }
}

/** @param {unknown} value */
function isSaid(value) {
  return typeof value === "string" || typeof value === "boolean" || Number.isSafeInteger(value);
}
