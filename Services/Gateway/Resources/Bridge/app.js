/**
 * The app's side of the bridge: defines `window.charmiq.oauth` and `window.charmiq.mcp` before the app's first script.
 *
 * Runs in the sandboxed iframe and proves nothing about it: who the Application is, the page around it knows. Nothing is kept
 * in any storage. A classic script, because a module would run after the app's own scripts.
 */
(() => {
  "use strict";

  const PROTOCOL = 1;
  const HELLO_EVERY_MILLISECONDS = 250; // The host page may attach the frame a little later than it loads it.
  const PORT_WITHIN_MILLISECONDS = 10_000; // Longer, and no host is there.

  const script = document.currentScript;
  const nonce = script?.dataset.lanyardNonce ?? "";
  // The nonce is spent once; the app has no use for it.
  script?.remove();

  /** Calls that were sent or wait for the port, by id. */
  const pending = new Map();
  let port;
  let closed = window.parent === window;
  let lastId = 0;
  let saying;

  function bridgeError(code, message) {
    return Object.assign(new Error(message), { code });
  }

  const gone = () => bridgeError("bridge_unavailable", "The bridge of this page is closed. Load the app again.");
  const absent = () =>
    bridgeError("bridge_unavailable", "No platform answered: this page has no bridge, or it is not attached.");

  const aborted = () => bridgeError("aborted", "The app gave the call up.");

  function call(method, argument, signal) {
    return new Promise((resolve, reject) => {
      if (closed) {
        reject(lastId === 0 ? absent() : gone());
        return;
      }
      if (signal?.aborted) {
        reject(aborted());
        return;
      }
      lastId += 1;
      const entry = { id: lastId, method, argument, resolve, reject, timer: undefined, signal, abort: undefined };
      pending.set(entry.id, entry);
      entry.abort = () => cancel(entry.id);
      signal?.addEventListener("abort", entry.abort);
      if (port) {
        send(entry);
      } else {
        entry.timer = setTimeout(() => settle(entry.id)?.reject(absent()), PORT_WITHIN_MILLISECONDS);
        sayHello();
      }
    });
  }

  function send({ id, method, argument }) {
    try {
      port.postMessage({ v: PROTOCOL, id, method, argument });
    } catch {
      // Functions, elements and the like cannot be passed on.
      settle(id)?.reject(bridgeError("invalid_request", `The argument of ${method} must be plain data.`));
    }
  }

  /** Takes a call out of those that wait. */
  function settle(id) {
    const entry = pending.get(id);
    pending.delete(id);
    clearTimeout(entry?.timer);
    entry?.signal?.removeEventListener("abort", entry.abort);
    return entry;
  }

  function cancel(id) {
    settle(id)?.reject(aborted());
    port?.postMessage({ v: PROTOCOL, id, cancel: true });
  }

  function close() {
    closed = true;
    port?.close();
    for (const id of [...pending.keys()]) settle(id).reject(gone());
  }

  function hearPort({ data }) {
    if (data?.v !== PROTOCOL) return;
    if (data.void) {
      close();
      return;
    }
    if (data.alive) {
      port.postMessage({ v: PROTOCOL, alive: true });
      return;
    }
    const entry = settle(data.id);
    if (!entry) return;
    if (data.ok) entry.resolve(freeze(data.result));
    else entry.reject(bridgeError(data.error.code, data.error.message));
  }

  /** An answer is a value: nobody changes it. */
  function freeze(value) {
    const waiting = [value];
    while (waiting.length > 0) {
      const next = waiting.pop();
      if (typeof next !== "object" || next === null || Object.isFrozen(next) || ArrayBuffer.isView(next)) continue;
      Object.freeze(next);
      for (const inner of Object.values(next)) waiting.push(inner);
    }
    return value;
  }

  /** Only the page around this one can be `event.source === window.parent`; siblings and popups cannot. */
  function hearWindow(event) {
    if (event.source !== window.parent || event.data?.type !== "lanyard.port" || !event.ports[0]) return;
    event.stopImmediatePropagation();
    window.removeEventListener("message", hearWindow);
    stopHello();
    [port] = event.ports;
    port.addEventListener("message", hearPort);
    port.start();
    // From then on, another load of this frame is another document.
    const loaded = () => port.postMessage({ v: PROTOCOL, loaded: true });
    if (document.readyState === "complete") loaded();
    else window.addEventListener("load", loaded, { once: true });
    for (const entry of pending.values()) {
      clearTimeout(entry.timer);
      send(entry);
    }
  }

  function sayHello() {
    if (saying) {
      clearTimeout(saying.end);
      saying.end = setTimeout(stopHello, PORT_WITHIN_MILLISECONDS);
      return;
    }
    const hello = () => window.parent.postMessage({ type: "lanyard.hello", v: PROTOCOL, nonce }, "*");
    const repeated = setInterval(hello, HELLO_EVERY_MILLISECONDS);
    saying = { repeated, end: setTimeout(stopHello, PORT_WITHIN_MILLISECONDS) };
    hello();
  }

  function stopHello() {
    clearInterval(saying?.repeated);
    clearTimeout(saying?.end);
    saying = undefined;
  }

  const oauth = Object.freeze({
    register: (registration) => call("register", registration),
    getValidAuth: (config) => call("getValidAuth", config),
    refreshAuth: (auth) => call("refreshAuth", auth),
    listAuth: (config) => call("listAuth", config),
    revokeAuth: (auth) => call("revokeAuth", auth),
  });
  const mcp = Object.freeze({
    listServers: () => call("mcp.listServers"),
    connect: (connectionName, config) => call("mcp.connect", { connectionName, config }),
    disconnect: (connectionName) => call("mcp.disconnect", { connectionName }),
    listTools: (connectionName) => call("mcp.listTools", { connectionName }),
    callTool(connectionName, toolName, args, options) {
      const signal = options?.signal instanceof AbortSignal ? options.signal : undefined;
      return call("mcp.callTool", { connectionName, toolName, args }, signal);
    },
  });
  Object.defineProperty(window, "charmiq", { value: Object.freeze({ oauth, mcp }), enumerable: true });

  if (!closed) {
    window.addEventListener("message", hearWindow);
    sayHello();
  }
})();
