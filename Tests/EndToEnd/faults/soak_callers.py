"""Members who ask for their tokens and use them while everything around them breaks, and what they hold Lanyard to."""

import threading
import time
from collections import Counter
from http.client import HTTPException

from harness import application
from localstack.api import API
from localstack.browser import Browser
from localstack.consent import walk
from localstack.errors import StackError

# What can come of a call while processes die: no answer, half of one, one that is no JSON.
LOST = (OSError, HTTPException, ValueError)
_CALL_SECONDS = 60.0
# A day: longer than any soak.
_SESSION_SECONDS = 86_400
_AGAIN_SECONDS = 0.2
_CONSENT_SECONDS = 30


class Ledger:
    """What all callers saw: counts, and whatever must never happen."""

    def __init__(self):
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        self.violations: list[str] = []
        self.tokens: set[str] = set()

    def count(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1

    def violate(self, what: str) -> None:
        with self._lock:
            self.violations.append(what)

    def saw(self, token: str) -> None:
        with self._lock:
            self.tokens.add(token)


class Caller:
    """One member with one account. A thread asks all the time, through every gateway in turn."""

    def __init__(self, place, party, host: API, integration: dict, name: str, ledger: Ledger):
        self.place, self.party, self.integration, self.ledger, self.name = place, party, integration, ledger, name
        self.application = application("soak")
        self.session = host.create_session(name, seconds=_SESSION_SECONDS)["token"]
        self._doors = [API(gateway.url, self.session) for gateway in place.running.plan.of("gateway")]
        self._turn = 0
        self.connection = place.connect(self._doors[0], integration, party, self.application)["id"]
        # The Connection that its member has ended, with when the last word of it came back.
        self._ended: tuple[str, float] | None = None
        self._wants_end = threading.Event()
        # Held while the account begins anew, so that its end is always about the one that there is.
        self._beginning = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def join(self) -> None:
        self._thread.join()

    @property
    def door(self) -> API:
        """The next gateway."""
        self._turn += 1
        return self._doors[self._turn % len(self._doors)]

    # Asking

    def ask(self) -> tuple[int, dict]:
        """One `auth/resolve`; status 0 for no answer."""
        body = {"integrationId": self.integration["id"], "application": self.application}
        try:
            answer = self.door.raw("POST", "/v1/auth/resolve", body, timeout=_CALL_SECONDS)
            return answer.status, answer.json()
        except LOST:
            return 0, {}

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._turn_once()
            except Exception as error:
                self.ledger.violate(f"{self.name} was answered with what it does not understand: {error!r}")
            time.sleep(_AGAIN_SECONDS)

    def _turn_once(self) -> None:
        began = time.monotonic()
        status, value = self.ask()
        if status == 200 and value["status"] == "ready":
            self._use(began, value["auth"])
        elif status == 200:
            self._consent(value)
        else:
            self.ledger.count("unanswered" if status == 0 else f"answered {status}")
            # An outage may cost time, never a wrong word: a caller must not be told that its access or its account is gone.
            if 400 <= status < 500 and status != 429 and not self._is_ending:
                self.ledger.violate(f"{self.name} was refused with {status} {value.get('code')}")

    def _use(self, began: float, auth: dict) -> None:
        """A token that was handed out is one that the provider takes."""
        self.ledger.count("tokens")
        self.ledger.saw(auth["accessToken"])
        self._adopt(auth["id"])
        ended = self._ended
        if ended is not None and auth["id"] == ended[0] and began > ended[1]:
            self.ledger.violate(f"{self.name} was given a token of {auth['id']} after its revocation was acknowledged")
        status = self.party.mail(auth["accessToken"])
        if status == 200:
            self.ledger.count("used")
        elif self._is_ending:
            self.ledger.count("revoked before use")
        else:
            self.ledger.violate(f"{self.name} was given a token that the provider answers with {status}")

    # Ending and beginning anew

    @property
    def _is_ending(self) -> bool:
        """Whether the member has asked for the account's end, and it has not begun anew."""
        return self._wants_end.is_set() or self._ended is not None

    def settle(self) -> bool:
        """Whether there is a token, after the storm; an account that its member has ended is connected first."""
        status, value = self.ask()
        if status != 200:
            return False
        if value["status"] != "ready":
            self._consent(value)
            return False
        self._adopt(value["auth"]["id"])
        return True

    def revoke(self) -> None:
        """The member ends the account and hears that it is done; asked again while there is no answer."""
        with self._beginning:
            connection = self.connection
            self._wants_end.set()
        while not self._stop.is_set():
            try:
                answer = self.door.raw(
                    "POST", "/v1/auth/revoke", {"connectionId": connection, "application": self.application}, _CALL_SECONDS)
            except LOST:
                continue
            # 404: an attempt whose answer was lost has done it.
            if answer.status in (200, 202, 204, 404):
                self._ended = (connection, time.monotonic())
                self._wants_end.clear()
                return
            if answer.status < 500:
                self.ledger.violate(f"{self.name} may not revoke: {answer.status} {answer.text[:200]}")
                return
            time.sleep(_AGAIN_SECONDS)

    def _consent(self, value: dict) -> None:
        """Asked to connect: right after the member's own word, and wrong at any other time."""
        if not self._is_ending:
            self.ledger.violate(f"{self.name} was asked for {value['status']} {value.get('reason', '')}, and nobody had ended the account")
            self._stop.set()
            return
        with self._beginning:
            if value["status"] == "consentRequired" and not self._wants_end.is_set():
                self._begin(value)

    def _adopt(self, connection: str) -> None:
        """An account that has begun anew, although the last word of its consent was lost."""
        with self._beginning:
            if connection == self.connection:
                return
            if self._ended is None:
                self.ledger.violate(f"{self.name} was given a token of {connection} instead of {self.connection}")
            elif not self._wants_end.is_set():
                self._has_begun(connection)

    def _has_begun(self, connection: str) -> None:
        self.connection, self._ended = connection, None
        self.ledger.count("connected anew")

    def _begin(self, value: dict) -> None:
        try:
            walk(Browser(), value["flow"]["url"], lambda url: self.party.approve(url, "ada"))
            result = self._doors[0].flow(value["flow"]["id"], _CONSENT_SECONDS - 5)
        except (*LOST, StackError):
            return
        if result.get("status") == "completed":
            self._has_begun(result["connectionId"])
