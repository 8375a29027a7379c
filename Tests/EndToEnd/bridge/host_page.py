"""A host platform's page, on an origin of its own, under a policy that allows as little as a careful host does."""

import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Host platform</title>
<link rel="icon" href="data:,">
<style nonce="{nonce}">
body {{ margin: 0; padding: 24px; font: 16px/1.5 system-ui, sans-serif; }}
iframe {{ width: 100%; height: 160px; border: 1px solid #999; }}
</style>
</head>
<body>
<main><h1>Host platform</h1><div id="apps"></div></main>
<script nonce="{nonce}" type="module">
import {{ mountBridge }} from "{gateway}/bridge/host.js";

const apps = document.getElementById("apps");
const handles = new Map();
const frameOf = (name) => document.querySelector(`iframe[name="${{name}}"]`);

window.host = {{
  mount(options) {{
    const session = () => fetch("{session}").then((answer) => answer.text());
    this.bridge = mountBridge({{ session, nonce: "{nonce}", ...options }});
  }},
  addFrame(name, html) {{
    const frame = document.createElement("iframe");
    frame.name = name;
    frame.title = name;
    frame.setAttribute("sandbox", "allow-scripts");
    if (html !== undefined) frame.srcdoc = html;
    apps.append(frame);
    return frame;
  }},
  addStranger(name, html) {{
    const frame = this.addFrame(name, html);
    return new Promise((resolve) => frame.addEventListener("load", () => resolve(true), {{ once: true }}));
  }},
  addApp(name, identity, html) {{
    const frame = this.addFrame(name);
    const handle = this.bridge.attach(frame, identity);
    this.voided ??= [];
    handle.onVoid = (reason) => this.voided.push([name, reason]);
    handles.set(name, handle);
    return this.load(name, html);
  }},
  load(name, html) {{
    const loaded = new Promise((resolve) => frameOf(name).addEventListener("load", resolve, {{ once: true }}));
    handles.get(name).load(html);
    // How many others have said hello by now.
    const {{ connectedFrames }} = this.bridge.diagnostics();
    return loaded.then(() => connectedFrames);
  }},
  removeApp: (name) => frameOf(name).remove(),
}};
window.ready();
</script>
</body>
</html>
"""

# Defined before the module runs, so that a test can await it.
_READY = """<script nonce="{nonce}">window.hostReady = new Promise((resolve) => {{ window.ready = resolve; }});</script>"""

_APP = """<!doctype html>
<html lang="en">
<head><title>{title}</title></head>
<body>
<p>{title}</p>
<script nonce="{nonce}">
// What the first line of an app finds.
window.atFirstScript = {{ oauth: typeof window.charmiq?.oauth, scripts: document.scripts.length }};
window.calls = [];
const begin = (call) => {{
  const fail = (error) => ({{ error: {{ code: error.code, message: error.message, isError: error instanceof Error }} }});
  return window.calls.push(call.then((value) => ({{ value }}), fail)) - 1;
}};
window.begin = (method, argument) => begin(window.charmiq.oauth[method](argument));
window.beginMcp = (method, argumentsOfIt) => begin(window.charmiq.mcp[method](...argumentsOfIt));
</script>
</body>
</html>
"""


class HostServer:
    """Serves host pages on a free port. Each page has its own address, session and nonce."""

    def __init__(self):
        self._pages: dict[str, tuple[bytes, dict[str, str]]] = {}
        pages = self._pages

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body, headers = pages.get(urlsplit(self.path).path, (b"not found", None))
                self.send_response(200 if headers is not None else 404)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                """The test's own output is what matters."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def add(
        self, gateway: str, token: str, headers: dict[str, str] | None = None, connects_to: str = "",
        forms_to: str | None = None,
    ) -> "HostPage":
        """A new page for one signed-in person. `connects_to`: what the page, and apps in it, may call besides the gateway.
        `forms_to`: where forms may go instead of there."""
        path, nonce = f"/{secrets.token_hex(8)}", secrets.token_urlsafe(16)
        policy = (
            f"default-src 'none'; script-src 'nonce-{nonce}' {gateway}; connect-src 'self' {gateway} {connects_to};"
            f" style-src 'nonce-{nonce}'; img-src data: http://127.0.0.1:*; frame-src 'self'; base-uri 'none'; form-action {forms_to or gateway}"
        )
        page = _PAGE.format(nonce=nonce, gateway=gateway, session=f"{path}/session")
        page = page.replace("<body>", f"<body>\n{_READY.format(nonce=nonce)}")
        html = {
            "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy, "Cache-Control": "no-store",
            **(headers or {}),
        }
        self._pages[path] = (page.encode(), html)
        self.set_session(path, token)
        return HostPage(self, path, nonce)

    def set_session(self, path: str, token: str) -> None:
        self._pages[f"{path}/session"] = (token.encode(), {"Content-Type": "text/plain", "Cache-Control": "no-store"})


class HostPage:
    """Where one host page is, and the app documents that fit its policy."""

    def __init__(self, server: HostServer, path: str, nonce: str):
        self._server = server
        self._path = path
        self.nonce = nonce
        self.url = server.origin + path
        self.session_url = f"{self.url}/session"

    def set_session(self, token: str) -> None:
        self._server.set_session(self._path, token)

    def app_document(self, title: str) -> str:
        return _APP.format(title=title, nonce=self.nonce)

    def script(self, source: str) -> str:
        """A document that is one script."""
        return f'<!doctype html><title>script</title><script nonce="{self.nonce}">{source}</script>'

    def evaluate(self, page, expression: str, argument=None):
        page.evaluate("() => window.hostReady")
        return page.evaluate(expression, argument)
