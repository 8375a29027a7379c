/** @file One conversation with a person: which account, then consent in a window of the provider. */

import { BridgeError, unavailable } from "./errors.js";
import { FlowWatch } from "./flow-watch.js";
import { Popup } from "./popup.js";

/** @import { Gateway, FlowStatus } from "./gateway.js" */
/** @import { Ledger } from "./ledger.js" */

/**
 * - `choose`: several accounts; the person picks one or connects another
 * - `ask`: who asks for what; nothing is open yet
 * - `waiting`: the window is open
 * - `closed`: the window looks closed, which proves nothing once the provider's page has been in it
 * - `blocked`: the browser refused to open the window
 * - `working`: the answer is in, the token is being fetched
 *
 * @typedef {"choose" | "ask" | "waiting" | "closed" | "blocked" | "working"} Step
 */

/**
 * What is known of the Application that asks; shown to the person.
 *
 * @typedef {{id: string, appId?: string, name?: string, description?: string, icon?: string, homepage?: string}} ShownApplication
 */

/** @typedef {{id: string, url: string, expiresAt: string, consent?: any}} Flow */
/**
 * Settles what is being waited for.
 *
 * @typedef {{resolve: (value: any) => void, reject: (error: Error) => void}} Answer
 */

const cancelled = () => new BridgeError("user_cancelled", "The person cancelled; nothing was connected.");
const blocked = () =>
  new BridgeError("popup_blocked", "The browser blocked the provider's window, and it was not opened otherwise.");

/** Asks a person, by the host's own dialog or by ours, and waits for the answer. */
export class Conversation {
  #gateway;
  #ledger;
  #application;
  #serverName;
  #present;
  #signal;
  #ended = new AbortController();
  #presented = false;

  /** @type {Step} */
  #step = "working";
  /** @type {Flow | undefined} */
  #flow;
  /** @type {any[] | undefined} */
  #accounts;
  /** @type {Popup | undefined} */
  #popup;
  #wasOpened = false;
  /** @type {FlowWatch | undefined} */
  #watch;
  /** @type {Answer | undefined} */
  #answer;
  /**
   * Why the person's cancel rejects, once they have cancelled.
   *
   * @type {BridgeError | undefined}
   */
  #refusal;
  #request;

  /**
   * @param {{gateway: Gateway, ledger: Ledger, application: ShownApplication, serverName?: string, present: (request: any) => void, signal: AbortSignal}} parts
   *   `serverName`: the MCP server that the account is for. `signal`: nobody waits for the answer any more
   */
  constructor({ gateway, ledger, application, serverName, present, signal }) {
    this.#gateway = gateway;
    this.#ledger = ledger;
    this.#application = application;
    this.#serverName = serverName;
    this.#present = present;
    this.#signal = signal;
    this.#request = this.#makeRequest();
  }

  /**
   * Lets the person pick one of several accounts, or another one.
   *
   * @param {any[]} accounts descriptors
   * @param {Flow} flow for "another account"
   * @returns {Promise<string | undefined>} the Connection's id, or nothing for another account
   */
  async choose(accounts, flow) {
    this.#flow = flow;
    this.#accounts = accounts;
    try {
      return await this.#ask("choose");
    } catch (error) {
      this.#gateway.abandonFlow(flow);
      throw error;
    }
  }

