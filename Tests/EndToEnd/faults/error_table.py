"""What a provider can answer to a refresh, and the class that each answer belongs to. One row per kind."""

from dataclasses import dataclass, field
from enum import Enum


class Class(Enum):
    """What an answer means for the Connection."""

    # New tokens, whatever else is odd about the answer.
    SERVED = "served"
    # Later, perhaps. The Connection is kept.
    TRANSIENT = "transient"
    # Nobody knows whether the provider has spent the refresh token. The Connection is kept, and one more try is made at once.
    UNKNOWN = "outcome unknown"
    # The provider's word: this grant is over.
    REAUTHORIZE = "needs reauthorization"
    # The Integration is wrong, not the Connection.
    CONFIGURATION = "configuration"


@dataclass(frozen=True)
class Kind:
    """One kind of answer."""

    name: str
    group: Class
    # The stable word that is kept; never the provider's text.
    reason: str | None
    # What the practice provider is asked to do.
    fault: dict = field(hash=False)
    # Seconds that the provider asked to wait; what is followed, not what it said.
    wait: int = 0


# Each of these could be taken for the provider's word about a grant or a client; the status says that it is none.
_ALARMING = '{"error":"invalid_grant"}'
_PAGE = "<html><title>Sign in</title></html>"
_LONG_SECONDS = 100_000
# The longest that is waited because a provider asked for it.
_HOUR = 3_600
# Before the deadline of a call, and after it.
_LATE, _TOO_LATE = 500, 12_000


def _status(status: int, error: str = "server_error") -> Kind:
    return Kind(f"{status} {error}", Class.TRANSIENT, f"status_{status}", {"kind": "status", "status": status, "error": error})


def _page(status: int) -> Kind:
    return Kind(f"{status} with a page", Class.TRANSIENT, f"status_{status}", {"kind": "html", "status": status})


def _said(name: str, status: int, body: str, group: Class, reason: str, **more) -> Kind:
    wait = more.pop("wait", 0)
    return Kind(name, group, reason, {"kind": "answer", "status": status, "body": body, **more}, wait)


def _redirect(status: int) -> Kind:
    return _said(
        f"{status} to another place", status, _ALARMING, Class.TRANSIENT, f"status_{status}",
        location="https://another-place.example/token")


def _code(status: int, code: str, group: Class, reason: str | None = None) -> Kind:
    return _said(f"{status} {code}", status, f'{{"error":"{code}"}}', group, reason or code)


