/** @file Reads what an app passed to a method. A mistake is `invalid_request` and names the field. */

import { invalidRequest } from "./errors.js";
import { normalizedProviderUrl } from "./provider-url.js";

const MAXIMUM_TEXT = 512; // What the gateway takes for an identity or a shown text.
const MAXIMUM_SCOPES = 100; // More is a mistake: no provider's consent page shows so many.

/**
 * How an app names a provider. `key` is equal where two calls mean the same.
 *
 * @typedef {{fields: {providerUrl: string} | {integrationId: string}, key: string}} Selector
 */

/**
 * @typedef {object} ValidAuthCall
 * @property {Selector} selector
 * @property {string[]} [scopes] sorted, without repetitions
 * @property {"auto" | "select_account"} prompt
 * @property {string} [connectionKey]
 */

/**
 * @param {unknown} value
 * @returns {{appId: string, name: string, description?: string, icon?: string, homepage?: string}}
 */
export function readRegistration(value) {
  const fields = readObject(value, "register", ["appId", "name", "description", "icon", "homepage"]);
  const registration = { appId: readText(fields, "appId"), name: readText(fields, "name") };
  return {
    ...registration,
    ...optional("description", readOptionalText(fields, "description")),
    ...optional("icon", readOptionalWebUrl(fields, "icon")),
    ...optional("homepage", readOptionalWebUrl(fields, "homepage")),
  };
}

/** @param {unknown} value @returns {ValidAuthCall} */
export function readValidAuth(value) {
  const known = ["providerUrl", "integrationId", "scopes", "prompt", "connectionKey"];
  const fields = readObject(value, "getValidAuth", known);
  const prompt = fields.prompt ?? "auto";
  if (prompt !== "auto" && prompt !== "select_account") {
    throw invalidRequest('prompt must be "auto" or "select_account".');
  }
  return {
    selector: readSelector(fields),
    ...optional("scopes", readScopes(fields.scopes)),
    prompt,
    ...optional("connectionKey", readOptionalText(fields, "connectionKey")),
  };
}

/** @param {unknown} value @returns {Selector} */
export function readList(value) {
  return readSelector(readObject(value, "listAuth", ["providerUrl", "integrationId"]));
}

/**
 * The Connection that an `OAuthAuth` or a descriptor names; its other fields are not needed.
 *
 * @param {unknown} value
 * @param {string} method
 * @returns {string}
 */
export function readConnectionId(value, method) {
  if (!isObject(value)) throw invalidRequest(`${method} takes an auth object; its field id names the Connection.`);
  return readText(/** @type {Record<string, unknown>} */ (value), "id");
}

/** @param {Record<string, unknown>} fields @returns {Selector} */
export function readSelector(fields) {
  const providerUrl = readOptionalText(fields, "providerUrl");
  const integrationId = readOptionalText(fields, "integrationId");
  if (providerUrl !== undefined && integrationId !== undefined) {
    throw invalidRequest("Give only one of providerUrl and integrationId.");
  }
  if (providerUrl !== undefined) {
    const url = normalizedProviderUrl(providerUrl);
    return { fields: { providerUrl: url }, key: `url ${url}` };
  }
  if (integrationId === undefined) throw invalidRequest("Give one of providerUrl and integrationId.");
  return { fields: { integrationId }, key: `id ${integrationId}` };
}

/** @param {unknown} value @returns {string[] | undefined} */
export function readScopes(value) {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || value.length > MAXIMUM_SCOPES) {
    throw invalidRequest(`scopes must be a list of at most ${MAXIMUM_SCOPES} texts.`);
  }
  for (const scope of value) {
    if (typeof scope !== "string" || scope.length === 0 || scope.length > MAXIMUM_TEXT) {
      throw invalidRequest(`scopes must contain texts of 1 to ${MAXIMUM_TEXT} characters only.`);
    }
  }
  return [...new Set(value)].sort();
}

/**
 * @param {unknown} value
 * @param {string} method
 * @param {string[]} known
 * @returns {Record<string, unknown>}
 */
export function readObject(value, method, known) {
  if (!isObject(value)) throw invalidRequest(`${method} takes one object with its fields.`);
  const fields = /** @type {Record<string, unknown>} */ (value);
  const unknown = Object.keys(fields).find((field) => !known.includes(field) && fields[field] !== undefined);
  if (unknown !== undefined) {
    throw invalidRequest(`${method} does not know the field ${unknown.slice(0, 64)}; it takes ${known.join(", ")}.`);
  }
  return fields;
}

/** @param {Record<string, unknown>} fields @param {string} name @returns {string} */
export function readText(fields, name) {
  const text = readOptionalText(fields, name);
  if (text === undefined) throw invalidRequest(`${name} is missing.`);
  return text;
}

/** @param {Record<string, unknown>} fields @param {string} name @returns {string | undefined} */
export function readOptionalText(fields, name) {
  const text = fields[name];
  if (text === undefined || text === null) return undefined;
  if (typeof text !== "string" || text.trim().length === 0 || text.length > MAXIMUM_TEXT) {
    throw invalidRequest(`${name} must be a text of 1 to ${MAXIMUM_TEXT} characters.`);
  }
  if (/\p{Cc}/u.test(text)) throw invalidRequest(`${name} must not hold control characters.`);
  return text;
}

/** @param {Record<string, unknown>} fields @param {string} name @returns {string | undefined} */
function readOptionalWebUrl(fields, name) {
  const text = readOptionalText(fields, name);
  if (text !== undefined && !isWebUrl(text)) throw invalidRequest(`${name} must be an http or https URL.`);
  return text;
}

/** @param {string} text */
export function isWebUrl(text) {
  return /^https?:\/\//.test(text) && URL.canParse(text);
}

/** @param {unknown} value */
export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A field only where there is a value: the gateway takes no nulls.
 *
 * @template {string} Name @template Value
 * @param {Name} name @param {Value | undefined} value
 * @returns {{[key in Name]?: Value}}
 */
export function optional(name, value) {
  return /** @type {any} */ (value === undefined ? {} : { [name]: value });
}
