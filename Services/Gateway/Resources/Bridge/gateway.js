/** @file Calls to the gateway, with the person's session. */

import { BridgeError } from "./errors.js";

/** @import { Ledger } from "./ledger.js" */

const SESSION_SECONDS = 30; // For the host's function that fetches a session.
const CALL_SECONDS = 60; // A resolve may wait for a refresh at a slow provider: its lease is 25 s.
const POLL_MARGIN_SECONDS = 15; // On top of what the gateway itself waits.
const CANCEL_SECONDS = 10; // Nobody waits longer for the answer to a cancel.
const TOOL_SECONDS = 14_460; // Longer than the longest call of a tool that an operator can allow: the gateway ends it.

/**
 * A flow's state.
 *
 * @typedef {{status: "pending" | "completed" | "failed", connectionId?: string, stage?: string, error?: {code: string, message: string}}} FlowStatus
 */

/**
 * @typedef {{body?: object, headers?: Record<string, string>, signal?: AbortSignal, seconds?: number, keepalive?: boolean}} CallOptions
 */

/** The gateway's public API, as far as the bridge needs it. */
export class Gateway {
  #url;
  #session;
  #ledger;
  /** @type {Promise<string> | undefined} */
  #token;
  /** @type {string | undefined} */
  #knownToken;

  /**
   * @param {string} url
   * @param {string | (() => string | Promise<string>)} session
   * @param {Ledger} ledger
   */
  constructor(url, session, ledger) {
    this.#url = url.replace(/\/+$/, "");
    this.#session = session;
    this.#ledger = ledger;
  }

  /** The session as far as it is known without asking: nothing can be awaited in a person's click. */
  get knownToken() {
    return this.#knownToken;
  }

  /** @param {object} body @param {AbortSignal} signal */
  resolve(body, signal) {
    return this.#call("POST", "/v1/auth/resolve", { body, signal });
  }

  /** @param {object} body @param {AbortSignal} signal */
  list(body, signal) {
    return this.#call("POST", "/v1/auth/list", { body, signal });
  }

  /** @param {object} body @param {AbortSignal} signal */
  refresh(body, signal) {
    return this.#call("POST", "/v1/auth/refresh", { body, signal });
  }

  /** @param {object} body @param {AbortSignal} signal */
  revoke(body, signal) {
    return this.#call("POST", "/v1/auth/revoke", { body, signal });
  }

  /** @param {object} body @param {AbortSignal} signal */
  listServers(body, signal) {
    return this.#call("POST", "/v1/mcp-servers/list", { body, signal });
  }

  /** @param {string} id @param {object} body @param {AbortSignal} signal */
  connectServer(id, body, signal) {
    return this.#call("POST", `/v1/mcp-servers/${encodeURIComponent(id)}/connect`, { body, signal });
  }

  /**
   * The id of the MCP server that a URL of this gateway's names; nothing for any other URL.
   *
   * @param {string} url
   * @returns {string | undefined}
   */
  serverAt(url) {
    const path = `${this.#url}/mcp/`;
    return url.startsWith(path) ? /^mcp_[\w-]{1,64}$/.exec(url.slice(path.length))?.[0] : undefined;
  }

  /**
   * A flow that an answer of the MCP endpoint names, if its page is this gateway's; nothing otherwise. The person is handed over to that
   * page with their session, and such an answer holds what a server said.
   *
   * @param {any} flow
   */
  ownFlow(flow) {
    const id = typeof flow?.id === "string" ? /^flw_[\w-]{1,64}$/.exec(flow.id)?.[0] : undefined;
    return id && flow.url === `${this.#url}/connect/${id}` ? flow : undefined;
  }

  /**
   * One message of the Model Context Protocol, and its answer: a response, or what the proxy says of one.
   *
   * @param {string} path
   * @param {object} body
   * @param {Record<string, string>} headers
   * @param {AbortSignal} signal
   * @returns {Promise<{status: number, value: any}>}
   */
  async message(path, body, headers, signal) {
    const response = await this.#answer("POST", path, { body, headers, signal, seconds: TOOL_SECONDS });
    // An error of the protocol comes with a status of its own; what is no message is the gateway's refusal.
    if (!response.ok && response.value?.jsonrpc !== "2.0") Gateway.#refuse(response);
    return response;
  }

