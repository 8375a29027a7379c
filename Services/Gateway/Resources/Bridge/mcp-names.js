/** @file The names that one document has given to its MCP servers. */

import { BridgeError } from "./errors.js";

/**
 * One server, connected. The signals end one call; the connection's own end is not among them.
 *
 * @typedef {object} Server
 * @property {{name: string, version: string}} info
 * @property {(signal: AbortSignal) => Promise<Tool[]>} listTools
 * @property {(tool: string, args: object, signal: AbortSignal) => Promise<ToolAnswer>} callTool
 */
/** @typedef {{name: string, description?: string, inputSchema?: any}} Tool */
/** @typedef {{content: any[], structuredContent?: any, isError?: boolean}} ToolAnswer */

const MAXIMUM_NAMES = 32; // For one document: more servers than an app has use for.

/** Servers by name, each with the end of what is under way there. */
export class ServerNames {
  /** @type {Map<string, {server: Server, end: AbortController}>} */
  #named = new Map();

  get count() {
    return this.#named.size;
  }

  /**
   * Takes the place of whatever had the name before.
   *
   * @param {string} name
   * @param {Server} server
   */
  set(name, server) {
    if (!this.#named.has(name)) this.requireRoom(name);
    this.delete(name);
    this.#named.set(name, { server, end: new AbortController() });
  }

  /**
   * @param {string} name
   * @throws {BridgeError} `rate_limited`
   */
  requireRoom(name) {
    if (this.#named.has(name) || this.#named.size < MAXIMUM_NAMES) return;
    throw new BridgeError("rate_limited", `An app may have ${MAXIMUM_NAMES} MCP servers connected at once.`);
  }

  /** @param {string} name */
  get(name) {
    return this.#named.get(name);
  }

  /**
   * What is under way at the server ends.
   *
   * @param {string} name
   */
  delete(name) {
    const named = this.#named.get(name);
    this.#named.delete(name);
    named?.end.abort(notConnected(name));
  }

  clear() {
    for (const name of [...this.#named.keys()]) this.delete(name);
  }
}

/** @param {string} name */
export function notConnected(name) {
  return new BridgeError("not_connected", `No MCP server is connected as ${name.slice(0, 64)}: call charmiq.mcp.connect first.`);
}
