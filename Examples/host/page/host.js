// Embeds the platform's apps through Lanyard's bridge. The whole of it: mount, attach, load.

import { workspaceServer } from "./platform.js";

const block = document.getElementById("data");
const { gatewayUrl, person, applications } = JSON.parse(block.textContent);

try {
  const { mountBridge } = await import(`${gatewayUrl}/bridge/host.js`);
  const platformServers = [workspaceServer(person, applications)];
  const bridge = mountBridge({ session: openSession, theme: "auto", nonce: block.nonce, platformServers });
  for (const application of applications) embed(bridge, application);
} catch (error) {
  showProblem("Lanyard does not answer, so no app can be shown. Reload the page in a moment.");
  throw error;
}

/** A session token for whoever is signed in here. The bridge asks again when a token has run out. */
async function openSession() {
  const answer = await fetch("/session", { method: "POST" });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()).token;
}

/** One app in a frame of its own. Who it is comes from here, never from the app. */
function embed(bridge, application) {
  const card = document.getElementById("app").content.cloneNode(true).firstElementChild;
  card.querySelector("h2").textContent = application.name;
  card.querySelector("img").src = application.icon;
  const frame = card.querySelector("iframe");
  frame.title = application.name;
  document.getElementById("apps").append(card);

  const { html, ...identity } = application;
  const handle = bridge.attach(frame, identity);
  handle.load(html);
  const reload = card.querySelector(".reload");
  reload.setAttribute("aria-label", `Reload ${application.name}`);
  reload.addEventListener("click", () => handle.load(html));
}

function showProblem(text) {
  const place = document.getElementById("problem");
  place.textContent = text;
  place.hidden = false;
}