KINDS = [
    # The provider is not well, whatever it says.
    _status(500), _status(501), _status(502), _status(503, "temporarily_unavailable"), _status(504), _status(520),
    _page(502), _page(503),
    _status(500, "invalid_grant"), _status(503, "invalid_client"),
    # Later, be it said about this client or about everyone.
    _status(408), _status(425), _status(429, "slow_down"), _status(429, "invalid_grant"),
    Kind("429, wait 90 s", Class.TRANSIENT, "status_429", {"kind": "tooManyRequests", "retryAfterSeconds": 90}, 90),
    _said("503, wait 120 s", 503, "", Class.TRANSIENT, "status_503", retryAfter="120", wait=120),
    _said("429, wait longer than an hour", 429, "", Class.TRANSIENT, "status_429", retryAfter=str(_LONG_SECONDS), wait=_HOUR),
    _said("429, wait until a date", 429, "", Class.TRANSIENT, "status_429", retryAfter="Fri, 31 Dec 2100 23:59:59 GMT", wait=_HOUR),
    _said("429, wait for nonsense", 429, "", Class.TRANSIENT, "status_429", retryAfter="soon; or -7"),
    # Nothing that a token endpoint says: a proxy, a portal, a bug.
    _redirect(301), _redirect(302), _redirect(307), _redirect(308),
    _said("200 with a page", 200, _PAGE, Class.TRANSIENT, "unreadable_answer", contentType="text/html"),
    _said("200 with a page that is called JSON", 200, _PAGE, Class.TRANSIENT, "unreadable_answer"),
    Kind("200 without a body", Class.TRANSIENT, "unreadable_answer", {"kind": "emptyBody"}),
    Kind("200 with half of a JSON", Class.TRANSIENT, "unreadable_answer", {"kind": "invalidJSON"}),
    _said("200 with a list", 200, "[]", Class.TRANSIENT, "unreadable_answer"),
    Kind("200 with 16 MiB", Class.TRANSIENT, "unreadable_answer", {"kind": "oversize"}),
    _said("200 with an empty object", 200, "{}", Class.TRANSIENT, "missing_access_token"),
    _said("200 with an empty token", 200, '{"access_token":"","token_type":"Bearer"}', Class.TRANSIENT, "missing_access_token"),
    Kind("200 with all but the access token", Class.TRANSIENT, "missing_access_token", {"kind": "missingField"}),
    _said("400 without a body", 400, "", Class.TRANSIENT, "unreadable_answer"),
    _said("403 with a page", 403, _PAGE, Class.TRANSIENT, "unreadable_answer", contentType="text/html"),
    _said("404 with a text", 404, "not here", Class.TRANSIENT, "unreadable_answer", contentType="text/plain"),
    # An OAuth error that ends nothing.
    _code(400, "temporarily_unavailable", Class.TRANSIENT), _code(400, "slow_down", Class.TRANSIENT),
    _code(400, "server_error", Class.TRANSIENT), _code(200, "temporarily_unavailable", Class.TRANSIENT),
    _code(400, "a_word_that_nobody_knows", Class.TRANSIENT),
    # No answer at all, after the request was sent.
    Kind("reset before it is processed", Class.UNKNOWN, "refresh_outcome_unknown", {"kind": "resetBefore"}),
    Kind("reset after it was processed", Class.UNKNOWN, "refresh_outcome_unknown", {"kind": "resetAfter"}),
    Kind("half of an answer", Class.UNKNOWN, "refresh_outcome_unknown", {"kind": "truncated"}),
    Kind("an answer that comes too late", Class.UNKNOWN, "refresh_outcome_unknown", {"kind": "slow", "delayMilliseconds": _TOO_LATE}),
    # The provider's word about the grant.
    _code(400, "invalid_grant", Class.REAUTHORIZE), _code(401, "invalid_grant", Class.REAUTHORIZE),
    Kind("200 invalid_grant", Class.REAUTHORIZE, "invalid_grant", {"kind": "errorWith200"}),
    _code(200, "bad_refresh_token", Class.REAUTHORIZE), _code(400, "interaction_required", Class.REAUTHORIZE),
    _code(400, "consent_required", Class.REAUTHORIZE), _code(400, "login_required", Class.REAUTHORIZE),
    # The provider's word about the client or the request.
    Kind("401 invalid_client", Class.CONFIGURATION, "invalid_client", {"kind": "invalidClient"}),
    _code(400, "invalid_client", Class.CONFIGURATION), _code(400, "unauthorized_client", Class.CONFIGURATION),
    _code(400, "invalid_scope", Class.CONFIGURATION), _code(400, "unsupported_grant_type", Class.CONFIGURATION),
    _said("401 without a body", 401, "", Class.CONFIGURATION, "unauthorized"),
    _said("401 with a page", 401, _PAGE, Class.CONFIGURATION, "unauthorized", contentType="text/html"),
    Kind("a token of another type", Class.CONFIGURATION, "unsupported_token_type", {"kind": "wrongTokenType"}),
    # Odd, and good.
    Kind("no end of the token", Class.SERVED, None, {"kind": "missingField", "field": "expires_in"}),
    Kind("no new refresh token", Class.SERVED, None, {"kind": "missingField", "field": "refresh_token"}),
    Kind("no type of the token", Class.SERVED, None, {"kind": "missingField", "field": "token_type"}),
    Kind("an answer that comes late", Class.SERVED, None, {"kind": "slow", "delayMilliseconds": _LATE}),
]
