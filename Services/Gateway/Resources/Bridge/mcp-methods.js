/** @file The methods of `window.charmiq.mcp`, on the host's side. */

import { optional, readObject } from "./arguments.js";
import { asker } from "./asker.js";
import { invalidRequest } from "./errors.js";
import { readCall, readConnect, readName } from "./mcp-arguments.js";
import { connectExplicitServer } from "./mcp-explicit.js";
import { notConnected } from "./mcp-names.js";
import { connectOrganizationServer } from "./mcp-organization.js";
import { findPlatformServer, platformServer } from "./mcp-platform.js";

/** @import { Frame } from "./frames.js" */
/** @import { ServerConfig } from "./mcp-arguments.js" */
/** @import { Server } from "./mcp-names.js" */
/** @import { Method } from "./methods.js" */
/** @import { Services } from "./person.js" */

/** @type {Record<string, {needsRegistration: boolean, run: Method}>} */
export const mcpMethods = {
  "mcp.listServers": {
    needsRegistration: true,
    async run({ gateway, platformServers }, frame, argument, signal) {
      readObject(argument ?? {}, "mcp.listServers", []);
      const page = await gateway.listServers({ application: asker(frame).sent }, signal);
      return [
        ...platformServers.map((server) => ({ ...described(server), isPlatform: true })),
        ...page.items.map(described),
      ];
    },
  },
  "mcp.connect": {
    needsRegistration: true,
    async run(services, frame, argument, signal) {
      const { name, config } = readConnect(argument);
      if (findPlatformServer(services.platformServers, name)) {
        throw invalidRequest(`connectionName must not be ${name}: a server of the platform has this name.`);
      }
      frame.servers.requireRoom(name);
      const server = await connect(services, frame, config, signal);
      // The document may be gone, or the app may have given up, while the person was asked.
      signal.throwIfAborted();
      frame.servers.set(name, server);
      return server.info;
    },
  },
  "mcp.disconnect": {
    needsRegistration: true,
    async run(_, frame, argument) {
      frame.servers.delete(readName(argument, "mcp.disconnect"));
    },
  },
  "mcp.listTools": {
    needsRegistration: true,
    async run(services, frame, argument, signal) {
      const name = readName(argument, "mcp.listTools");
      return await at(services, frame, name, signal, (server, stop) => server.listTools(stop));
    },
  },
  "mcp.callTool": {
    needsRegistration: true,
    async run(services, frame, argument, signal) {
      const { name, tool, args } = readCall(argument);
      return await at(services, frame, name, signal, (server, stop) => server.callTool(tool, args, stop));
    },
  },
};

/**
 * All that an app learns of a server: never where it is, nor how it is called.
 *
 * @param {{id: string, name: string, allowedTools?: string[]}} server
 */
function described({ id, name, allowedTools }) {
  return { id, name, ...optional("allowedTools", allowedTools) };
}

/**
 * @param {Services} services @param {Frame} frame @param {ServerConfig} config @param {AbortSignal} signal
 * @returns {Promise<Server>}
 */
async function connect(services, frame, config, signal) {
  if (!("mcpServerId" in config)) return await connectExplicitServer(services, frame, config, signal);
  const platform = services.platformServers.find(({ id }) => id === config.mcpServerId);
  if (platform) return platformServer(platform, frame);
  return await connectOrganizationServer(services, frame, config.mcpServerId, signal);
}

/**
 * Does something at a server, for as long as it is connected.
 *
 * @template Value
 * @param {Services} services
 * @param {Frame} frame
 * @param {string} name
 * @param {AbortSignal} signal
 * @param {(server: Server, signal: AbortSignal) => Promise<Value>} work
 * @returns {Promise<Value>}
 */
async function at(services, frame, name, signal, work) {
  const platform = findPlatformServer(services.platformServers, name);
  if (platform) return await work(platformServer(platform, frame), signal);
  const named = frame.servers.get(name);
  if (!named) throw notConnected(name);
  const stop = new AbortController();
  const releases = [signal, named.end.signal].map((each) =>
    services.ledger.whenAborted(each, () => stop.abort(each.reason)));
  try {
    return await work(named.server, stop.signal);
  } finally {
    releases.forEach((release) => release());
  }
}
