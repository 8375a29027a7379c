/** @file Takes an app's messages from its port, runs the method, and answers exactly once. */

import { aborted, BridgeError, invalidRequest } from "./errors.js";
import { allow, methods } from "./methods.js";

/** @import { Frame } from "./frames.js" */
/** @import { Services } from "./person.js" */

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
    if (data.cancel === true) {
      frame.running.get(id)?.abort(aborted());
      return;
    }
    const { signal } = frame;
    const stop = new AbortController();
    const stopListening = services.ledger.whenAborted(signal, () => stop.abort(signal.reason));
    frame.pending += 1;
    pendingChanged();
    let answer;
    try {
      if (frame.pending > MAXIMUM_PENDING) {
        throw new BridgeError("rate_limited", `More than ${MAXIMUM_PENDING} calls are waiting.`);
      }
      if (!Object.hasOwn(methods, method)) throw invalidRequest(`There is no method ${String(method).slice(0, 64)}.`);
      allow(method, frame, strict);
      frame.running.set(id, stop);
      answer = { id, ok: true, result: await methods[method].run(services, frame, argument, stop.signal) };
    } catch (error) {
      if (!(error instanceof BridgeError) && !stop.signal.aborted) console.error("The bridge failed.", error);
      answer = { id, ok: false, error: BridgeError.wire(error) };
    } finally {
      stopListening();
      if (frame.running.get(id) === stop) frame.running.delete(id);
      frame.pending -= 1;
      pendingChanged();
    }
    // Whoever cancelled has settled the promise there.
    if (!stop.signal.aborted) send(answer, reply);
  };
}

/**
 * A result may be more than a message can hold: functions of a host's own server, or nesting without an end.
 *
 * @param {{id: number, ok: boolean, result?: any, error?: object}} answer
 * @param {(answer: object) => void} reply
 */
function send(answer, reply) {
  try {
    reply(answer);
  } catch (error) {
    console.error("The bridge could not pass a result on.", error);
    reply({ id: answer.id, ok: false, error: BridgeError.wire(error) });
  }
}
