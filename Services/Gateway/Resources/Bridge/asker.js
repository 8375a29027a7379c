/** @file Who asks: the Application as the host says it, with what it declares of itself. */

import { isWebUrl, optional } from "./arguments.js";

/** @import { Frame } from "./frames.js" */
/** @import { ShownApplication } from "./conversation.js" */

/**
 * `sent` goes to the gateway, `shown` to the person.
 *
 * @typedef {{sent: ShownApplication, shown: ShownApplication}} Asker
 */

/**
 * The host says who the Application is; the Application declares its `appId`, and whatever the host left open.
 *
 * @param {Frame} frame
 * @returns {Asker}
 */
export function asker({ identity, registration = {} }) {
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
