/** @file When two provider URLs mean the same provider. */

import { invalidRequest } from "./errors.js";

/**
 * Lower-case scheme and host, no default port, no trailing slash, no fragment.
 *
 * @param {string} text
 * @returns {string}
 */
export function normalizedProviderUrl(text) {
  let url;
  try {
    url = new URL(text);
  } catch {
    throw invalidRequest("providerUrl is not a URL.");
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw invalidRequest("providerUrl must be an http or https URL.");
  }
  if (url.username || url.password) throw invalidRequest("providerUrl must not carry a user name or password.");
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}${url.search}`;
}
