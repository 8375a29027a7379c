/** @file One person, one dialog: whoever needs the person waits for a turn. */

/** A queue of those who want to ask the person. */
export class Turns {
  /** @type {Promise<void>} */
  #last = Promise.resolve();
  #ahead = 0;

  /**
   * Waits until everyone before has finished.
   *
   * @param {AbortSignal} signal gives the place up
   * @returns {Promise<{waited: boolean, finish: () => void}>}
   */
  async take(signal) {
    const before = this.#last;
    const waited = this.#ahead > 0;
    this.#ahead += 1;
    /** @type {() => void} */
    let open = () => {};
    this.#last = new Promise((resolve) => (open = resolve));
    const finish = () => {
      this.#ahead -= 1;
      open();
    };
    await before;
    if (signal.aborted) {
      finish();
      signal.throwIfAborted();
    }
    return { waited, finish };
  }
}
