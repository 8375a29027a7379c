/** @file `getValidAuth`: a token at once where there is one, otherwise a person is asked. */

import { optional } from "./arguments.js";
import { Resolution } from "./person.js";

/** @import { ValidAuthCall } from "./arguments.js" */
/** @import { Asker } from "./asker.js" */
/** @import { Services } from "./person.js" */

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
  const question = {
    choiceKey: JSON.stringify([id, appId ?? null, selector.key]),
    takesRemembered: prompt === "auto" && connectionKey === undefined,
    /** @param {string | undefined} account @param {boolean} isFirst @param {AbortSignal} stopped */
    ask: (account, isFirst, stopped) =>
      services.gateway.resolve(
        {
          ...selector.fields,
          ...optional("scopes", scopes),
          prompt: isFirst ? prompt : "auto",
          ...optional("connectionKey", isFirst ? connectionKey : undefined),
          ...optional("preferredConnectionId", account),
          application: asker.sent,
        },
        stopped,
      ),
  };
  return services.shared.run(key, signal, async (stopped) => {
    const { answer } = await new Resolution(services, asker, question, stopped).run();
    return answer.auth;
  });
}
