"""The one call that a platform's server makes: a session token for the person who is signed in."""

import json
import urllib.error
import urllib.request

from people import Person

# The gateway answers within milliseconds; a page should not hang on it for longer than a person would wait.
_CALL_SECONDS = 10.0


class LanyardError(Exception):
    """Lanyard refused or did not answer. The text is fit for the platform's own log."""


class Lanyard:
    """Lanyard's API, as the organization's platform."""

    def __init__(self, gateway_url: str, api_key: str):
        self._url = f"{gateway_url}/v1/sessions"
        self._api_key = api_key
        # Straight to the gateway, whatever proxy the environment names.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def create_session(self, person: Person) -> dict:
        """A token that lets the page act for this person, and nobody else, for ten minutes."""
        body = {"user": {"id": person.id, "name": person.name, "email": person.email}, "role": "member"}
        request = urllib.request.Request(
            self._url, data=json.dumps(body).encode(), method="POST",
            headers={"Authorization": f"Bearer {self._api_key}", "Content-Type": "application/json"},
        )
        try:
            with self._opener.open(request, timeout=_CALL_SECONDS) as answer:
                session = json.load(answer)
        except urllib.error.HTTPError as error:
            raise LanyardError(f"POST /v1/sessions answered {error.code}") from None
        except (OSError, ValueError) as error:
            raise LanyardError(f"POST /v1/sessions failed: {type(error).__name__}") from None
        return {"token": session["token"], "expiresAt": session["expiresAt"]}
