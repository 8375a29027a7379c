/** @file The iframes that were attached, and the handshake that ties a port to one document in one of them. */

import { DocumentNonces, inlineBridge } from "./documents.js";
import { unavailable } from "./errors.js";
import { ServerNames } from "./mcp-names.js";

/** @import { Ledger, Release } from "./ledger.js" */

const PROTOCOL = 1;
const LOADED_GRACE_MILLISECONDS = 1000; // A load event that has come may have been that of the document before.
const LOAD_WITHIN_MILLISECONDS = 10_000; // The frame may live in another process: its load event reaches us later, on a busy machine by seconds.
const ALIVE_WHILE_LOADING_MILLISECONDS = 10_000; // The document's main thread may be busy with itself.
const ALIVE_MILLISECONDS = 2000; // When its own load event has most likely come.

/**
 * Who an Application is, as the host page says. Never taken from a message.
 *
 * @typedef {{applicationId: string, name?: string, icon?: string, homepage?: string, description?: string, requestedScopes?: string[]}} Identity
 */

/** @typedef {"reloaded" | "removed"} VoidReason */

/** One attached iframe. */
export class Frame {
  #ledger;
  #scriptNonce;
  #onMessage;
  /** @type {Release[]} */
  #releases;
  /** @type {MessagePort | undefined} */
  #port;
  #closePort = () => {};
  /**
   * How far the connected document is. Once "loaded", every load event is another document's.
   *
   * @type {"loading" | "said loaded" | "loaded"}
   */
  #progress = "loading";
  #stopWaiting = () => {};
  #stopGrace = () => {};
  /** Whether a load event has come since the host gave the frame its document. */
  #loadCame = false;
  #connection = new AbortController();

  nonces = new DocumentNonces();
  /**
   * What the document declared of itself; gone with the document.
   *
   * @type {any}
   */
  registration;
  /** Calls that are being worked on. */
  pending = 0;
  /**
   * The same calls by the ids that the document gave them, to end one of them.
   *
   * @type {Map<number, AbortController>}
   */
  running = new Map();
  /** MCP servers under the names that the document gave them; gone with the document. */
  servers = new ServerNames();
  /**
   * The host's own handler, for what the host did not do itself.
   *
   * @type {((reason: VoidReason) => void) | undefined}
   */
  onVoid;

  /**
   * @param {HTMLIFrameElement} iframe
   * @param {Identity} identity
   * @param {{ledger: Ledger, scriptNonce?: string, onMessage: (frame: Frame, data: any, reply: (answer: object) => void) => void}} parts
   */
  constructor(iframe, identity, { ledger, scriptNonce, onMessage }) {
    this.iframe = iframe;
    this.identity = identity;
    this.#ledger = ledger;
    this.#scriptNonce = scriptNonce;
    this.#onMessage = onMessage;
    this.#releases = [ledger.listen(iframe, "load", () => this.#loaded())];
  }

  /** Aborts when the document that has the port now is gone. */
  get signal() {
    return this.#connection.signal;
  }

  get isConnected() {
    return this.#port !== undefined;
  }

  /**
   * A document for this frame, which the host shows next.
   *
   * @param {string} html
   */
  document(html) {
    this.#loadCame = false;
    return inlineBridge(html, this.nonces.issue(), this.#scriptNonce);
  }

  /** @param {string} html */
  load(html) {
    this.void();
    this.nonces.clear();
    this.iframe.srcdoc = this.document(html);
  }

  /**
   * Answers a document's first word with its end of a new port. Nothing secret is in that answer: a document of an opaque
   * origin can only be addressed with "*".
   */
  connect() {
    this.void();
    const channel = new MessageChannel();
    const port = channel.port1;
    const closePort = this.#ledger.hold("ports", () => port.close());
    const stopListening = this.#ledger.listen(port, "message", (event) => this.#hear(event.data, port));
    this.#port = port;
    this.#closePort = () => [stopListening, closePort].forEach((release) => release());
    this.#progress = "loading";
    this.#connection = new AbortController();
    port.start();
    this.iframe.contentWindow?.postMessage({ type: "lanyard.port", v: PROTOCOL }, "*", [channel.port2]);
  }

  /** @param {any} data @param {MessagePort} port */
  #hear(data, port) {
    if (data?.alive === true) this.#lives();
    else if (data?.loaded === true) this.#saidLoaded();
    else this.#onMessage(this, data, (answer) => port.postMessage({ v: PROTOCOL, ...answer }));
  }

