/** @file The app's document, with the app side of the bridge inlined before any script of the app. */

import { appSource } from "./app-source.js";
import { randomName } from "./random.js";

const MAXIMUM_UNUSED = 64; // Documents that were made and never loaded: the oldest are forgotten.

/** One-time names of documents. Whoever says one, from the right window, is that document. */
export class DocumentNonces {
  /** @type {Set<string>} */
  #unused = new Set();

  get count() {
    return this.#unused.size;
  }

  /** @returns {string} */
  issue() {
    const nonce = randomName();
    this.#unused.add(nonce);
    if (this.#unused.size > MAXIMUM_UNUSED) this.#unused.delete(/** @type {string} */ (this.#unused.values().next().value));
    return nonce;
  }

  /**
   * Works once.
   *
   * @param {string} nonce
   * @returns {boolean}
   */
  use(nonce) {
    return this.#unused.delete(nonce);
  }

  clear() {
    this.#unused.clear();
  }
}

/**
 * Puts the app side in front. A `srcdoc` document is never in quirks mode, so only a leading doctype stays before it.
 *
 * @param {string} html
 * @param {string} bridgeNonce says which document this is; goes away with the script element
 * @param {string} [scriptNonce] of the host's Content-Security-Policy, which a `srcdoc` document inherits
 * @returns {string}
 */
export function inlineBridge(html, bridgeNonce, scriptNonce) {
  const attributes = scriptNonce === undefined ? "" : ` nonce="${attribute(scriptNonce)}"`;
  // The only sequences that end or confuse a script element (HTML, "Restrictions for contents of script elements").
  const source = appSource.replace(/<(?=\/script|script|!--)/gi, "\\x3C");
  const script = `<script${attributes} data-lanyard-nonce="${bridgeNonce}">${source}</script>`;
  const doctype = /^\uFEFF?\s*<!doctype[^>]*>/i.exec(html)?.[0] ?? "";
  return doctype + script + html.slice(doctype.length);
}

/** @param {string} text */
function attribute(text) {
  return text.replace(/&/g, "&amp;").replace(/"/g, "&quot;");
}
