"""Walking through a connect page as a person would."""

from collections.abc import Callable
from urllib.parse import urlsplit

from .browser import Browser, Page, find_button
from .errors import StackError

_CONTINUE = ("continue", "connect", "allow", "approve", "next")


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def start(browser: Browser, flow_url: str) -> str:
    """Opens the connect page, agrees to go on, and gives back the provider's URL that the browser is sent to."""
    gateway = origin(flow_url)

    def leaves(url: str) -> bool:
        return origin(url) != gateway

    page = browser.open(flow_url, stop=leaves)
    for _ in range(3):
        if isinstance(page, str):
            return page
        found = find_button(page, *_CONTINUE)
        if found is None:
            raise StackError(f"The connect page has no button to go on (status {page.response.status}).")
        page = browser.submit(page, *found, stop=leaves)
    raise StackError("The connect page does not lead to the provider.")


def finish(browser: Browser, redirect_url: str) -> Page:
    """Comes back from the provider to the callback and reads the last page."""
    page = browser.open(redirect_url)
    if isinstance(page, str):
        raise StackError("The callback led away from Lanyard.")
    return page


def walk(browser: Browser, flow_url: str, at_provider: Callable[[str], str]) -> Page:
    """The whole way. `at_provider` gets the authorize URL and gives back the URL that the provider redirects to."""
    return finish(browser, at_provider(start(browser, flow_url)))
