/** @file Takes an app's messages from its port, runs the method, and answers exactly once. */

import { BridgeError, invalidRequest } from "./errors.js";
import { allow, methods } from "./methods.js";

/** @import { Frame } from "./frames.js" */
/** @import { Services } from "./resolution.js" */

const MAXIMUM_PENDING = 64; // For one frame: far more than an app has use for, and little to hold.

/**
 * @param {Services} services
 * @param {boolean} strict
 * @param {() => void} pendingChanged
 * @returns {(frame: Frame, data: any, reply: (answer: object) => void) => Promise<void>}
 */
export function takeCalls(services, strict, pendingChanged) {
  return async (frame, data, reply) => {
    if (typeof data !== "object" || data === null || !Number.isSafeInteger(data.id)) return;
    const { id, method, argument } = data;
    const { signal } = frame;
    frame.pending += 1;
    pendingChanged();
    let answer;
    try {
      if (frame.pending > MAXIMUM_PENDING) {
        throw new BridgeError("rate_limited", `More than ${MAXIMUM_PENDING} calls are waiting.`);
      }
      if (!Object.hasOwn(methods, method)) throw invalidRequest(`There is no method ${String(method).slice(0, 64)}.`);
      allow(method, frame, strict);
      answer = { id, ok: true, result: await methods[method].run(services, frame, argument) };
    } catch (error) {
      if (!(error instanceof BridgeError) && !signal.aborted) console.error("The bridge failed.", error);
      answer = { id, ok: false, error: BridgeError.wire(error) };
    } finally {
      frame.pending -= 1;
      pendingChanged();
    }
    if (!signal.aborted) reply(answer);
  };
}
