"""Service tokens and grants, made here by their description and not by the code under test."""

import base64
import json
import secrets
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

LIFETIME_SECONDS = 60


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def private_key(keys: Path, service: str) -> tuple[Ed25519PrivateKey, str]:
    """A service's key from its file, and the id of the key."""
    document = json.loads((keys / "service-keys" / f"{service}.key").read_text(encoding="utf-8"))
    return Ed25519PrivateKey.from_private_bytes(decode(document["privateKey"])), document["kid"]


def sign(keys: Path, service: str, kind: str, claims: dict) -> str:
    """A compact EdDSA signature (RFC 7515, RFC 8037) with the service's key from its file."""
    key, identifier = private_key(keys, service)
    header = {"alg": "EdDSA", "kid": identifier, "typ": kind}
    parts = [encode(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims)]
    return ".".join([*parts, encode(key.sign(".".join(parts).encode()))])


def service_token(keys: Path, caller: str, audience: str, lifetime: int = LIFETIME_SECONDS) -> str:
    now = int(time.time())
    return sign(
        keys, caller, "lanyard-service+jwt",
        {"iss": caller, "aud": audience, "iat": now, "exp": now + lifetime, "jti": secrets.token_urlsafe(16)},
    )


def grant(keys: Path, organization: str, purposes: list[str], presenters: list[str], signer: str = "policy", **more) -> str:
    """A grant as policy would sign it, or as another service should not be able to."""
    now = datetime.now(timezone.utc).replace(microsecond=0)
    claims = {
        "id": f"grt_{secrets.token_hex(13)}", "organizationId": organization,
        "actor": {"kind": "hostPlatform", "id": "key_contract"}, "purposes": purposes, "presenters": presenters,
        "issuedAt": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "expiresAt": (now + timedelta(seconds=LIFETIME_SECONDS)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        **more,
    }
    return sign(keys, signer, "lanyard-grant+jwt", claims)


def read_service_token(keys: Path, caller: str, authorization: str) -> dict | None:
    """The claims of a service token that this caller signed, or None."""
    scheme, _, token = authorization.partition(" ")
    parts = token.split(".")
    if scheme != "Bearer" or len(parts) != 3:
        return None
    try:
        private_key(keys, caller)[0].public_key().verify(decode(parts[2]), ".".join(parts[:2]).encode())
    except InvalidSignature:
        return None
    return json.loads(decode(parts[1]))