  /**
   * Shows who asks for what, opens the provider's window on the person's click, and waits for the flow's end.
   *
   * @param {Flow} flow
   * @returns {Promise<string>} the Connection's id
   */
  async consent(flow) {
    this.#flow = flow;
    this.#accounts = undefined;
    this.#wasOpened = false;
    this.#refusal = undefined;
    this.#popup = new Popup(this.#ledger);
    this.#watch = new FlowWatch(this.#gateway, this.#ledger, flow);
    const watching = new AbortController();
    try {
      const connectionId = this.#ask("ask");
      const answer = this.#answer;
      this.#watch.end(watching.signal).then(
        (end) => this.#settle(end, answer),
        (error) => answer?.reject(error),
      );
      return await connectionId;
    } finally {
      watching.abort();
      if (this.#signal.aborted && !this.#wasOpened) this.#gateway.abandonFlow(flow);
      // Whoever has pressed "Continue" may finish, although the frame that asked is gone.
      if (this.#signal.aborted && this.#wasOpened) this.#popup.forget();
      else this.#popup.close();
      this.#watch = undefined;
      this.#popup = undefined;
    }
  }

  /**
   * The token is being fetched: nothing to press but "Cancel".
   *
   * @template Value
   * @param {Promise<Value>} work
   * @returns {Promise<Value>}
   */
  async working(work) {
    const asked = this.#ask("working");
    const answer = this.#answer;
    // Whichever comes second is not waited for any more.
    work.catch(() => {});
    asked.catch(() => {});
    try {
      return await Promise.race([work, asked]);
    } finally {
      answer?.reject(cancelled());
    }
  }

  /** The conversation is over: the dialog goes. */
  end() {
    this.#ended.abort();
  }

  /**
   * Shows a step and waits for the person.
   *
   * @param {Step} step
   * @returns {Promise<any>}
   */
  #ask(step) {
    return new Promise((resolve, reject) => {
      this.#signal.throwIfAborted();
      const stop = this.#ledger.whenAborted(this.#signal, () => reject(unavailable("The frame that asked is gone.")));
      const settle = (/** @type {(value: any) => void} */ how) => (/** @type {any} */ value) => {
        stop();
        if (this.#answer === answer) this.#answer = undefined;
        how(value);
      };
      const answer = { resolve: settle(resolve), reject: settle(reject) };
      this.#answer = answer;
      this.#show(step);
    });
  }

  /** @param {Step} step */
  #show(step) {
    if (this.#signal.aborted) return;
    this.#step = step;
    try {
      if (this.#presented) this.#request.onchange?.();
      else this.#present(this.#request);
      this.#presented = true;
    } catch (error) {
      console.error("The consent dialog failed.", error);
      this.#answer?.reject(unavailable("The host page could not show its consent dialog."));
    }
  }

  /** @param {FlowStatus} end @param {Answer | undefined} answer the one that waits for this flow */
  #settle(end, answer) {
    if (end.status === "completed" && end.connectionId) return answer?.resolve(end.connectionId);
    const { code = "provider_unavailable", message = "The account was not connected." } = end.error ?? {};
    const wasBlocked = this.#step === "blocked" && code === "flow_expired";
    const refusal = code === "user_cancelled" ? this.#refusal : wasBlocked ? blocked() : undefined;
    answer?.reject(refusal ?? new BridgeError(code, message));
  }

  /**
   * In the person's click: nothing may be awaited before the window opens.
   *
   * @returns {boolean} whether it opened
   */
  #open() {
    if (!this.#popup || !this.#flow || this.#step === "working") return false;
    const opened = this.#popup.open(this.#flow.url, this.#gateway.knownToken, {
      said: () => this.#watch?.nudge(),
      gone: (trusted) => this.#windowGone(trusted),
    });
    if (opened) this.#wasOpened = true;
    const step = opened ? "waiting" : "blocked";
    // Blocked again: what is shown stays, since the click goes on to the link in it.
    if (opened || this.#step !== step) this.#show(step);
    return opened;
  }

  /** The person followed the plain link that stands in for a blocked window. */
  #followed() {
    if (this.#step !== "blocked") return;
    this.#wasOpened = true;
    this.#show("waiting");
  }

  /** @param {boolean} trusted */
  async #windowGone(trusted) {
    const watch = this.#watch;
    const stage = trusted && this.#flow ? await this.#stage(this.#flow) : undefined;
    // The flow may have ended meanwhile: whoever waits for it has been told.
    if (!watch || this.#watch !== watch || this.#step !== "waiting") return;
    if (stage === "created") this.#cancel();
    else if (stage === "returned" || stage === "ended") watch.nudge();
    else this.#show("closed");
  }

  /**
   * How far the flow has come, or nothing where that cannot be learned now.
   *
   * @param {Flow} flow
   */
  async #stage(flow) {
    try {
      const status = await this.#gateway.flow(flow.id, 0, this.#ended.signal);
      return status.status === "pending" ? status.stage : "ended";
    } catch {
      return undefined;
    }
  }

  /** The person does not want to. The flow's first end stands, so it may have been completed a moment ago. */
  async #cancel() {
    const answer = this.#answer;
    if (!answer || this.#refusal) return;
    if (!this.#watch || !this.#flow) return answer.reject(cancelled());
    const refusal = this.#step === "blocked" ? blocked() : cancelled();
    this.#refusal = refusal;
    this.#show("working");
    const end = await this.#gateway.cancelFlow(this.#flow.id).catch(() => undefined);
    if (end?.status === "completed") this.#settle(end, answer);
    else answer.reject(refusal);
  }

  /** What the dialog sees. Also what a host gets for its own dialog, so its names are part of the API. */
  #makeRequest() {
    const self = this;
    return Object.seal({
      get step() {
        return self.#step;
      },
      get application() {
        return { ...self.#application };
      },
      get serverName() {
        return self.#serverName;
      },
      get consent() {
        return self.#flow?.consent;
      },
      get accounts() {
        return self.#accounts;
      },
      get url() {
        return self.#flow?.url;
      },
      get expiresAt() {
        return self.#flow?.expiresAt;
      },
      signal: this.#ended.signal,
      /** @type {(() => void) | undefined} */
      onchange: undefined,
      open: () => this.#open(),
      followed: () => this.#followed(),
      /** @param {string} connectionId */
      choose: (connectionId) => {
        if (this.#step !== "choose") return;
        if (this.#accounts?.some((account) => account.id === connectionId)) this.#answer?.resolve(connectionId);
      },
      connectAnother: () => {
        if (this.#step === "choose") this.#answer?.resolve(undefined);
      },
      cancel: () => {
        this.#cancel();
      },
    });
  }
}
