/** @file The bridge's own dialog: one step at a time, in a shadow root of the host's page. */

import { element } from "./elements.js";
import { styleSheet } from "./style.js";
import { applyTheme } from "./theme.js";
import { names, viewOf } from "./views.js";

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

  const body = element("div", { class: "body" });
  const actions = element("div", { class: "actions" });
  const foot = element("p", { class: "foot" }, `Protected by Lanyard. Your password is never shown to ${names(request).application}.`);
  // Says in a screen reader what changed, while the focus is on a button.
  const dialog = element(
    "dialog", { role: "dialog", "aria-modal": "true", "aria-labelledby": "title", "aria-describedby": "lead" },
    body, actions, foot);
  root.append(dialog);

  const render = () => {
    // A later step is not smaller than the one before: nothing jumps under the pointer.
    if (body.firstChild) body.style.setProperty("--held-height", `${body.offsetHeight}px`);
    const view = viewOf(request);
    dialog.className = view.className ?? "";
    body.replaceChildren(...view.body);
    actions.replaceChildren(...view.actions);
    body.scrollTop = 0;
    body.querySelector("h2")?.focus({ preventScroll: true });
  };

  // Escape, and whatever else a browser has for closing a dialog, means "Cancel".
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    request.cancel();
  });
  dialog.addEventListener("close", () => request.cancel());

  const release = ledger.hold("dialogs", () => {
    dialog.close();
    host.remove();
  });
  request.onchange = render;
  request.signal.addEventListener("abort", release, { once: true });
  document.body.append(host);
  dialog.showModal();
  render();
}
