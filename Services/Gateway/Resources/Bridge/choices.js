/** @file The accounts that the person chose in this session of the page. In memory only. */

/** Remembers one Connection per Application and provider. */
export class Choices {
  /** @type {Map<string, string>} */
  #chosen = new Map();

  get count() {
    return this.#chosen.size;
  }

  /** @param {string} key @returns {string | undefined} */
  get(key) {
    return this.#chosen.get(key);
  }

  /** @param {string} key @param {string} connectionId */
  set(key, connectionId) {
    this.#chosen.set(key, connectionId);
  }

  /**
   * The Connection is gone.
   *
   * @param {string} connectionId
   */
  forget(connectionId) {
    for (const [key, chosen] of this.#chosen) {
      if (chosen === connectionId) this.#chosen.delete(key);
    }
  }
}