  /** The document that has the port must not go on: its port closes and what it waits for ends. */
  void() {
    const port = this.#port;
    if (!port) return;
    this.#port = undefined;
    port.postMessage({ v: PROTOCOL, void: true });
    this.#closePort();
    this.#stopWaiting();
    this.#stopGrace();
    this.registration = undefined;
    this.servers.clear();
    this.#connection.abort(unavailable("The frame that asked is gone."));
  }

  /** The document that had the port has gone by itself, and the host may want to load it again. */
  lost() {
    if (!this.#port) return;
    this.void();
    this.onVoid?.(this.iframe.isConnected ? "reloaded" : "removed");
  }

  detach() {
    this.void();
    this.nonces.clear();
    this.#releases.forEach((release) => release());
  }

  /**
   * A document in this frame has loaded: the connected one, or another in its place. Which one, the event does not say, and a
   * frame in another process may say hello before or after it. So the first is asked for a sign of life over its port, which no
   * other document has; once it has said that it has loaded, and its load event has had its time, every further load ends it at
   * once.
   */
  #loaded() {
    const isFurther = this.#loadCame;
    this.#loadCame = true;
    if (!this.#port) return;
    if (this.#progress === "loaded") {
      this.lost();
      return;
    }
    const isLikelyForeign = isFurther && this.#progress === "said loaded";
    this.#wait(isLikelyForeign ? ALIVE_MILLISECONDS : ALIVE_WHILE_LOADING_MILLISECONDS, () => this.lost());
    this.#port.postMessage({ v: PROTOCOL, alive: true });
  }

  #saidLoaded() {
    if (this.#progress !== "loading") return;
    this.#progress = "said loaded";
    this.#awaitLoad(this.#loadCame ? LOADED_GRACE_MILLISECONDS : LOAD_WITHIN_MILLISECONDS);
  }

  /**
   * The sign of life that a load event asked for. The event may have been that of the document before, and the own one may follow
   * it: until that has had its time, a load is asked about and does not end the connection.
   */
  #lives() {
    this.#stopWaiting();
    if (this.#progress === "said loaded") this.#awaitLoad(LOADED_GRACE_MILLISECONDS);
  }

  /**
   * Gives the connected document's own load event its time.
   *
   * @param {number} milliseconds
   */
  #awaitLoad(milliseconds) {
    this.#stopGrace();
    this.#stopGrace = this.#ledger.after(milliseconds, () => (this.#progress = "loaded"));
  }

  /**
   * One wait at a time: the last one counts.
   *
   * @param {number} milliseconds
   * @param {() => void} then
   */
  #wait(milliseconds, then) {
    this.#stopWaiting();
    this.#stopWaiting = this.#ledger.after(milliseconds, then);
  }
}

/** All frames of one bridge, and the one listener for their first words. */
export class Frames {
  #ledger;
  /** @type {Set<Frame>} */
  #frames = new Set();
  /** For documents that were made before their frame was attached. */
  #shared = new DocumentNonces();
  #stopListening = () => {};

  /** @param {Ledger} ledger */
  constructor(ledger) {
    this.#ledger = ledger;
  }

  get all() {
    return [...this.#frames];
  }

  get unusedNonces() {
    return this.all.reduce((sum, frame) => sum + frame.nonces.count, this.#shared.count);
  }

  /** @param {string} html @param {string} [scriptNonce] */
  document(html, scriptNonce) {
    return inlineBridge(html, this.#shared.issue(), scriptNonce);
  }

  /** @param {Frame} frame */
  add(frame) {
    if (this.#frames.size === 0) {
      this.#stopListening = this.#ledger.listen(window, "message", (event) => this.#hear(event));
    }
    this.#frames.add(frame);
  }

  /** @param {Frame} frame */
  remove(frame) {
    if (!this.#frames.delete(frame)) return;
    frame.detach();
    if (this.#frames.size === 0) this.#stopListening();
  }

  close() {
    this.all.forEach((frame) => this.remove(frame));
    this.#shared.clear();
  }

  /**
   * A document says hello. Counts only from the very window of an attached iframe, and only with a nonce that we put in a
   * document and that nobody has used. The origin says nothing: it is "null" for every sandboxed frame.
   *
   * @param {MessageEvent} event
   */
  #hear(event) {
    const { source, data } = event;
    if (!source || typeof data !== "object" || data === null) return;
    if (data.type !== "lanyard.hello" || data.v !== PROTOCOL || typeof data.nonce !== "string") return;
    const frame = this.all.find((each) => each.iframe.contentWindow === source);
    if (!frame) return;
    if (frame.nonces.use(data.nonce) || this.#shared.use(data.nonce)) frame.connect();
  }
}
