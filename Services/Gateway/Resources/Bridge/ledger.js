/** @file Everything that must be given back: listeners, timers, ports, requests, dialogs. Counted, so that a leak shows. */

/**
 * Gives one thing back; a second call does nothing.
 *
 * @typedef {() => void} Release
 */

/** Hands out what a page can leak and counts what is still out. */
export class Ledger {
  #held = { listeners: 0, timers: 0, ports: 0, requests: 0, dialogs: 0, popups: 0 };

  /**
   * Notes one thing as held until the release is called.
   *
   * @param {"listeners" | "timers" | "ports" | "requests" | "dialogs" | "popups"} kind
   * @param {Release} [giveBack] what to do when it is released
   * @returns {Release}
   */
  hold(kind, giveBack = () => {}) {
    this.#held[kind] += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#held[kind] -= 1;
      giveBack();
    };
  }

  /**
   * @param {EventTarget} target
   * @param {string} type
   * @param {(event: any) => void} handler
   * @param {AddEventListenerOptions} [options]
   * @returns {Release}
   */
  listen(target, type, handler, options) {
    target.addEventListener(type, handler, options);
    return this.hold("listeners", () => target.removeEventListener(type, handler, options));
  }

  /**
   * Calls once, after some milliseconds.
   *
   * @param {number} milliseconds
   * @param {() => void} callback
   * @returns {Release}
   */
  after(milliseconds, callback) {
    const timer = setTimeout(() => {
      release();
      callback();
    }, milliseconds);
    const release = this.hold("timers", () => clearTimeout(timer));
    return release;
  }

  /**
   * Calls again and again.
   *
   * @param {number} milliseconds
   * @param {() => void} callback
   * @returns {Release}
   */
  every(milliseconds, callback) {
    const timer = setInterval(callback, milliseconds);
    return this.hold("timers", () => clearInterval(timer));
  }

  /**
   * Calls when the signal aborts, at once if it has.
   *
   * @param {AbortSignal} signal
   * @param {() => void} callback
   * @returns {Release}
   */
  whenAborted(signal, callback) {
    if (signal.aborted) {
      callback();
      return () => {};
    }
    return this.listen(signal, "abort", callback, { once: true });
  }

  /**
   * Waits; ends early, without an error, when the signal aborts.
   *
   * @param {number} milliseconds
   * @param {AbortSignal} signal
   * @returns {Promise<void>}
   */
  pause(milliseconds, signal) {
    return new Promise((resolve) => {
      const done = () => {
        stopTimer();
        stopListening();
        resolve();
      };
      const stopTimer = this.after(milliseconds, () => done());
      const stopListening = this.whenAborted(signal, () => queueMicrotask(done));
    });
  }

  /** How many of each kind are out. */
  counts() {
    return { ...this.#held };
  }
}
