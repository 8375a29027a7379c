"""What each service is told: the same variables as in the images, with loopback addresses and files of the data folder."""

from dataclasses import dataclass, field
from pathlib import Path

from .databases import Database
from .layout import Layout
from .ports import LOOPBACK
from .sql import Server

# A working day: the owner's credentials in stack.json should outlive a session of trying things out.
OWNER_SECONDS = 12 * 60 * 60
SERVICES = ("vault", "exchanger", "policy", "gateway")
# Which services each one calls.
_PEERS = {
    "vault": (),
    "exchanger": ("vault", "policy"),
    "policy": ("vault",),
    "gateway": ("vault", "exchanger", "policy"),
}
_DATABASES = ("vault", "policy")
_PATH = "/usr/local/bin:/usr/bin:/bin"
# What the local stack says where a deployment has defaults; "all" to every service. Whoever starts it may choose otherwise.
_USUAL = {
    "all": {"LANYARD_LOG_LEVEL": "info"},
    # As long as the owner's token in stack.json: the link beside it waits for whoever comes to try things out.
    "policy": {"LANYARD_SIGN_IN_LINK_SECONDS": str(OWNER_SECONDS)},
    # Whoever tries things out refreshes what was issued a moment ago; only a deployment has providers to spare.
    "vault": {"LANYARD_REFRESH_FORCED_MINIMUM_SECONDS": "0"},
    "gateway": {
        # Whoever tries things out serves a host page from any port of this machine.
        "LANYARD_PUBLIC_HOST_ORIGINS": "http://127.0.0.1:*,http://localhost:*",
        # Here is where apps are developed.
        "LANYARD_MCP_EXPLICIT_SERVERS": "enabled",
        # They walk connect pages by their address, with curl and in browsers that no identity provider knows.
        "LANYARD_CONNECT_SIGN_IN": "optional",
    },
}


@dataclass(frozen=True)
class Instance:
    """One process of a service."""

    service: str
    number: int
    port: int
    metrics_port: int

    @property
    def name(self) -> str:
        return instance_name(self.service, self.number)

    @property
    def url(self) -> str:
        scheme = "http" if self.service in ("gateway", "sandbox") else "https"
        return f"{scheme}://{LOOPBACK}:{self.port}"

    @property
    def metrics_url(self) -> str:
        return f"http://{LOOPBACK}:{self.metrics_port}"


@dataclass(frozen=True)
class Practice:
    """The practice provider's registration of Lanyard."""

    issuer: str
    client_id: str
    client_secret: str
    admin_token: str
    # Opens its MCP server where that takes one token of everyone's.
    mcp_token: str = ""


@dataclass
class Plan:
    """Everything the settings are made from."""

    layout: Layout
    instances: list[Instance]
    databases: dict[str, Database]
    practice: Practice | None
    egress_allow: list[str] = field(default_factory=list)
    overrides: dict[str, dict[str, str]] = field(default_factory=dict)

    def of(self, service: str) -> list[Instance]:
        return [instance for instance in self.instances if instance.service == service]

    @property
    def gateway_url(self) -> str:
        return self.of("gateway")[0].url


def instance_name(service: str, number: int) -> str:
    """`vault` is the first process of the vault, `vault-2` the second."""
    return service if number == 1 else f"{service}-{number}"


def environment(plan: Plan, instance: Instance) -> dict[str, str]:
    """The whole environment of one process; nothing is inherited."""
    return {
        "PATH": _PATH,
        # A backtrace takes seconds and could show memory: the logs say enough.
        "SWIFT_BACKTRACE": "enable=no",
        **_fixed(plan, instance),
        **usual(instance.service),
        **plan.overrides.get("all", {}),
        **plan.overrides.get(instance.service, {}),
    }


def usual(service: str) -> dict[str, str]:
    """What the local stack tells a service unless somebody chooses otherwise."""
    return {**_USUAL["all"], **_USUAL.get(service, {})}


