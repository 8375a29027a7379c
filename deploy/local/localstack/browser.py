"""A browser without a screen: follows redirects, keeps cookies, fills in and submits forms. Runs no scripts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

from .web import HTTP, Response

_REDIRECTS = (301, 302, 303, 307, 308)
_MAXIMUM_REDIRECTS = 10
_NAVIGATION = {"Accept": "text/html,application/xhtml+xml", "User-Agent": "lanyard-local-stack"}


@dataclass
class Button:
    """A button of a form; pressing it sends its name and value."""

    name: str | None
    value: str
    text: str = ""


@dataclass
class Form:
    """A form with the values that it holds."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Page:
    """A page that a person would look at."""

    url: str
    response: Response
    forms: list[Form]
    links: list[tuple[str, str]]

    @property
    def text(self) -> str:
        return self.response.text


class Browser:
    """One person's browser."""

    def __init__(self, http: HTTP | None = None):
        self.http = http or HTTP()

    def open(self, url: str, stop: Callable[[str], bool] = lambda _: False) -> Page | str:
        """Opens a page. Gives back the URL instead, unopened, when a redirect leads to one for which `stop` says so."""
        return self._follow(self.http.get(url, _NAVIGATION), stop)

    def submit(
        self, page: Page, form: Form, button: Button | None = None, values: dict[str, str] | None = None,
        stop: Callable[[str], bool] = lambda _: False,
    ) -> Page | str:
        """Sends a form as pressing the button would."""
        fields = {**form.fields, **(values or {})}
        if button is not None and button.name:
            fields[button.name] = button.value
        if form.method == "get":
            answer = self.http.get(f"{form.action}?{urlencode(fields)}", _NAVIGATION)
        else:
            origin = "{0.scheme}://{0.netloc}".format(urlsplit(page.url))
            headers = {**_NAVIGATION, "Origin": origin, "Referer": page.url, "Sec-Fetch-Site": "same-origin"}
            answer = self.http.post_form(form.action, fields, headers)
        return self._follow(answer, stop)

    def _follow(self, answer: Response, stop: Callable[[str], bool]) -> Page | str:
        for _ in range(_MAXIMUM_REDIRECTS):
            if answer.status not in _REDIRECTS or not answer.location:
                return _page(answer)
            target = urljoin(answer.url, answer.location)
            if stop(target):
                return target
            answer = self.http.get(target, _NAVIGATION)
        raise OSError("too many redirects")


def find_button(page: Page, *words: str) -> tuple[Form, Button] | None:
    """The first button whose text or value holds one of the words, in the order of the words."""
    for word in words:
        for form in page.forms:
            for button in form.buttons:
                if word in f"{button.text} {button.value}".lower():
                    return form, button
    return None


def _page(answer: Response) -> Page:
    reader = _Reader(answer.url)
    if "html" in answer.headers.get("Content-Type", ""):
        reader.feed(answer.text)
    return Page(answer.url, answer, reader.forms, reader.links)


class _Reader(HTMLParser):
    """Finds forms and links."""

    def __init__(self, base: str):
        super().__init__(convert_charrefs=True)
        self._base = base
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self._form: Form | None = None
        self._button: Button | None = None
        self._link: str | None = None

    def handle_starttag(self, tag, attrs):
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = urljoin(self._base, attributes.get("action") or self._base)
            self._form = Form(action, attributes.get("method", "get").lower())
            self.forms.append(self._form)
        elif tag == "a" and "href" in attributes:
            self._link = urljoin(self._base, attributes["href"])
            self.links.append((self._link, ""))
        elif self._form is not None and tag == "button":
            self._button = Button(attributes.get("name"), attributes.get("value", ""))
            self._form.buttons.append(self._button)
        elif self._form is not None and tag == "input":
            self._input(attributes)

    def _input(self, attributes: dict[str, str]) -> None:
        kind, name, value = (attributes.get(key, "") for key in ("type", "name", "value"))
        if kind == "submit":
            self._form.buttons.append(Button(name or None, value, value))
        elif kind == "radio":
            self._form.choices.setdefault(name, []).append(value)
            if "checked" in attributes:
                self._form.fields[name] = value
        elif name and (kind != "checkbox" or "checked" in attributes):
            self._form.fields[name] = value or ("on" if kind == "checkbox" else "")

    def handle_data(self, data):
        if self._button is not None:
            self._button.text += data.strip()
        elif self._link is not None:
            url, text = self.links[-1]
            self.links[-1] = (url, text + data.strip())

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
        elif tag == "button":
            self._button = None
        elif tag == "a":
            self._link = None
