/** @file The methods of `window.charmiq.oauth`, on the host's side. */

import { optional, readConnectionId, readList, readRegistration, readValidAuth } from "./arguments.js";
import { isWebUrl } from "./arguments.js";
import { BridgeError } from "./errors.js";
import { getValidAuth } from "./resolution.js";

/** @import { Frame } from "./frames.js" */
/** @import { Asker, Services } from "./resolution.js" */

/** @typedef {(services: Services, frame: Frame, argument: unknown) => Promise<any>} Method */

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
    async run(services, frame, argument) {
      return await getValidAuth(services, asker(frame), readValidAuth(argument), frame.signal);
    },
  },
  refreshAuth: {
    permission: TOKEN,
    needsRegistration: true,
    async run({ gateway }, frame, argument) {
      const connectionId = readConnectionId(argument, "refreshAuth");
      return await gateway.refresh({ connectionId, application: asker(frame).sent }, frame.signal);
    },
  },
  listAuth: {
    permission: MANAGE,
    needsRegistration: true,
    async run({ gateway }, frame, argument) {
      const selector = readList(argument);
      const page = await gateway.list({ ...selector.fields, application: asker(frame).sent }, frame.signal);
      return page.items;
    },
  },
  revokeAuth: {
    permission: MANAGE,
    needsRegistration: true,
    async run({ gateway, choices }, frame, argument) {
      const connectionId = readConnectionId(argument, "revokeAuth");
      await gateway.revoke({ connectionId, application: asker(frame).sent }, frame.signal);
      choices.forget(connectionId);
    },
  },
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

/**
 * The host says who the Application is; the Application declares its `appId`, and whatever the host left open.
 *
 * @param {Frame} frame
 * @returns {Asker}
 */
function asker({ identity, registration = {} }) {
  const pick = (/** @type {"name" | "description" | "icon" | "homepage"} */ field) => identity[field] ?? registration[field];
  const shown = {
    id: identity.applicationId,
    ...optional("appId", registration.appId),
    ...optional("name", pick("name")),
    ...optional("description", pick("description")),
    ...optional("icon", pick("icon")),
    ...optional("homepage", pick("homepage")),
  };
  // A host's own icon may be a data: URL; the gateway takes web addresses only.
  const { icon, ...rest } = shown;
  return { shown, sent: icon !== undefined && isWebUrl(icon) ? shown : rest };
}
