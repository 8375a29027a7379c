/** @file A client of the Model Context Protocol: lists tools and calls them, in the newest revision or by the older handshake. */

import { line } from "./display-text.js";
import { BridgeError, invalidRequest } from "./errors.js";
import { headerText, parameterHeaders } from "./mcp-headers.js";

/** @import { Tool } from "./mcp-names.js" */

const REVISION = "2026-07-28";
const LEGACY_REVISION = "2025-11-25"; // Asked for where there is only a handshake; the server may choose an older one.
const CLIENT = Object.freeze({ name: "lanyard-bridge", version: "1" });
const META = "io.modelcontextprotocol/";
const MAXIMUM_PAGES = 50; // Of a list of tools: a server with more is broken or hostile.
const MESSAGE_CHARACTERS = 300; // Of what a server says about an error.
const INVALID_PARAMS = -32602;
const HEADER_MISMATCH = -32020;

/**
 * Carries one message. `message`: the response; nothing where there is none that can be read.
 *
 * @callback Transport
 * @param {object} message
 * @param {Record<string, string>} headers
 * @param {AbortSignal} signal
 * @returns {Promise<{status: number, sessionId?: string, message?: any}>}
 */

const unusable = () => new BridgeError("provider_unavailable", "The MCP server gave no answer that can be used.");

/** One client for one server. */
export class McpClient {
  #carry;
  #lastId = 0;
  /**
   * What an older server and we agreed on; nothing for one that speaks the newest revision.
   *
   * @type {{revision: string, sessionId?: string} | undefined}
   */
  #legacy;
  /**
   * What tools want repeated in headers, by their names; nothing until they were listed.
   *
   * @type {Map<string, any> | undefined}
   */
  #schemas;

  /** @param {Transport} carry */
  constructor(carry) {
    this.#carry = carry;
  }

