// Draws servers and tools. Holds no state: everything is drawn anew from what it is given.

/** An element with properties and children: `make("p", { className: "quiet" }, "text")`. */
export function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

export function serverButton(server, isCurrent, onclick) {
  const kind = server.isPlatform ? "of this platform" : ceiling(server);
  const button = make("button", { type: "button", className: "server", onclick }, make("b", {}, server.name), make("small", {}, kind));
  if (isCurrent) button.ariaCurrent = "true";
  return button;
}

function ceiling({ allowedTools }) {
  if (allowedTools === undefined) return "all of its tools";
  return allowedTools.length === 1 ? "one of its tools" : `${allowedTools.length} of its tools`;
}

export function welcome() {
  return [
    heading("What would you like to do?"),
    make("p", { className: "quiet" }, "Open a server to see its tools. If one needs an account of yours, you are asked once."),
  ];
}

export function connected(server, info, count, onClose) {
  const says = info ? `${info.name} ${info.version} · ` : "";
  const title = make("div", { className: "title" }, heading(server.name));
  if (onClose) title.append(make("button", { type: "button", onclick: onClose }, "Close"));
  return [title, make("p", { className: "quiet" }, `${says}${count === 1 ? "one tool" : `${count} tools`}`)];
}

export function toolButton(tool, onclick) {
  const about = tool.description ? [make("small", {}, tool.description)] : [];
  return make("button", { type: "button", className: "tool", onclick }, make("b", {}, tool.name), ...about);
}

export function toolPage(tool, form, run, result, onBack) {
  return [
    make("button", { type: "button", className: "back", onclick: onBack }, "← All tools"),
    heading(tool.name),
    make("p", { className: "quiet" }, tool.description ?? ""),
    ...form.map(({ row }) => row),
    run,
    result,
  ];
}

function heading(text) {
  return make("h2", { tabIndex: -1 }, text);
}
