// Lists the servers that this app may use, connects one on a click, shows its tools and calls them. No token, address or header of a
// server ever comes here: the platform's page does the calling.

import { fields, values } from "./form.js";
import { explain } from "./problems.js";
import { connected, make, serverButton, toolButton, toolPage, welcome } from "./view.js";

// An app that may also run elsewhere asks whether the platform is there.
const mcp = window.charmiq?.mcp;
const element = (id) => document.getElementById(id);

/** What is shown. `name` is under which the server's tools are called: a name of ours, or the platform server's own. */
const shown = { servers: [], server: null, name: null, info: null, tools: [], tool: null };
/** Ends the call that is under way. */
let running = null;

if (mcp) {
  await attempt(async () => {
    shown.servers = await mcp.listServers();
  });
  drawServers();
  if (shown.servers.length > 0) show(welcome());
} else {
  element("problem").textContent = "Toolbox runs inside a platform that has tools. There is none here.";
}

/** On a click, because the person may be asked for an account. */
async function open(server) {
  await attempt(async () => {
    const info = server.isPlatform ? null : await mcp.connect(server.id, { mcpServerId: server.id });
    const name = server.isPlatform ? server.name : server.id;
    Object.assign(shown, { server, name, info, tools: await mcp.listTools(name), tool: null });
    drawServers();
    drawTools();
  });
}

async function close() {
  await attempt(async () => {
    await mcp.disconnect(shown.name);
    Object.assign(shown, { server: null, name: null, tools: [], tool: null });
    drawServers();
    show(welcome());
  });
}

function choose(tool) {
  shown.tool = tool;
  const form = fields(tool.inputSchema);
  const result = make("div", { className: "result", role: "status" });
  const run = make("button", { type: "button", className: "primary" }, "Run");
  run.addEventListener("click", () => (running ? running.abort() : use(tool, form, run, result)));
  show(toolPage(tool, form, run, result, drawTools));
}

/** One call. A tool that fails answers all the same; only what could not be called rejects. */
async function use(tool, form, run, result) {
  running = new AbortController();
  run.textContent = "Stop";
  result.replaceChildren();
  await attempt(async () => {
    const answer = await mcp.callTool(shown.name, tool.name, values(form), { signal: running.signal });
    const text = answer.content.filter((part) => part.type === "text").map((part) => part.text).join("\n");
    const said = make("pre", { className: answer.isError ? "failed" : "" }, text || "The tool has nothing to say.");
    result.replaceChildren(make("h3", {}, answer.isError ? "The tool failed" : "Answer"), said);
  });
  running = null;
  run.textContent = "Run";
}

function drawServers() {
  const items = shown.servers.map((server) => make("li", {}, serverButton(server, server === shown.server, () => open(server))));
  element("servers").replaceChildren(...items);
}

function drawTools() {
  shown.tool = null;
  const list = make("ul", { className: "tools" });
  list.append(...shown.tools.map((tool) => make("li", {}, toolButton(tool, () => choose(tool)))));
  const leave = shown.server.isPlatform ? null : close;
  show([...connected(shown.server, shown.info, shown.tools.length, leave), list]);
}

function show(content) {
  element("place").replaceChildren(...content);
  element("place").querySelector("h2")?.focus({ preventScroll: true });
}

/** Says in words what went wrong. */
async function attempt(action) {
  element("problem").textContent = "";
  try {
    await action();
  } catch (error) {
    element("problem").textContent = explain(error);
  }
}