  /**
   * Finds out what the server speaks. A server that is known to speak the newest revision need not be greeted.
   *
   * @param {AbortSignal} signal
   * @returns {Promise<{name: string, version: string}>}
   */
  async greet(signal) {
    this.#legacy = undefined;
    const { status, message } = await this.#send("server/discover", {}, {}, signal).catch((error) => {
      // A browser does not say that an older server allows no header which it does not know: it says that nothing was reached.
      if (signal.aborted || error.code !== "provider_unavailable") throw error;
      return { status: 0, message: undefined };
    });
    if (status >= 500) throw unusable();
    if (message?.result?.supportedVersions?.includes?.(REVISION)) {
      return introduction(message.result._meta?.[`${META}serverInfo`]);
    }
    return await this.#shakeHands(signal);
  }

  /** @param {AbortSignal} signal @returns {Promise<Tool[]>} */
  async listTools(signal) {
    /** @type {any[]} */
    const tools = [];
    let cursor;
    for (let page = 0; page < MAXIMUM_PAGES; page += 1) {
      /** @type {any} */
      const result = await this.#ask("tools/list", cursor === undefined ? {} : { cursor }, {}, signal);
      if (!Array.isArray(result.tools)) throw unusable();
      tools.push(...result.tools.filter((/** @type {any} */ tool) => typeof tool?.name === "string"));
      cursor = result.nextCursor;
      if (typeof cursor !== "string") break;
    }
    this.#schemas = new Map(tools.map((tool) => [tool.name, tool.inputSchema]));
    return tools.map(({ name, description, inputSchema }) => ({
      name,
      ...(typeof description === "string" ? { description } : {}),
      ...(inputSchema === undefined ? {} : { inputSchema }),
    }));
  }

  /**
   * @param {string} name
   * @param {object} args
   * @param {object} more further parameters
   * @param {AbortSignal} signal
   * @returns {Promise<any>} the result
   */
  async callTool(name, args, more, signal) {
    const params = { name, arguments: args, ...more };
    const call = () => this.#ask("tools/call", params, this.#headersOf(name, args), signal);
    try {
      return await call();
    } catch (error) {
      // The tool wants something in headers that we did not know of, and nothing was done.
      if (!(error instanceof ProtocolError) || error.number !== HEADER_MISMATCH) throw error;
      await this.listTools(signal);
      return await call();
    }
  }

  /** @param {string} name @param {object} args @returns {Record<string, string>} */
  #headersOf(name, args) {
    return { "mcp-name": headerText(name), ...parameterHeaders(this.#schemas?.get(name), args) };
  }

  /**
   * A request and its result. A server that has forgotten the session is greeted anew, and asked once more: it did nothing.
   *
   * @param {string} method @param {object} params @param {Record<string, string>} headers @param {AbortSignal} signal
   */
  async #ask(method, params, headers, signal) {
    let answer = await this.#send(method, params, headers, signal);
    if (answer.status === 404 && this.#legacy?.sessionId) {
      await this.#shakeHands(signal);
      answer = await this.#send(method, params, headers, signal);
    }
    const { message } = answer;
    if (message?.error) throw new ProtocolError(message.error);
    if (typeof message?.result !== "object" || message.result === null) throw unusable();
    return message.result;
  }

  /** @param {string} method @param {object} params @param {Record<string, string>} headers @param {AbortSignal} signal */
  async #send(method, params, headers, signal) {
    const id = (this.#lastId += 1);
    const answer = this.#legacy
      ? await this.#carry({ jsonrpc: "2.0", id, method, params }, this.#sessionHeaders(), signal)
      : await this.#carry(
          { jsonrpc: "2.0", id, method, params: { ...params, _meta: META_OF_REQUESTS } },
          { "mcp-protocol-version": REVISION, "mcp-method": method, ...headers }, signal);
    const { message } = answer;
    // An answer to something else is none; an error before the request was read has no id.
    const isOurs = message?.id === id || (message?.error && (message.id ?? null) === null);
    return isOurs ? answer : { ...answer, message: undefined };
  }

  /** @param {AbortSignal} signal */
  async #shakeHands(signal) {
    this.#legacy = undefined;
    const id = (this.#lastId += 1);
    const params = { protocolVersion: LEGACY_REVISION, capabilities: {}, clientInfo: CLIENT };
    const { message, sessionId } = await this.#carry({ jsonrpc: "2.0", id, method: "initialize", params }, {}, signal);
    const result = message?.result;
    if (message?.id !== id || typeof result?.protocolVersion !== "string") throw unusable();
    this.#legacy = { revision: result.protocolVersion, sessionId };
    await this.#carry({ jsonrpc: "2.0", method: "notifications/initialized" }, this.#sessionHeaders(), signal);
    return introduction(result.serverInfo);
  }

  /** @returns {Record<string, string>} */
  #sessionHeaders() {
    const { revision = "", sessionId } = this.#legacy ?? {};
    return { "mcp-protocol-version": revision, ...(sessionId === undefined ? {} : { "mcp-session-id": sessionId }) };
  }
}

const META_OF_REQUESTS = Object.freeze({
  [`${META}protocolVersion`]: REVISION,
  [`${META}clientCapabilities`]: {},
  [`${META}clientInfo`]: CLIENT,
});

/** An error of the protocol. To the app, a wrong request is its own mistake, and anything else the server's. */
class ProtocolError extends BridgeError {
  /** @param {any} error */
  constructor({ code, message }) {
    const said = typeof message === "string" ? line(message, MESSAGE_CHARACTERS) : "";
    const { code: ours, message: text } = code === INVALID_PARAMS ? invalidRequest(said) : unusable();
    super(ours, said || text);
    this.number = code;
  }
}

/** @param {any} info */
function introduction(info) {
  const text = (/** @type {unknown} */ value) => (typeof value === "string" ? line(value, MESSAGE_CHARACTERS) : "unknown");
  return { name: text(info?.name), version: text(info?.version) };
}

/**
 * What an app gets of a result.
 *
 * @param {any} result
 * @returns {import("./mcp-names.js").ToolAnswer}
 */
export function toolAnswer(result) {
  const { content, structuredContent, isError } = result;
  if (!Array.isArray(content)) throw unusable();
  return {
    content,
    ...(structuredContent === undefined ? {} : { structuredContent }),
    ...(isError === true ? { isError: true } : {}),
  };
}
