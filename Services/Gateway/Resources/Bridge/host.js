/**
 * @file The host page's side of the bridge.
 *
 * ```js
 * import { mountBridge } from "https://lanyard.example/bridge/host.js";
 * const bridge = mountBridge({ session: () => fetch("/lanyard-session").then((answer) => answer.text()) });
 * const frame = bridge.attach(iframe, { applicationId: "app-42", name: "Inbox" });
 * frame.load(html);
 * ```
 */

import { takeCalls } from "./calls.js";
import { Choices } from "./choices.js";
import { showDialog } from "./dialog.js";
import { Frame, Frames } from "./frames.js";
import { Gateway } from "./gateway.js";
import { Ledger } from "./ledger.js";
import { checkIdentity, checkIframe, checkOptions, checkPlatformServers } from "./options.js";
import { SharedCalls } from "./sharing.js";
import { Turns } from "./turns.js";

/** @import { Identity } from "./frames.js" */
/** @import { Options } from "./options.js" */

const SWEEP_MILLISECONDS = 500; // How soon a frame that was taken out of the page ends its waiting calls.

/** @param {Options} options see charmiq.d.ts */
export function mountBridge(options) {
  checkOptions(options);
  const { session, onConsent, theme = "auto", nonce, strict = false, explicitServers = false } = options;
  const platformServers = checkPlatformServers(options.platformServers);
  const ledger = new Ledger();
  const gateway = new Gateway(options.gatewayUrl ?? new URL("..", import.meta.url).href, session, ledger);
  const shared = new SharedCalls(ledger);
  const choices = new Choices();
  const present = onConsent ?? ((/** @type {any} */ request) => showDialog(request, theme, ledger));
  const turns = new Turns();
  const services = { gateway, ledger, choices, shared, turns, present, platformServers, explicitServers };
  const frames = new Frames(ledger);
  const pending = () => frames.all.reduce((sum, frame) => sum + frame.pending, 0);

  // There is no event for an iframe that leaves the page, so it is looked for while one of them waits.
  let stopSweeping = () => {};
  let sweeping = false;
  const pendingChanged = () => {
    if (pending() > 0 === sweeping) return;
    sweeping = !sweeping;
    stopSweeping();
    stopSweeping = sweeping ? ledger.every(SWEEP_MILLISECONDS, sweep) : () => {};
  };
  const sweep = () => frames.all.filter((frame) => !frame.iframe.isConnected).forEach((frame) => frame.lost());
  const onMessage = takeCalls(services, strict, pendingChanged);

  return Object.freeze({
    /** @param {HTMLIFrameElement} iframe @param {Identity} identity */
    attach(iframe, identity) {
      checkIframe(iframe);
      if (frames.all.some((frame) => frame.iframe === iframe)) throw new TypeError("The iframe is attached already.");
      const frame = new Frame(iframe, checkIdentity(identity), { ledger, scriptNonce: nonce, onMessage });
      frames.add(frame);
      return Object.seal({
        get onVoid() {
          return frame.onVoid;
        },
        set onVoid(handler) {
          frame.onVoid = handler;
        },
        document: (/** @type {string} */ html) => frame.document(html),
        load: (/** @type {string} */ html) => frame.load(html),
        detach: () => frames.remove(frame),
      });
    },
    document: (/** @type {string} */ html) => frames.document(html, nonce),
    close: () => frames.close(),
    diagnostics: () =>
      Object.freeze({
        ...ledger.counts(),
        frames: frames.all.length,
        connectedFrames: frames.all.filter((frame) => frame.isConnected).length,
        pendingCalls: pending(),
        sharedCalls: shared.count,
        unusedNonces: frames.unusedNonces,
        rememberedChoices: choices.count,
        mcpServers: frames.all.reduce((sum, frame) => sum + frame.servers.count, 0),
      }),
  });
}
