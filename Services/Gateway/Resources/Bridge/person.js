/** @file Asks the gateway for something, and the person for whatever is missing: which account, and consent. */

import { Conversation } from "./conversation.js";
import { BridgeError } from "./errors.js";

/** @import { Asker } from "./asker.js" */
/** @import { Gateway } from "./gateway.js" */
/** @import { Ledger } from "./ledger.js" */
/** @import { Choices } from "./choices.js" */
/** @import { PlatformServer } from "./options.js" */
/** @import { SharedCalls } from "./sharing.js" */
/** @import { Turns } from "./turns.js" */

/**
 * What all calls of one bridge share.
 *
 * @typedef {object} Services
 * @property {Gateway} gateway
 * @property {Ledger} ledger
 * @property {Choices} choices
 * @property {SharedCalls} shared
 * @property {Turns} turns
 * @property {(request: any) => void} present
 * @property {PlatformServer[]} platformServers
 * @property {boolean} explicitServers
 */

/**
 * What is asked of the gateway. Its answer is `ready`, or says what the person must do.
 *
 * @typedef {object} Question
 * @property {string} choiceKey under which the person's choice of an account is remembered
 * @property {boolean} takesRemembered whether an earlier choice answers it
 * @property {(account: string | undefined, isFirst: boolean, signal: AbortSignal) => Promise<any>} ask `account`: the Connection
 *   that was chosen, here or earlier
 */

/** One question on its way to being answered. */
export class Resolution {
  #services;
  #asker;
  #question;
  #signal;

  /** @param {Services} services @param {Asker} asker @param {Question} question @param {AbortSignal} signal nobody waits any more */
  constructor(services, asker, question, signal) {
    this.#services = services;
    this.#asker = asker;
    this.#question = question;
    this.#signal = signal;
  }

  /** @returns {Promise<{answer: any, account: string | undefined}>} the answer that is ready, and the Connection that was chosen */
  async run() {
    const first = await this.#askFirst();
    if (first.answer.status === "ready") return first;
    const { turns, gateway } = this.#services;
    const turn = await turns.take(this.#signal).catch((error) => {
      gateway.abandonFlow(first.answer.flow);
      throw error;
    });
    try {
      return await this.#askPerson(turn.waited ? await this.#askAgain(first.answer) : first);
    } finally {
      turn.finish();
    }
  }

  /**
   * Time has passed in the queue, and whoever was before may have connected just this account.
   *
   * @param {any} stale
   */
  async #askAgain(stale) {
    this.#services.gateway.abandonFlow(stale.flow);
    return await this.#askFirst();
  }

  async #askFirst() {
    const { choiceKey, takesRemembered, ask } = this.#question;
    const account = takesRemembered ? this.#services.choices.get(choiceKey) : undefined;
    return { answer: await ask(account, true, this.#signal), account };
  }

  /** @param {{answer: any, account: string | undefined}} first a choice of accounts or a flow; or ready after all */
  async #askPerson({ answer, account }) {
    if (answer.status === "ready") return { answer, account };
    const { gateway, ledger, choices, present } = this.#services;
    const conversation = new Conversation({
      gateway, ledger, application: this.#asker.shown, serverName: answer.name, present, signal: this.#signal,
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
        account = connectionId;
        answer = await conversation.working(this.#question.ask(account, false, this.#signal));
      }
      if (picked && account !== undefined) choices.set(this.#question.choiceKey, account);
      return { answer, account };
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

/**
 * Lets the person consent to a flow that a call turned out to need.
 *
 * @param {Services} services
 * @param {Asker} asker
 * @param {{flow: any, serverName?: string}} needed
 * @param {AbortSignal} signal
 * @returns {Promise<boolean>} false where the person was busy with something else meanwhile: what it needs must be asked anew
 */
export async function consentTo(services, asker, { flow, serverName }, signal) {
  const { gateway, ledger, turns, present } = services;
  const turn = await turns.take(signal).catch((error) => {
    gateway.abandonFlow(flow);
    throw error;
  });
  try {
    if (turn.waited) {
      gateway.abandonFlow(flow);
      return false;
    }
    const conversation = new Conversation({ gateway, ledger, application: asker.shown, serverName, present, signal });
    try {
      await conversation.consent(flow);
      return true;
    } finally {
      conversation.end();
    }
  } finally {
    turn.finish();
  }
}
