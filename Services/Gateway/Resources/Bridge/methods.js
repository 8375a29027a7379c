/** @file The methods of `window.charmiq`, on the host's side, and who may call them. */

import { readConnectionId, readList, readRegistration, readValidAuth } from "./arguments.js";
import { asker } from "./asker.js";
import { BridgeError } from "./errors.js";
import { mcpMethods } from "./mcp-methods.js";
import { getValidAuth } from "./resolution.js";

/** @import { Frame } from "./frames.js" */
/** @import { Services } from "./person.js" */

/**
 * `signal`: the frame's document is gone, or the app no longer wants the answer.
 *
 * @typedef {(services: Services, frame: Frame, argument: unknown, signal: AbortSignal) => Promise<any>} Method
 */

/** The right in an Application's manifest that each method needs. */
const TOKEN = "oauth.token";
const MANAGE = "oauth.manage";

/** @type {Record<string, {permission?: string, needsRegistration: boolean, run: Method}>} */
export const methods = {
  register: {
    needsRegistration: false,
    async run(_, frame, argument) {
      frame.registration = readRegistration(argument);
    },
  },
  getValidAuth: {
    permission: TOKEN,
    needsRegistration: true,
    async run(services, frame, argument, signal) {
      return await getValidAuth(services, asker(frame), readValidAuth(argument), signal);
    },
  },
  refreshAuth: {
    permission: TOKEN,
    needsRegistration: true,
    async run({ gateway }, frame, argument, signal) {
      const connectionId = readConnectionId(argument, "refreshAuth");
      return await gateway.refresh({ connectionId, application: asker(frame).sent }, signal);
    },
  },
  listAuth: {
    permission: MANAGE,
    needsRegistration: true,
    async run({ gateway }, frame, argument, signal) {
      const selector = readList(argument);
      const page = await gateway.list({ ...selector.fields, application: asker(frame).sent }, signal);
      return page.items;
    },
  },
  revokeAuth: {
    permission: MANAGE,
    needsRegistration: true,
    async run({ gateway, choices }, frame, argument, signal) {
      const connectionId = readConnectionId(argument, "revokeAuth");
      await gateway.revoke({ connectionId, application: asker(frame).sent }, signal);
      choices.forget(connectionId);
    },
  },
  ...mcpMethods,
};

/**
 * Whether the Application may call the method at all.
 *
 * @param {string} name
 * @param {Frame} frame
 * @param {boolean} strict `register` must have been called
 * @throws {BridgeError} `permission_denied` or `not_registered`
 */
export function allow(name, frame, strict) {
  const { permission, needsRegistration } = methods[name];
  const { requestedScopes } = frame.identity;
  if (permission && requestedScopes && !requestedScopes.includes(permission)) {
    throw new BridgeError("permission_denied", `${name} needs ${permission} in the requestedScopes of the manifest.`);
  }
  if (strict && needsRegistration && !frame.registration) {
    throw new BridgeError("not_registered", `Call charmiq.oauth.register before ${name}.`);
  }
}