  /**
   * @param {string} id
   * @param {number} waitSeconds how long the gateway may wait for the flow's end
   * @param {AbortSignal} signal
   * @returns {Promise<FlowStatus>}
   */
  flow(id, waitSeconds, signal) {
    const path = `/v1/flows/${encodeURIComponent(id)}?wait=${waitSeconds}`;
    return this.#call("GET", path, { signal, seconds: waitSeconds + POLL_MARGIN_SECONDS });
  }

  /**
   * The first end of a flow stands, so the answer may be another one.
   *
   * @param {string} id
   * @returns {Promise<FlowStatus>}
   */
  cancelFlow(id) {
    return this.#call("DELETE", `/v1/flows/${encodeURIComponent(id)}`, { seconds: CANCEL_SECONDS, keepalive: true });
  }

  /**
   * Cancels a flow that nobody needs any more; should that fail, it expires by itself.
   *
   * @param {{id: string}} flow
   */
  abandonFlow(flow) {
    this.cancelFlow(flow.id).catch(() => {});
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {CallOptions} options
   */
  async #call(method, path, options) {
    const response = await this.#answer(method, path, options);
    return response.ok ? response.value : Gateway.#refuse(response);
  }

  /**
   * Sends, and once more with a new session where the gateway no longer takes the last one.
   *
   * @param {string} method
   * @param {string} path
   * @param {CallOptions} options
   */
  async #answer(method, path, options) {
    const used = this.#currentToken();
    this.#knownToken = await used;
    let response = await this.#send(method, path, this.#knownToken, options);
    if (response.status === 401 && typeof this.#session === "function") {
      // Someone else may have asked again already.
      if (this.#token === used) this.#token = undefined;
      this.#knownToken = await this.#currentToken();
      response = await this.#send(method, path, this.#knownToken, options);
    }
    return response;
  }

  /** @returns {Promise<string>} */
  #currentToken() {
    if (typeof this.#session === "string") return Promise.resolve(this.#session);
    if (!this.#token) {
      const asked = this.#askHost(this.#session);
      this.#token = asked;
      // A failure is not kept: the next call asks again.
      asked.catch(() => {
        if (this.#token === asked) this.#token = undefined;
      });
    }
    return this.#token;
  }

  /** @param {() => string | Promise<string>} session @returns {Promise<string>} */
  #askHost(session) {
    return new Promise((resolve, reject) => {
      const refuse = (/** @type {string} */ message) => reject(new BridgeError("unauthenticated", message));
      const stop = this.#ledger.after(SESSION_SECONDS * 1000, () => refuse("The host page brought no session in time."));
      Promise.resolve()
        .then(session)
        .then(
          (token) => (typeof token === "string" && token ? resolve(token) : refuse("The host page brought no session.")),
          () => refuse("The host page could not bring a session."),
        )
        .finally(stop);
    });
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {string} token
   * @param {CallOptions} options
   */
  async #send(method, path, token, { body, headers, signal, seconds = CALL_SECONDS, keepalive = false }) {
    const stop = new AbortController();
    const releases = [
      this.#ledger.hold("requests"),
      this.#ledger.after(seconds * 1000, () => stop.abort()),
      signal ? this.#ledger.whenAborted(signal, () => stop.abort(signal.reason)) : () => {},
    ];
    try {
      const response = await fetch(this.#url + path, {
        method,
        keepalive,
        signal: stop.signal,
        credentials: "omit",
        cache: "no-store",
        referrerPolicy: "no-referrer",
        headers: {
          ...headers, authorization: `Bearer ${token}`, ...(body ? { "content-type": "application/json" } : {}),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      const text = await response.text();
      return { ok: response.ok, status: response.status, headers: response.headers, value: parse(text) };
    } catch {
      signal?.throwIfAborted();
      throw new BridgeError(
        "provider_unavailable",
        `${this.#url} could not be reached. Check the network, and connect-src in this page's Content-Security-Policy.`,
      );
    } finally {
      releases.forEach((release) => release());
    }
  }

  /** @param {{status: number, headers: Headers, value: any}} response @returns {never} */
  static #refuse({ status, headers, value }) {
    const retryAfter = Number(headers.get("retry-after"));
    throw new BridgeError(
      typeof value?.code === "string" ? value.code : "provider_unavailable",
      value?.detail ?? value?.title ?? `The gateway answered with status ${status}.`,
      { status, retryAfterSeconds: Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : undefined },
    );
  }
}

/** @param {string} text @returns {any} */
function parse(text) {
  try {
    return text ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}
