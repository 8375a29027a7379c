/** @file How the dialog looks: the connect page's colours and shapes. A constructed sheet needs no style-src of the host. */

const LIGHT = `
  color-scheme: light;
  --surface: #ffffff; --ground: #f3f4f7; --text: #16181d; --quiet: #59606e; --line: #dfe2e8; --control: #858c9b;
  --accent: #2f5bea; --accent-text: #ffffff; --good: #12805c; --warn: #8a5a00;
  --notice: #fff6e0; --notice-text: #6b4a00; --veil: rgb(17 19 24 / 45%);
`;
const DARK = `
  color-scheme: dark;
  --surface: #1b1e25; --ground: #262a33; --text: #eceef3; --quiet: #a3aaba; --line: #333844; --control: #727b8f;
  --accent: #8aa6ff; --accent-text: #10131a; --good: #58c79c; --warn: #f0b84a;
  --notice: #3a2f14; --notice-text: #ffd98a; --veil: rgb(0 0 0 / 60%);
`;

const RULES = `
:host { all: initial; ${LIGHT} }
:host([data-scheme="dark"]) { ${DARK} }
@media (prefers-color-scheme: dark) { :host([data-scheme="auto"]) { ${DARK} } }

*, *::before, *::after { box-sizing: border-box; }
dialog {
  width: min(440px, calc(100vw - 24px)); max-height: calc(100dvh - 24px); padding: 0; overflow: hidden;
  flex-direction: column;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; text-align: start;
  color: var(--text); background: var(--surface); border: 1px solid var(--line); border-radius: 16px;
  box-shadow: 0 1px 2px rgb(0 0 0 / 8%), 0 16px 48px rgb(0 0 0 / 18%);
}
dialog[open] { display: flex; }
dialog::backdrop { background: var(--veil); }
.body { overflow-y: auto; overscroll-behavior: contain; }
.body:focus-visible { outline-offset: -4px; border-radius: 16px; }
.content { padding: 28px 28px 4px; min-height: var(--held-height, 0); }
.actions { padding: 20px 28px 0; display: grid; gap: 8px; }
.foot { margin: 0; padding: 14px 28px 20px; font-size: 0.8125rem; color: var(--quiet); text-align: center; }

.calm { display: flex; flex-direction: column; justify-content: center; align-items: center; text-align: center; padding-bottom: 12px; }
.calm .link { width: 44px; }
.marks { display: flex; align-items: center; gap: 12px; }
.mark {
  position: relative; flex: none; width: 48px; height: 48px; border-radius: 12px; overflow: hidden;
  display: grid; place-items: center; font-weight: 600; font-size: 1.25rem;
}
.mark img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: cover; opacity: 0; }
.mark.pictured { background: transparent; }
.mark.pictured img { opacity: 1; }
.mark.pictured span { visibility: hidden; }
.application { background: var(--accent); color: var(--accent-text); }
.provider { border: 1px solid var(--line); }
.person { width: 40px; height: 40px; border-radius: 50%; font-size: 1rem; background: var(--ground); color: var(--text); }
.plus { border: 1px dashed var(--control); background: transparent; color: var(--quiet); font-weight: 400; }
.link { width: 28px; border-top: 2px dashed var(--line); }
.waiting .link { border-color: var(--accent); }

h2 { font-size: 1.375rem; line-height: 1.3; font-weight: 600; margin: 18px 0 6px; overflow-wrap: anywhere; }
h2:focus { outline: none; }
h3 { font-size: 0.9375rem; font-weight: 600; margin: 20px 0 4px; overflow-wrap: anywhere; }
p { margin: 6px 0; overflow-wrap: anywhere; }
.quiet { color: var(--quiet); }
.notice { margin: 14px 0 0; padding: 10px 14px; border-radius: 10px; background: var(--notice); color: var(--notice-text); }

.scopes { margin: 0; padding: 4px 0 0; list-style: none; display: grid; gap: 10px; }
.scopes li { position: relative; padding-inline-start: 28px; overflow-wrap: anywhere; }
.scopes li::before, .scopes li::after { content: ""; position: absolute; inset-inline-start: 0; top: 3px; width: 18px; height: 18px; }
.scopes li::before { border-radius: 50%; background: var(--good); opacity: 0.16; }
.scopes li::after { inset-inline-start: 6px; top: 7px; width: 6px; height: 9px; border: solid var(--good); border-width: 0 2px 2px 0; transform: rotate(42deg); }
.scopes .sensitive::before { background: var(--warn); }
.scopes .sensitive::after {
  content: "!"; inset-inline-start: 0; top: 3px; width: 18px; height: 18px; border: 0; transform: none;
  text-align: center; font: 700 12px/18px system-ui, sans-serif; color: var(--warn);
}
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
code { display: block; font: 0.8125rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; color: var(--quiet); overflow-wrap: anywhere; }
code[hidden] { display: none; }

.facts { margin: 16px 0 0; border-top: 1px solid var(--line); font-size: 0.875rem; }
.facts div { display: flex; gap: 16px; padding: 8px 0; border-bottom: 1px solid var(--line); }
.facts div:last-child { border-bottom: 0; }
.facts dt { flex: 0 0 7.5rem; color: var(--quiet); }
.facts dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }

.accounts { margin: 14px 0 0; padding: 0; list-style: none; border: 1px solid var(--line); border-radius: 12px; overflow: clip; }
.accounts li + li { border-top: 1px solid var(--line); }
.account {
  display: flex; align-items: center; gap: 14px; width: 100%; min-height: 64px; padding: 10px 14px;
  border: 0; border-radius: 0; background: none; color: inherit; font: inherit; text-align: start; cursor: pointer;
}
.account:hover { background: var(--ground); }
.account:focus-visible { outline-offset: -3px; border-radius: 12px; }
.who { flex: 1; min-width: 0; display: grid; grid-template-columns: 1fr auto; align-items: center; column-gap: 12px; }
.who b, .who small { grid-column: 1; }
.who b { font-weight: 600; overflow-wrap: anywhere; }
.who small { color: var(--quiet); font-size: 0.875rem; overflow-wrap: anywhere; }
.default { grid-area: 1 / 2 / span 2; padding: 1px 10px; border: 1px solid var(--line); border-radius: 999px; font-size: 0.75rem; color: var(--quiet); }

.button {
  display: grid; place-items: center; width: 100%; min-height: 48px; padding: 8px 16px; border: 1px solid transparent; border-radius: 10px;
  font: inherit; font-weight: 600; text-align: center; text-decoration: none; cursor: pointer; overflow-wrap: anywhere;
}
.primary { background: var(--accent); color: var(--accent-text); }
.primary:hover { filter: brightness(0.96); }
.plain { background: transparent; color: var(--text); border-color: var(--control); }
.plain:hover { background: var(--ground); }
.text {
  margin-top: 8px; padding: 4px 0; border: 0; background: none; color: var(--quiet); font: inherit; font-size: 0.8125rem; cursor: pointer;
  text-decoration: underline; text-underline-offset: 0.2em;
}
.text:hover { color: var(--text); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }

@media (prefers-reduced-motion: no-preference) {
  dialog[open] { animation: appear 140ms ease-out; }
  dialog[open]::backdrop { animation: fade 140ms ease-out; }
  .waiting .link { animation: breathe 1.6s ease-in-out infinite; }
}
@keyframes appear { from { opacity: 0; transform: translateY(6px); } }
@keyframes fade { from { opacity: 0; } }
@keyframes breathe { 50% { opacity: 0.35; } }
@media (forced-colors: active) { .mark, .notice { border: 1px solid; } }
@media (max-width: 420px) {
  .content { padding: 20px 20px 4px; }
  .actions { padding: 16px 20px 0; }
  .foot { padding: 12px 20px 16px; }
  .facts div { flex-direction: column; gap: 0; }
  .facts dt { flex: none; }
  .default { grid-area: auto / 1; justify-self: start; margin-top: 4px; }
}
@media (max-height: 480px) { .foot { display: none; } .actions { padding-bottom: 16px; grid-auto-flow: column; } }
`;

/** @type {CSSStyleSheet | undefined} */
let sheet;

/** The one sheet of all dialogs, made when the first one is shown. */
export function styleSheet() {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(RULES);
  }
  return sheet;
}
