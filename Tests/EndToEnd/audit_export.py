"""Checks an exported audit trail by the documented formula alone: nothing of the project's code takes part."""

import hashlib
from collections.abc import Iterable

_MISSING = (2**32 - 1).to_bytes(4, "big")
_BEGINNING = bytes(32)


def _text(value: str | None) -> bytes:
    if value is None:
        return _MISSING
    data = value.encode()
    return len(data).to_bytes(4, "big") + data


def canonical_bytes(chain: str, record: dict) -> bytes:
    """The bytes of an entry that its hash covers."""
    actor, target = record["actor"], record.get("target", {})
    time = record["occurredMicroseconds"].to_bytes(8, "big", signed=True)
    parts = [_text("lanyard.audit.1"), _text(chain), _text(record["id"]), len(time).to_bytes(4, "big") + time]
    parts += [_text(record["action"]), _text(actor["kind"]), _text(actor.get("id"))]
    parts += [_text(record.get(name)) for name in ("userId", "applicationId", "appId", "charmId", "caller")]
    parts += [_text(target.get("kind")), _text(target.get("id")), _text(record["outcome"])]
    parts += [_text(record.get(name)) for name in ("grantId", "requestId")]
    details = sorted((name.encode(), value) for name, value in record["details"].items())
    parts.append(len(details).to_bytes(4, "big"))
    for name, value in details:
        parts += [_text(name.decode()), _text(value)]
    return b"".join(parts)


def broken(chain: str, records: Iterable[dict]) -> list[int]:
    """The numbers at which a chain that begins at its beginning is not what it was."""
    previous, number, found = _BEGINNING, 0, []
    for record in records:
        number += 1
        data = previous + number.to_bytes(8, "big") + canonical_bytes(chain, record)
        if record["sequence"] != number or hashlib.sha256(data).hexdigest() != record["hash"]:
            found.append(number)
        previous = bytes.fromhex(record["hash"])
    return found