def fixed_names() -> set[str]:
    """The variables that hold the stack together, whatever their values are: other values would take it apart."""
    layout, nowhere = Layout(Path(), Path()), Server("", 0, "", "")
    database = Database(nowhere, nowhere, Path(), Path())
    instances = [Instance(service, 1, 0, 0) for service in (*SERVICES, "sandbox")]
    plan = Plan(layout, instances, dict.fromkeys(_DATABASES, database), Practice("", "", "", ""))
    return {name for instance in instances for name in _fixed(plan, instance)}


def _fixed(plan: Plan, instance: Instance) -> dict[str, str]:
    """Addresses, files and credentials: what the processes find each other by."""
    if instance.service == "sandbox":
        return _sandbox(plan, instance)
    return {**_common(plan, instance), **_particular(plan, instance)}


def _common(plan: Plan, instance: Instance) -> dict[str, str]:
    keys = plan.layout.keys
    settings = {
        "LANYARD_HTTP_HOST": LOOPBACK,
        "LANYARD_HTTP_PORT": str(instance.port),
        "LANYARD_METRICS_HOST": LOOPBACK,
        "LANYARD_METRICS_PORT": str(instance.metrics_port),
        "LANYARD_SERVICE_KEY_FILE": str(keys / "service-keys" / f"{instance.service}.key"),
        "LANYARD_SERVICE_KEYS_FILE": str(keys / "service-keys.json"),
        "LANYARD_TLS_CA_FILE": str(plan.layout.authority_file),
    }
    if instance.service != "gateway":
        settings["LANYARD_TLS_CERTIFICATE_FILE"] = str(keys / "tls" / f"{instance.service}.crt")
        settings["LANYARD_TLS_KEY_FILE"] = str(keys / "tls" / f"{instance.service}.key")
    for peer in _PEERS[instance.service]:
        settings[f"LANYARD_{peer.upper()}_URL"] = ",".join(replica.url for replica in plan.of(peer))
    return settings


def _particular(plan: Plan, instance: Instance) -> dict[str, str]:
    service, keys = instance.service, plan.layout.keys
    settings: dict[str, str] = {}
    if service in _DATABASES:
        settings["LANYARD_DATABASE_URL_FILE"] = str(plan.databases[service].application_url_file)
        settings["LANYARD_AUDIT_CHECKPOINTS"] = str(plan.layout.checkpoints / service)
    if service == "vault":
        settings["LANYARD_KEYRING_FILE"] = str(keys / "keyring.json")
        settings["LANYARD_JOURNAL_KEY_FILE"] = str(keys / "journal.key")
    if service == "exchanger":
        settings["LANYARD_JOURNAL_PUBLIC_KEY_FILE"] = str(keys / "journal.pub")
        settings["LANYARD_JOURNAL_DIRECTORY"] = str(journal(plan.layout, instance))
    if service in ("exchanger", "policy", "gateway"):
        settings["LANYARD_EGRESS_ALLOW"] = ",".join(plan.egress_allow)
    if service in ("gateway", "policy"):
        settings["LANYARD_PUBLIC_URL"] = plan.gateway_url
    if service in ("exchanger", "policy") and plan.practice is not None:
        settings["LANYARD_SANDBOX_ISSUER"] = plan.practice.issuer
    return settings


def _sandbox(plan: Plan, instance: Instance) -> dict[str, str]:
    practice, callback = plan.practice, f"{plan.gateway_url}/oauth/callback"
    return {
        "LANYARD_SANDBOX": "enabled",
        "LANYARD_HTTP_HOST": LOOPBACK,
        "LANYARD_HTTP_PORT": str(instance.port),
        "LANYARD_SANDBOX_ISSUER": practice.issuer,
        "LANYARD_SANDBOX_CLIENT_ID": practice.client_id,
        "LANYARD_SANDBOX_CLIENT_SECRET": practice.client_secret,
        # A custom provider that does not name itself in its answers has a redirect URI of its own below the usual one.
        "LANYARD_SANDBOX_REDIRECT_URIS": f"{callback},{callback}/*",
        "LANYARD_SANDBOX_ADMIN_TOKEN": practice.admin_token,
        "LANYARD_SANDBOX_MCP_STATIC_TOKEN": practice.mcp_token,
    }


def journal(layout: Layout, instance: Instance) -> Path:
    """Each exchanger keeps its own journal of replies that could not be stored yet."""
    return layout.journal / instance.name
