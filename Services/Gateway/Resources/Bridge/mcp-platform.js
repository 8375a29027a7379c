/** @file Servers that the host's page brings along: its own functions, behind the same methods. */

import { BridgeError } from "./errors.js";

/** @import { Frame } from "./frames.js" */
/** @import { Server } from "./mcp-names.js" */
/** @import { PlatformServer } from "./options.js" */

const UNSTATED_VERSION = "1";

/**
 * @param {PlatformServer[]} servers
 * @param {string} name the id or the name of one
 */
export function findPlatformServer(servers, name) {
  return servers.find((server) => server.id === name || server.name === name);
}

/**
 * @param {PlatformServer} platform
 * @param {Frame} frame
 * @returns {Server}
 */
export function platformServer(platform, frame) {
  const { allowedTools } = platform;
  const allows = (/** @type {string} */ tool) => allowedTools === undefined || allowedTools.includes(tool);
  const context = (/** @type {AbortSignal} */ signal) =>
    Object.freeze({ applicationId: frame.identity.applicationId, appId: frame.registration?.appId, signal });
  return {
    info: { name: platform.name, version: platform.version ?? UNSTATED_VERSION },
    async listTools(signal) {
      const tools = await until(signal, () => platform.listTools(context(signal)));
      return tools.filter(({ name }) => allows(name));
    },
    async callTool(tool, args, signal) {
      if (!allows(tool)) {
        throw new BridgeError("policy_denied", `The platform does not allow the tool ${tool.slice(0, 64)} of ${platform.name}.`);
      }
      return await until(signal, () => platform.callTool(tool, args, context(signal)));
    },
  };
}

/**
 * The host's own code may fail in any way, and need not look at the signal.
 *
 * @template Value
 * @param {AbortSignal} signal
 * @param {() => Value | Promise<Value>} work
 * @returns {Promise<Value>}
 */
async function until(signal, work) {
  signal.throwIfAborted();
  let stop = () => {};
  const ended = new Promise((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return /** @type {Value} */ (await Promise.race([Promise.resolve().then(work), ended]));
  } catch (error) {
    if (signal.aborted || error instanceof BridgeError) throw error;
    console.error("A server of the platform failed.", error);
    throw new BridgeError("unavailable", "The platform's server failed.");
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
