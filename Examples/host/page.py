"""The host page: who is signed in, the apps, and the policy that binds them."""

import json
from pathlib import Path

from applications import Application, fill
from people import PEOPLE, Person
from settings import Settings

PAGE_FOLDER = Path(__file__).resolve().parent / "page"


def policy(settings: Settings, nonce: str) -> str:
    """The page's Content-Security-Policy. The apps' iframes inherit it: what they load and call must be in it too."""
    gateway, provider = settings.gateway_url, settings.provider_url
    return "; ".join([
        "default-src 'none'",
        # The bridge is imported by a script with the nonce, which covers what that script imports.
        f"script-src 'nonce-{nonce}'",
        f"style-src 'nonce-{nonce}'",
        # The provider: pictures of accounts, in the account picker and in the apps.
        f"img-src 'self' {provider}",
        # The gateway: the bridge. The provider: the apps, with their tokens.
        f"connect-src 'self' {gateway} {provider}",
        # The apps' documents are inline (srcdoc); neither they nor the page may load a frame from elsewhere.
        "frame-src 'none'",
        # The gateway: the bridge brings its person along into the window that it opens.
        f"form-action 'self' {gateway}",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ])


def render(
    settings: Settings, applications: dict[str, Application], person: Person, origin: str, nonce: str
) -> str:
    """The page's HTML. What its script needs lies in it as data, so that nothing is fetched before the apps show."""
    data = {
        "gatewayUrl": settings.gateway_url,
        "person": {"name": person.name, "email": person.email},
        "applications": [
            _description(application, settings, f"{origin}/apps/{name}", nonce)
            for name, application in applications.items()
        ],
    }
    template = (PAGE_FOLDER / "index.html").read_text(encoding="utf-8")
    other = next(candidate for candidate in PEOPLE.values() if candidate != person)
    filled = fill(template, {
        "nonce": nonce, "name": person.name, "email": person.email, "initials": _initials(person),
        "otherId": other.id, "otherName": other.name,
    })
    return filled.replace("<!-- data -->", _data_block(data))


def _description(application: Application, settings: Settings, base: str, nonce: str) -> dict:
    manifest = application.manifest
    return {
        "applicationId": application.id,
        "name": manifest["name"],
        "description": manifest["description"],
        "icon": f"{base}/icon.svg",
        "requestedScopes": manifest["requestedScopes"],
        "html": application.document(nonce, base, settings.provider_url),
    }


def _data_block(data: dict) -> str:
    """JSON that cannot end the script element that it stands in."""
    return json.dumps(data).replace("<", "\\u003c")


def _initials(person: Person) -> str:
    return "".join(word[0] for word in person.name.split())
