"""Looks through everything that a browser keeps, for tokens."""

import json
import time

from harness import PATIENCE_SECONDS
from playwright.sync_api import Error

PAUSE_SECONDS = 0.05

# Of the page that it runs in; a sandboxed frame has none of these and says so.
_OF_PAGE = """async () => {
  const found = [];
  const read = async (name, look) => {
    try { found.push([name, JSON.stringify(await look())]); } catch (error) {
      if (error.name !== "SecurityError" && !(error instanceof TypeError)) throw error;
    }
  };
  await read("localStorage", () => ({ ...localStorage }));
  await read("sessionStorage", () => ({ ...sessionStorage }));
  await read("cookies", () => document.cookie);
  await read("name", () => window.name);
  await read("history", () => [location.href, history.state]);
  await read("Cache", async () => {
    const urls = [];
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) urls.push([request.url, await (await cache.match(request)).text()]);
    }
    return urls;
  });
  return found;
}"""


def read_everything(context) -> dict[str, str]:
    """All that is kept, as text by place: every frame of every page, and what the browser keeps for each origin."""
    kept = {"cookies, localStorage and IndexedDB of every origin": json.dumps(context.storage_state(indexed_db=True))}
    for number, page in enumerate(context.pages):
        for frame in page.frames:
            for name, text in read_frame(frame):
                kept[f"{name} of page {number}, frame {frame.name or frame.url}"] = text
    return kept


def read_frame(frame) -> list[list[str]]:
    """What one frame keeps. Nothing where it goes meanwhile, as windows do that have done their work: what only it kept goes with it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return frame.evaluate(_OF_PAGE)
        except Error:
            if frame.page.is_closed() or frame.is_detached():
                return []
            # Otherwise one document gives way to the next, and that is the one to read.
            if time.monotonic() > deadline:
                raise
        time.sleep(PAUSE_SECONDS)


def assert_nothing_stored(context) -> None:
    kept = read_everything(context)
    tokens = [token for token in context.tokens if token]
    found = [place for place, text in kept.items() for token in tokens if token in text]
    assert found == [], f"a token is in {found}"
