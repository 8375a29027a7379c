"""`/.well-known/jwks.json`: what outsiders can check with it, with a library that this project did not write."""

import base64
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from harness import eventually
from localstack.api import API

# They are written each minute.
CHECKPOINT_SECONDS = 180
FIELDS = ("kind", "service", "chain", "sequence", "hash", "at", "keyId")


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_the_keys_are_public_and_check_the_checkpoints_of_the_trail(world, tenant):
    answer = API(tenant.gateways[0], None).raw("GET", "/.well-known/jwks.json")
    assert answer.status == 200 and answer.headers["cache-control"] == "public, max-age=300"
    keys = {key["kid"]: key for key in answer.json()["keys"]}
    assert {kid.split("-")[0] for kid in keys} == {"vault", "policy"}
    for key in keys.values():
        assert set(key) == {"kty", "crv", "alg", "use", "kid", "x"}, "nothing private"
        assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("OKP", "Ed25519", "EdDSA", "sig")
        assert len(decoded(key["x"])) == 32

    def checked() -> bool:
        found = False
        for file in world.harness.stack.layout.checkpoints.rglob("*"):
            lines = file.read_text(encoding="utf-8").splitlines(keepends=True) if file.is_file() else []
            # The last line may be written just now.
            for line in (line for line in lines if line.endswith("\n")):
                checkpoint = json.loads(line)
                statement = "\n".join(str(checkpoint[name]) for name in FIELDS)
                public = Ed25519PublicKey.from_public_bytes(decoded(keys[checkpoint["keyId"]]["x"]))
                public.verify(decoded(checkpoint["signature"]), f"lanyard audit-checkpoint v1\n{statement}".encode())
                found = True
        return found

    eventually(checked, CHECKPOINT_SECONDS, "the first checkpoint")
