/** @file MCP servers that an app names itself, for development: straight from this page, or through the gateway's proxy. */

import { asker } from "./asker.js";
import { optional } from "./arguments.js";
import { BridgeError, invalidRequest } from "./errors.js";
import { McpClient, toolAnswer } from "./mcp-client.js";
import { readAnswer } from "./mcp-events.js";
import { applicationHeader } from "./mcp-headers.js";
import { connectOrganizationServer } from "./mcp-organization.js";
import { getValidAuth } from "./resolution.js";

/** @import { Asker } from "./asker.js" */
/** @import { Frame } from "./frames.js" */
/** @import { ExplicitConfig } from "./mcp-arguments.js" */
/** @import { Transport } from "./mcp-client.js" */
/** @import { Server } from "./mcp-names.js" */
/** @import { Services } from "./person.js" */

const CALL_SECONDS = 600; // Tools may work for minutes, and nothing may hang for ever.
const OAUTH_RIGHT = "oauth.token";

/**
 * @param {Services} services
 * @param {Frame} frame
 * @param {ExplicitConfig} config
 * @param {AbortSignal} signal
 * @returns {Promise<Server>}
 */
export async function connectExplicitServer(services, frame, config, signal) {
  if (!services.explicitServers) {
    throw new BridgeError("permission_denied", "This platform has MCP servers of the organization only: give mcpServerId.");
  }
  const { auth, transport, url } = config;
  if (auth.type === "platform") {
    // The person's session is for the gateway, and goes nowhere else.
    const id = transport === "direct" ? services.gateway.serverAt(url) : undefined;
    if (id === undefined) throw invalidRequest("auth of type platform is for MCP servers at the gateway's own address.");
    return await connectOrganizationServer(services, frame, id, signal);
  }
  const { requestedScopes } = frame.identity;
  if (auth.type === "oauth" && requestedScopes && !requestedScopes.includes(OAUTH_RIGHT)) {
    // Where the app says where a token goes, it could as well have the token.
    throw new BridgeError("permission_denied", `auth of type oauth needs ${OAUTH_RIGHT} in the requestedScopes of the manifest.`);
  }
  const asking = asker(frame);
  const carry = transport === "proxy" ? proxied(services, asking, url) : direct(services, url);
  const client = new McpClient(authorized(services, asking, config, carry));
  const info = await client.greet(signal);
  return {
    info,
    listTools: (stop) => client.listTools(stop),
    callTool: async (tool, args, stop) => toolAnswer(await client.callTool(tool, args, {}, stop)),
  };
}

/**
 * Puts the app's own token to each message, and a new one where the server refuses it. The app does not see it.
 *
 * @param {Services} services
 * @param {Asker} asking
 * @param {ExplicitConfig} config
 * @param {(token: string | undefined) => Transport} carry
 * @returns {Transport}
 */
function authorized(services, asking, { auth }, carry) {
  return async (message, headers, signal) => {
    if (auth.type !== "oauth") return admitted(await carry(undefined)(message, headers, signal));
    const { id, accessToken } = await getValidAuth(services, asking, { ...auth, prompt: "auto" }, signal);
    const answer = await carry(accessToken)(message, headers, signal);
    if (answer.status !== 401) return admitted(answer);
    const fresh = await services.gateway.refresh({ connectionId: id, application: asking.sent }, signal);
    return admitted(await carry(fresh.accessToken)(message, headers, signal));
  };
}

/** @param {{status: number, sessionId?: string, message?: any}} answer */
function admitted(answer) {
  if (answer.status === 401 || answer.status === 403) {
    throw new BridgeError("access_denied", `The MCP server refused the call with status ${answer.status}.`);
  }
  return answer;
}

/**
 * From this page, which knows the person: nothing of theirs goes along.
 *
 * @param {Services} services
 * @param {string} url
 * @returns {(token: string | undefined) => Transport}
 */
function direct({ ledger }, url) {
  return (token) => async (message, headers, signal) => {
    const stop = new AbortController();
    const releases = [
      ledger.hold("requests"),
      ledger.after(CALL_SECONDS * 1000, () => stop.abort()),
      ledger.whenAborted(signal, () => stop.abort(signal.reason)),
    ];
    try {
      const response = await fetch(url, {
        method: "POST",
        mode: "cors",
        credentials: "omit",
        redirect: "error",
        cache: "no-store",
        referrerPolicy: "no-referrer",
        signal: stop.signal,
        headers: {
          ...headers,
          accept: "application/json, text/event-stream",
          "content-type": "application/json",
          ...optional("authorization", token && `Bearer ${token}`),
        },
        body: JSON.stringify(message),
      });
      const sessionId = response.headers.get("mcp-session-id") ?? undefined;
      return { status: response.status, sessionId, message: await readAnswer(response) };
    } catch {
      signal.throwIfAborted();
      throw new BridgeError(
        "provider_unavailable",
        "The MCP server could not be reached from this page: it must allow the page's origin (CORS), and the page's policy the server.",
      );
    } finally {
      releases.forEach((release) => release());
    }
  };
}

/**
 * Through the gateway, for servers that no browser can call.
 *
 * @param {Services} services
 * @param {Asker} asking
 * @param {string} url
 * @returns {(token: string | undefined) => Transport}
 */
function proxied({ gateway }, asking, url) {
  const target = { "lanyard-application": applicationHeader(asking.sent), "lanyard-server-url": url };
  return (token) => async (message, headers, signal) => {
    const authorization = optional("lanyard-server-authorization", token && `Bearer ${token}`);
    const { value } = await gateway.message("/mcp/proxy", message, { ...headers, ...target, ...authorization }, signal);
    if (typeof value?.status === "number") return value;
    throw new BridgeError(
      value?.error?.code ?? "provider_unavailable", value?.error?.detail ?? "The gateway gave no answer that can be used.");
  };
}
