/** @file The bridge's own dialog: one step at a time, in a shadow root of the host's page. */

import { element } from "./elements.js";
import { styleSheet } from "./style.js";
import { applyTheme } from "./theme.js";
import { viewOf } from "./views.js";

/** @import { Ledger } from "./ledger.js" */
/** @import { Theme } from "./options.js" */

/**
 * Shows a conversation until it has ended.
 *
 * A modal `dialog` element: the browser makes the rest of the page inert, keeps the focus inside and brings it back.
 *
 * @param {any} request see `ConsentRequest` in charmiq.d.ts
 * @param {Theme} theme
 * @param {Ledger} ledger
 */
export function showDialog(request, theme, ledger) {
  const host = element("div", { "data-lanyard-dialog": true });
  applyTheme(host, theme);
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [styleSheet()];

  const content = element("div");
  const body = element("div", { class: "body" }, content);
  const actions = element("div", { class: "actions" });
  const foot = element("p", { class: "foot" }, "Protected by Lanyard. Apps never see your password.");
  const dialog = element(
    "dialog", { role: "dialog", "aria-modal": "true", "aria-labelledby": "title", "aria-describedby": "lead" },
    body, actions, foot);
  root.append(dialog);

  // What scrolls must be reachable without a pointer.
  const fit = () => {
    if (body.scrollHeight > body.clientHeight) body.tabIndex = 0;
    else body.removeAttribute("tabindex");
  };

  const render = () => {
    // A later step is not smaller than the one before: nothing jumps under the pointer.
    if (content.firstChild) content.style.setProperty("--held-height", `${body.offsetHeight}px`);
    const view = viewOf(request);
    dialog.className = request.step === "waiting" || request.step === "working" ? "waiting" : "";
    content.className = view.calm ? "content calm" : "content";
    content.replaceChildren(...view.body);
    actions.replaceChildren(...view.actions);
    body.scrollTop = 0;
    fit();
    content.querySelector("h2")?.focus({ preventScroll: true });
  };

  // Escape, and whatever else a browser has for closing a dialog, means "Cancel".
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    request.cancel();
  });
  dialog.addEventListener("close", () => request.cancel());

  // A turned phone: what was held for the old screen does not fit the new one.
  const stopListening = ledger.listen(window, "resize", () => {
    content.style.removeProperty("--held-height");
    fit();
  });
  const release = ledger.hold("dialogs", () => {
    stopListening();
    dialog.close();
    host.remove();
  });
  request.onchange = render;
  request.signal.addEventListener("abort", release, { once: true });
  document.body.append(host);
  dialog.showModal();
  render();
}
