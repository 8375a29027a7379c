/** @file Equal calls at the same time are one call: one popup, one result. */

import { unavailable } from "./errors.js";

/** @import { Ledger } from "./ledger.js" */

/** @typedef {{result: Promise<any>, stop: AbortController, waiting: number}} Shared */

/** Runs work once for all who ask for the same. */
export class SharedCalls {
  #ledger;
  /** @type {Map<string, Shared>} */
  #running = new Map();

  /** @param {Ledger} ledger */
  constructor(ledger) {
    this.#ledger = ledger;
  }

  get count() {
    return this.#running.size;
  }

  /**
   * Joins the work of that key, or starts it. The work is stopped only when the last one who waits for it has gone.
   *
   * @template Value
   * @param {string} key
   * @param {AbortSignal} signal the caller is gone
   * @param {(signal: AbortSignal) => Promise<Value>} work
   * @returns {Promise<Value>}
   */
  async run(key, signal, work) {
    const shared = this.#running.get(key) ?? this.#start(key, work);
    shared.waiting += 1;
    let stop = () => {};
    const gone = new Promise((_, reject) => {
      stop = this.#ledger.whenAborted(signal, () => reject(unavailable("The frame that asked is gone.")));
    });
    try {
      return await Promise.race([shared.result, gone]);
    } finally {
      stop();
      shared.waiting -= 1;
      if (shared.waiting === 0) shared.stop.abort();
    }
  }

  /** @param {string} key @param {(signal: AbortSignal) => Promise<any>} work @returns {Shared} */
  #start(key, work) {
    const stop = new AbortController();
    const result = work(stop.signal);
    const shared = { result, stop, waiting: 0 };
    this.#running.set(key, shared);
    const forget = () => {
      if (this.#running.get(key) === shared) this.#running.delete(key);
    };
    // Stopped work takes no new callers while it winds down.
    stop.signal.addEventListener("abort", forget, { once: true });
    result.then(forget, forget);
    return shared;
  }
}
