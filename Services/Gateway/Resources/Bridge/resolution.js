/** @file `getValidAuth`: a token at once where there is one, otherwise a person is asked. */

import { optional } from "./arguments.js";
import { Conversation } from "./conversation.js";
import { BridgeError } from "./errors.js";

/** @import { ValidAuthCall } from "./arguments.js" */
/** @import { ShownApplication } from "./conversation.js" */
/** @import { Gateway } from "./gateway.js" */
/** @import { Ledger } from "./ledger.js" */
/** @import { Choices } from "./choices.js" */
/** @import { SharedCalls } from "./sharing.js" */
/** @import { Turns } from "./turns.js" */

/**
 * What all calls of one bridge share.
 *
 * @typedef {{gateway: Gateway, ledger: Ledger, choices: Choices, shared: SharedCalls, turns: Turns, present: (request: any) => void}} Services
 */
/**
 * Who asks: `sent` goes to the gateway, `shown` to the person.
 *
 * @typedef {{sent: ShownApplication, shown: ShownApplication}} Asker
 */

/**
 * @param {Services} services
 * @param {Asker} asker
 * @param {ValidAuthCall} call
 * @param {AbortSignal} signal the frame that asks is gone
 * @returns {Promise<any>} the auth
 */
export function getValidAuth(services, asker, call, signal) {
  const { selector, scopes, prompt, connectionKey } = call;
  const { id, appId } = asker.sent;
  const key = JSON.stringify([id, appId ?? null, selector.key, scopes ?? null, prompt, connectionKey ?? null]);
  return services.shared.run(key, signal, (stopped) => new Resolution(services, asker, call, stopped).run());
}

/** One `getValidAuth` on its way. */
class Resolution {
  #services;
  #asker;
  #call;
  #signal;
  #choiceKey;

  /** @param {Services} services @param {Asker} asker @param {ValidAuthCall} call @param {AbortSignal} signal */
  constructor(services, asker, call, signal) {
    this.#services = services;
    this.#asker = asker;
    this.#call = call;
    this.#signal = signal;
    this.#choiceKey = JSON.stringify([asker.sent.id, asker.sent.appId ?? null, call.selector.key]);
  }

  async run() {
    const answer = await this.#resolveFirst();
    if (answer.status === "ready") return answer.auth;
    const { turns, gateway } = this.#services;
    const turn = await turns.take(this.#signal).catch((error) => {
      gateway.abandonFlow(answer.flow);
      throw error;
    });
    try {
      return await this.#askPerson(turn.waited ? await this.#resolveAgain(answer) : answer);
    } finally {
      turn.finish();
    }
  }

  /**
   * Time has passed in the queue, and whoever was before may have connected just this account.
   *
   * @param {any} stale
   */
  async #resolveAgain(stale) {
    this.#services.gateway.abandonFlow(stale.flow);
    return await this.#resolveFirst();
  }

  #resolveFirst() {
    const { prompt, connectionKey } = this.#call;
    const remembered =
      prompt === "auto" && connectionKey === undefined ? this.#services.choices.get(this.#choiceKey) : undefined;
    return this.#resolve({
      prompt,
      ...optional("connectionKey", connectionKey),
      ...optional("preferredConnectionId", remembered),
    });
  }

  /** @param {object} choice @returns {Promise<any>} */
  #resolve(choice) {
    const { selector, scopes } = this.#call;
    const body = { ...selector.fields, ...optional("scopes", scopes), ...choice, application: this.#asker.sent };
    return this.#services.gateway.resolve(body, this.#signal);
  }

  /** @param {any} answer a choice of accounts or a flow; or a token after all */
  async #askPerson(answer) {
    if (answer.status === "ready") return answer.auth;
    const { gateway, ledger, choices, present } = this.#services;
    const conversation = new Conversation({
      gateway, ledger, application: this.#asker.shown, present, signal: this.#signal,
    });
    // Each question is asked once per call: whatever the answers, it ends.
    let picked = false;
    let consented = false;
    try {
      while (answer.status !== "ready") {
        let connectionId;
        if (answer.status === "selectAccount") {
          if (picked) throw this.#refuse(answer, "connection_not_found", "The chosen account is no longer connected.");
          picked = true;
          connectionId = await conversation.choose(answer.accounts ?? [], answer.flow);
          if (connectionId !== undefined) gateway.abandonFlow(answer.flow);
        }
        if (connectionId === undefined) {
          if (consented) throw this.#refuse(answer, "insufficient_scope", "Not everything that was asked for was given.");
          consented = true;
          connectionId = await conversation.consent(answer.flow);
        }
        answer = await conversation.working(
          this.#resolve({ prompt: "auto", preferredConnectionId: connectionId }));
      }
      if (picked) choices.set(this.#choiceKey, answer.auth.id);
      return answer.auth;
    } finally {
      conversation.end();
    }
  }

  /** @param {any} answer its flow is not walked @param {string} code @param {string} message */
  #refuse(answer, code, message) {
    this.#services.gateway.abandonFlow(answer.flow);
    return new BridgeError(code, message);
  }
}
