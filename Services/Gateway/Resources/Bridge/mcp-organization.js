/** @file MCP servers of the organization, through the gateway: the app has a name for one, and nothing else of it. */

import { asker } from "./asker.js";
import { optional } from "./arguments.js";
import { BridgeError } from "./errors.js";
import { McpClient, toolAnswer } from "./mcp-client.js";
import { applicationHeader } from "./mcp-headers.js";
import { consentTo, Resolution } from "./person.js";

/** @import { Asker } from "./asker.js" */
/** @import { Frame } from "./frames.js" */
/** @import { Server } from "./mcp-names.js" */
/** @import { Services } from "./person.js" */

const FLOW = "lanyard/flow"; // In the _meta of an answer that wants an account connected.
const REFUSAL = "lanyard/refusal"; // In the _meta of an answer that a rule of the organization gave.
const QUESTION = "connect"; // The gateway's own key of its question.

/**
 * Asks the person for what is missing, and says who the server is.
 *
 * @param {Services} services
 * @param {Frame} frame
 * @param {string} id
 * @param {AbortSignal} signal
 * @returns {Promise<Server>}
 */
export async function connectOrganizationServer(services, frame, id, signal) {
  const asking = asker(frame);
  const key = JSON.stringify(["mcp", asking.sent.id, asking.sent.appId ?? null, id]);
  const question = {
    choiceKey: key,
    takesRemembered: true,
    /** @param {string | undefined} account @param {boolean} _ @param {AbortSignal} stopped */
    ask: (account, _, stopped) =>
      services.gateway.connectServer(
        id, { application: asking.sent, ...optional("preferredConnectionId", account) }, stopped),
  };
  const { answer, account } = await services.shared.run(key, signal, (stopped) =>
    new Resolution(services, asking, question, stopped).run());
  return new OrganizationServer(services, asking, { id, name: answer.name, info: answer.server, account });
}

/** One server for one document, with the account that was chosen for it. */
class OrganizationServer {
  #services;
  #asker;
  #name;
  #client;

  /**
   * @param {Services} services
   * @param {Asker} asking
   * @param {{id: string, name: string, info: {name: string, version: string}, account?: string}} facts
   */
  constructor(services, asking, { id, name, info, account }) {
    this.#services = services;
    this.#asker = asking;
    this.#name = name;
    this.info = { name: info.name, version: info.version };
    const headers = {
      "lanyard-application": applicationHeader(asking.sent), ...optional("lanyard-connection", account),
    };
    // The gateway speaks the newest revision, whatever the server behind it does.
    this.#client = new McpClient(async (message, more, signal) => {
      const { status, value } = await services.gateway.message(`/mcp/${id}`, message, { ...more, ...headers }, signal);
      return { status, message: value };
    });
  }

  /** @param {AbortSignal} signal */
  listTools(signal) {
    return this.#client.listTools(signal);
  }

  /** @param {string} tool @param {object} args @param {AbortSignal} signal */
  async callTool(tool, args, signal) {
    const call = (/** @type {object} */ more) => this.#client.callTool(tool, args, more, signal);
    let result = await call({});
    let consented = false;
    while (result.resultType === "input_required") {
      const flow = this.#services.gateway.ownFlow(result._meta?.[FLOW]);
      if (!flow) throw new BridgeError("provider_unavailable", "The MCP server asks for something that apps cannot answer.");
      if (consented) {
        this.#services.gateway.abandonFlow(flow);
        throw new BridgeError("insufficient_scope", "Not everything that was asked for was given.");
      }
      consented = await consentTo(this.#services, this.#asker, { flow, serverName: this.#name }, signal);
      // The same call: nothing was done so far.
      const answered = { inputResponses: { [QUESTION]: { action: "accept" } }, requestState: result.requestState };
      result = await call(consented ? answered : {});
    }
    const answer = toolAnswer(result);
    if (result._meta?.[REFUSAL]) throw new BridgeError("policy_denied", answer.content[0]?.text ?? "A rule refuses the tool.");
    return answer;
  }
}
