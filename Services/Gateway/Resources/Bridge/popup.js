/** @file The window in which the person signs in at the provider. */

import { handOver } from "./hand-over.js";
import { randomName } from "./random.js";

/** @import { Ledger, Release } from "./ledger.js" */

const WIDTH = 520;
const HEIGHT = 720;
const LOOK_MILLISECONDS = 400; // There is no event for a window that was closed.
// A window that was not seen open for this long was cut off from us (Cross-Origin-Opener-Policy, a blocker), not closed by a person.
// Seen, because a busy page looks late: what went at once must not count as open until then.
const SEEN_OPEN_MILLISECONDS = 600;

/** One flow's window. Opening must happen in the person's click, so nothing here waits before it. */
export class Popup {
  #ledger;
  #name = `lanyard-${randomName()}`;
  /** @type {Window | null} */
  #window = null;
  #openedAt = 0;
  /** @type {Release[]} */
  #releases = [];

  /** @param {Ledger} ledger */
  constructor(ledger) {
    this.#ledger = ledger;
  }

  /**
   * Opens the window, or brings it to the front where it is still there.
   *
   * @param {string} url of the connect page
   * @param {string | undefined} session of the person, who is handed over to the window with it
   * @param {{said: () => void, gone: (trusted: boolean) => void}} events `said`: the window's last page says that something
   *   happened. `gone`: it looks closed; `trusted` is false where it cannot have been a person.
   * @returns {boolean} false when the browser blocked it
   */
  open(url, session, events) {
    if (this.#window && !this.#window.closed) {
      this.#window.focus();
      return true;
    }
    this.#stopWatching();
    this.#window = window.open(session ? "" : url, this.#name, features());
    if (!this.#window) return false;
    if (session) handOver(this.#window, url, session);
    this.#openedAt = performance.now();
    this.#watch(events);
    return true;
  }

  /** Closes the window where it lets us, and stops watching it. */
  close() {
    this.forget();
    if (this.#window && !this.#window.closed) this.#window.close();
    this.#window = null;
  }

  /** Stops watching; the window stays for the person to finish in. */
  forget() {
    this.#stopWatching();
  }

  /** @param {{said: () => void, gone: (trusted: boolean) => void}} events */
  #watch({ said, gone }) {
    let seenOpen = this.#openedAt;
    const look = () => {
      if (!this.#window?.closed) {
        seenOpen = performance.now();
        return;
      }
      this.#stopWatching();
      gone(seenOpen - this.#openedAt >= SEEN_OPEN_MILLISECONDS);
    };
    const hear = (/** @type {MessageEvent} */ event) => {
      // Any page may have been loaded in that window: its word is good for one look at the server, and for nothing else.
      if (event.source === this.#window && event.data?.type === "lanyard.flow-ended") said();
    };
    this.#releases = [
      this.#ledger.hold("popups"),
      this.#ledger.every(LOOK_MILLISECONDS, look),
      this.#ledger.listen(window, "message", hear),
    ];
  }

  #stopWatching() {
    this.#releases.forEach((release) => release());
    this.#releases = [];
  }
}

/** In the middle of the host's window. */
function features() {
  const left = Math.round(window.screenX + Math.max(0, (window.outerWidth - WIDTH) / 2));
  const top = Math.round(window.screenY + Math.max(0, (window.outerHeight - HEIGHT) / 2));
  return `popup,width=${WIDTH},height=${HEIGHT},left=${left},top=${top}`;
}
