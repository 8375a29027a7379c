/** @file How a flow ended, learned from the server. Popup messages only make it look sooner. */

import { BridgeError } from "./errors.js";

/** @import { Gateway, FlowStatus } from "./gateway.js" */
/** @import { Ledger } from "./ledger.js" */

const POLL_SECONDS = 25; // The longest wait that the gateway offers.
const QUICK_ANSWER_MILLISECONDS = 1000; // "Still pending" sooner than this is no long-poll: do not spin on it.
const FIRST_BACKOFF_MILLISECONDS = 500;
const LONGEST_BACKOFF_MILLISECONDS = 8000;
const NUDGE_MILLISECONDS = 500; // At most one extra look in this time, however many messages come.
const TROUBLE_MARGIN_SECONDS = 30; // The server's clock and ours may differ a little.
const SHORTEST_TROUBLE_SECONDS = 60; // Also when our clock is wrong: an outage of a minute is ridden out.
const LONGEST_TROUBLE_SECONDS = 3600; // No flow lives longer.

/** Waits for the end of one flow. */
export class FlowWatch {
  #gateway;
  #ledger;
  #flow;
  /** @type {AbortController | undefined} */
  #round;
  #nudged = false;
  #lastNudge = -Infinity;

  /** @param {Gateway} gateway @param {Ledger} ledger @param {{id: string, expiresAt: string}} flow */
  constructor(gateway, ledger, flow) {
    this.#gateway = gateway;
    this.#ledger = ledger;
    this.#flow = flow;
  }

  /** Something happened: look now instead of waiting for the poll or the pause. */
  nudge() {
    if (performance.now() - this.#lastNudge < NUDGE_MILLISECONDS) return;
    this.#lastNudge = performance.now();
    this.#nudged = true;
    this.#round?.abort();
  }

  /**
   * The flow's end.
   *
   * @param {AbortSignal} signal nobody wants to know any more
   * @returns {Promise<FlowStatus>} completed or failed
   */
  async end(signal) {
    const giveUpAt = performance.now() + this.#patienceSeconds() * 1000;
    let failures = 0;
    for (;;) {
      signal.throwIfAborted();
      const began = performance.now();
      const waitSeconds = this.#nudged ? 0 : POLL_SECONDS;
      this.#nudged = false;
      const round = new AbortController();
      this.#round = round;
      const stop = this.#ledger.whenAborted(signal, () => round.abort());
      try {
        const status = await this.#gateway.flow(this.#flow.id, waitSeconds, round.signal);
        if (status.status !== "pending") return status;
        failures = 0;
        const early = waitSeconds > 0 && performance.now() - began < QUICK_ANSWER_MILLISECONDS;
        if (early) await this.#ledger.pause(QUICK_ANSWER_MILLISECONDS, round.signal);
      } catch (error) {
        if (round.signal.aborted) continue;
        if (!isPassing(error) || performance.now() > giveUpAt) throw error;
        await this.#ledger.pause(backoff(failures, error), round.signal);
        failures += 1;
      } finally {
        stop();
        this.#round = undefined;
      }
    }
  }

  #patienceSeconds() {
    const remaining = (Date.parse(this.#flow.expiresAt) - Date.now()) / 1000;
    const bounded = Math.min(Math.max(remaining || 0, SHORTEST_TROUBLE_SECONDS), LONGEST_TROUBLE_SECONDS);
    return bounded + TROUBLE_MARGIN_SECONDS;
  }
}

/**
 * No answer, too many polls, or a server in trouble: asking again may help.
 *
 * @param {unknown} error
 */
function isPassing(error) {
  if (!(error instanceof BridgeError)) return false;
  if (error.status === undefined) return error.code === "provider_unavailable";
  return error.status === 408 || error.status === 429 || error.status >= 500;
}

/** @param {number} failures @param {unknown} error */
function backoff(failures, error) {
  const asked = error instanceof BridgeError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
  const growing = FIRST_BACKOFF_MILLISECONDS * 2 ** Math.min(failures, 10) * (0.5 + Math.random());
  return Math.min(Math.max(asked, growing), LONGEST_BACKOFF_MILLISECONDS);
}
