"""Pages as pictures in artefacts/, each checked for accessibility."""

from axe_playwright_python.sync_playwright import Axe
from conftest import ARTEFACTS

DESKTOP = {"width": 1000, "height": 800}
PHONE = {"width": 320, "height": 640}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def look(page, name: str) -> None:
    """Light, dark and on a small phone."""
    size = page.viewport_size
    for suffix, viewport, scheme in (("", DESKTOP, "light"), ("-dark", DESKTOP, "dark"), ("-phone", PHONE, "light")):
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.screenshot(path=ARTEFACTS / f"{name}{suffix}.png")
        results = Axe().run(page, options=RULES)
        assert results.violations_count == 0, [violation["id"] for violation in results.response["violations"]]
        wider = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, f"{name}{suffix} scrolls sideways by {wider} px"
    page.set_viewport_size(size)
    page.emulate_media(color_scheme="light")
