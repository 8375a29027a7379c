/** @file The one error that reaches an app: a code for programs and a sentence for people. */

/** An error with a stable `code`; what an app's promise rejects with. */
export class BridgeError extends Error {
  /**
   * @param {string} code what happened, for programs
   * @param {string} message what to do about it, for people
   * @param {{status?: number, retryAfterSeconds?: number}} [details] what the gateway said besides; stays in this page
   */
  constructor(code, message, details = {}) {
    super(message);
    this.name = "BridgeError";
    this.code = code;
    this.status = details.status;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }

  /**
   * What crosses to the app: code and message, nothing of the inside.
   *
   * @param {unknown} error
   */
  static wire(error) {
    if (error instanceof BridgeError) return { code: error.code, message: error.message };
    return { code: "internal_error", message: "Something went wrong in the bridge of this page." };
  }
}

/**
 * A mistake in what an app or a host passed.
 *
 * @param {string} message names the field
 */
export const invalidRequest = (message) => new BridgeError("invalid_request", message);

/**
 * The frame, its document or the bridge is gone.
 *
 * @param {string} message
 */
export const unavailable = (message) => new BridgeError("bridge_unavailable", message);

/** The app no longer wants the answer. */
export const aborted = () => new BridgeError("aborted", "The app gave the call up.");
