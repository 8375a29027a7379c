"""One running service as a caller sees it: its address, its document, its credentials."""

import hashlib
import itertools
import ssl
from pathlib import Path

import yaml
from localstack.stack import OWNER, RunningStack
from localstack.web import HTTP, Response
from tokens import grant, service_token

DOCUMENTS = Path(__file__).resolve().parents[2] / "docs" / "openapi"
# Who calls each service; every endpoint names those that it answers.
CALLERS = {"vault": ("gateway", "exchanger", "policy"), "policy": ("gateway", "exchanger"), "exchanger": ("gateway",)}
SCOPE = {"applicationType": "Application", "applicationId": "app-contract", "appId": "org.example.contract"}
PURPOSES = ["list", "release", "connect", "revoke", "manage", "administer"]


# Asked by orchestrators, which have no credential.
PROBES = ("/healthz", "/readyz", "/metrics")


class Service:
    """A service of the running stack."""

    def __init__(self, running: RunningStack, name: str):
        self.name = name
        self.url = running.plan.of(name)[0].url
        self.certificate_authority = str(running.layout.keys / "tls" / "ca.crt")
        self._running = running
        self._callers = itertools.cycle(CALLERS.get(name, ()))
        session = running.host.create_session(OWNER["id"], "owner")
        self._owner, self._owner_id = session["token"], session["userId"]

    @property
    def document(self) -> dict:
        return yaml.safe_load((DOCUMENTS / f"{self.name}.yaml").read_text(encoding="utf-8"))

    def headers(self, caller: str | None = None) -> dict[str, str]:
        """Fresh credentials, which live for a minute; of each of the callers in turn unless one is named."""
        if self.name == "gateway":
            return {"Authorization": f"Bearer {self._owner}"}
        keys, organization = self._running.layout.keys, self._running.organization_id
        caller = caller or next(self._callers)
        return {
            "Authorization": f"Bearer {service_token(keys, caller, self.name)}",
            "Lanyard-Grant": grant(keys, organization, PURPOSES, [caller], userId=self._owner_id, scope=SCOPE),
        }

    @property
    def credential(self) -> str:
        """What the gateway tells policy about its caller: the hash of the owner's session token."""
        return hashlib.sha256(self._owner.encode()).hexdigest()

    def operations(self) -> list[tuple[str, str]]:
        """Every operation of the document, with its parameters filled in by something that does not exist."""
        found = []
        for path, item in self.document["paths"].items():
            if path in PROBES:
                continue
            for method in ("get", "post", "put", "patch", "delete"):
                if method in item:
                    filled = "/".join("unknown" if part.startswith("{") else part for part in path.split("/"))
                    found.append((method.upper(), filled))
        return found

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes | None = None) -> Response:
        context = ssl.create_default_context(cafile=self.certificate_authority)
        return HTTP(context).send(method, self.url + path, headers, body)


def practice_integration(running: RunningStack) -> dict:
    owner = running.host.session(OWNER["id"], "owner")
    practice = running.plan.practice
    return owner.create_integration(
        name="Practice", provider="sandbox", clientId=practice.client_id, clientSecret=practice.client_secret,
        defaultScopes=["mail.read"],
    )
