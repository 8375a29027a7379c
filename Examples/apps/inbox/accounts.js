// The accounts of this app: which are connected, which are in view, and what each one holds.
//
// Nothing is kept between page loads. Which accounts there are is asked of the platform, with listAuth; a platform that
// gives its apps storage would let this one remember the ids of the accounts in view. Tokens are never kept, not even
// here: each reading asks for a valid one, which costs one round trip and is refreshed by the platform when needed.

import { fetchMessages } from "./mail.js";

const scopes = ["mail.read"];
// Reading again does not help with these: the person has to authorize the account once more.
const needsPerson = new Set(["insufficient_scope", "reauthorization_required"]);

export class Accounts {
  #oauth;
  #providerUrl;
  /** By Connection id: { descriptor, messages, problem, isInView }. */
  #entries = new Map();

  constructor(oauth, providerUrl) {
    this.#oauth = oauth;
    this.#providerUrl = providerUrl;
  }

  /** In an order that does not change from one page load to the next. */
  get all() {
    const name = (entry) => entry.descriptor.displayIdentifier;
    return [...this.#entries.values()].sort((one, other) => name(one).localeCompare(name(other)));
  }

  get inView() {
    return this.all.filter((entry) => entry.isInView);
  }

  get(id) {
    return this.#entries.get(id);
  }

  /** Finds out which accounts are connected. Never opens a window, never asks the provider. */
  async load() {
    const descriptors = await this.#oauth.listAuth({ providerUrl: this.#providerUrl });
    for (const descriptor of descriptors) this.#put(descriptor);
  }

  /** Reads the messages of one account. What goes wrong is noted at the account and hides no other. */
  async read(id) {
    const entry = this.#entries.get(id);
    try {
      // With connectionKey the platform asks nobody anything: it answers for this account, or it rejects.
      const auth = await this.#oauth.getValidAuth({ providerUrl: this.#providerUrl, connectionKey: id, scopes });
      entry.messages = await this.#fetch(auth);
      entry.problem = null;
    } catch (error) {
      if (error.code === "connection_not_found") this.#entries.delete(id);
      entry.problem = { code: error.code, message: error.message, needsPerson: needsPerson.has(error.code) };
    }
  }

  /** A token can end before its time, where the provider withdrew it: a new one shows whether all access has ended. */
  async #fetch(auth) {
    try {
      return await fetchMessages(this.#providerUrl, auth.accessToken);
    } catch (error) {
      if (error.code !== "token_refused") throw error;
      const renewed = await this.#oauth.refreshAuth(auth);
      return await fetchMessages(this.#providerUrl, renewed.accessToken);
    }
  }

  /**
   * Lets the person pick or connect an account. The platform asks, in windows of its own; this one only waits.
   * The way back for an account that lost its permission is the same: the person picks it again.
   */
  async add() {
    const auth = await this.#oauth.getValidAuth({ providerUrl: this.#providerUrl, scopes, prompt: "select_account" });
    const { accessToken, ...descriptor } = auth;
    const known = this.all.some((entry) => entry.descriptor.providerAccountId === descriptor.providerAccountId);
    this.#put(descriptor);
    await this.read(descriptor.id);
    return { descriptor, known };
  }

  /** Takes an account out of view. It stays connected. */
  remove(id) {
    this.#entries.get(id).isInView = false;
  }

  putBack(id) {
    this.#entries.get(id).isInView = true;
  }

  /** Ends the Connection, here and at the provider. */
  async disconnect(id) {
    await this.#oauth.revokeAuth(this.#entries.get(id).descriptor);
    this.#entries.delete(id);
  }

  /** One entry per account at the provider: whoever is connected twice is shown once. */
  #put(descriptor) {
    for (const [id, entry] of this.#entries) {
      const isSame = entry.descriptor.providerAccountId === descriptor.providerAccountId;
      if (isSame && id !== descriptor.id) this.#entries.delete(id);
    }
    const messages = this.#entries.get(descriptor.id)?.messages ?? [];
    this.#entries.set(descriptor.id, { descriptor, messages, problem: null, isInView: true });
  }
}
