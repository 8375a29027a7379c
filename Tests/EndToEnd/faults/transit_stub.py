"""A stub of a Transit secrets engine, not one: `encrypt` and `decrypt` as HashiCorp Vault and OpenBao document them, one key in memory, TLS
under an authority of its own."""

import base64
import datetime
import json
import secrets
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_HOST = "127.0.0.1"
_MARK = "vault:v1:"
_NONCE_BYTES = 12
_DAY = datetime.timedelta(days=1)


class TransitStub:
    """Listens on a free port, until it is taken away; it comes back on the same one with the same key."""

    def __init__(self, folder: Path):
        folder.mkdir()
        self.authority_file, self._certificate = folder / "ca.crt", folder / "server.pem"
        self.token_file = folder / "token"
        self._token, self._key = secrets.token_urlsafe(), AESGCM(AESGCM.generate_key(256))
        self.token_file.touch(0o600)
        self.token_file.write_text(self._token + "\n", encoding="utf-8")
        _write_certificates(self.authority_file, self._certificate)
        self._left: int | None = None
        self._lock, self._held = threading.Lock(), threading.Event()
        self._server: ThreadingHTTPServer | None = None
        self._port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"https://{_HOST}:{self._port}"

    @property
    def settings(self) -> dict[str, str]:
        """Of a vault."""
        return {
            "LANYARD_TRANSIT_URL": self.url, "LANYARD_TRANSIT_TOKEN_FILE": str(self.token_file),
            "LANYARD_TRANSIT_CA_FILE": str(self.authority_file),
        }

    @property
    def options(self) -> list:
        """Of a command."""
        return ["--transit-url", self.url, "--transit-token-file", self.token_file, "--transit-ca-file", self.authority_file]

    def start(self) -> None:
        """Brings it back, unless it is there."""
        if self._server is not None:
            return
        stub = self

        class Handler(BaseHTTPRequestHandler):
            # A connection for each call, so that nothing is left of a server that went away.
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                status, answer = stub._answer(self.path, self.headers["x-vault-token"], body)
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """Whoever is killed in the middle of a call does not wait for its answer."""

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._certificate)
        self._server = Server((_HOST, self._port), Handler)
        # The handshake belongs to the thread of its connection: one that stands still must not keep others waiting.
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Takes it away."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def hold_after(self, encryptions: int) -> threading.Event:
        """Gives no answer to the encryption after so many. The event comes when one waits."""
        with self._lock:
            self._left, self._held = encryptions, threading.Event()
        return self._held

    def let_go(self) -> None:
        with self._lock:
            self._left = None

    def _is_held(self) -> bool:
        with self._lock:
            if self._left is None:
                return False
            self._left -= 1
            return self._left < 0

    def _answer(self, path: str, token: str, body: dict) -> tuple[int, dict]:
        if token != self._token:
            return 403, {"errors": ["permission denied"]}
        place = base64.b64decode(body["associated_data"])
        if path == "/v1/transit/encrypt/lanyard":
            # A probe, which is for no organization, is not counted.
            if place and self._is_held():
                self._held.set()
                # For good: who asked is dead by the time that anything else happens.
                threading.Event().wait(_DAY.total_seconds())
            nonce = secrets.token_bytes(_NONCE_BYTES)
            sealed = nonce + self._key.encrypt(nonce, base64.b64decode(body["plaintext"]), place)
            return 200, {"data": {"ciphertext": _MARK + base64.b64encode(sealed).decode()}}
        if path == "/v1/transit/decrypt/lanyard":
            sealed = base64.b64decode(body["ciphertext"].removeprefix(_MARK))
            try:
                opened = self._key.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place)
            except InvalidTag:
                return 400, {"errors": ["cipher: message authentication failed"]}
            return 200, {"data": {"plaintext": base64.b64encode(opened).decode()}}
        return 404, {"errors": ["no handler for route"]}


def _write_certificates(authority_file: Path, server_file: Path) -> None:
    """An authority that nobody else knows, and a certificate of it for this machine."""
    now = datetime.datetime.now(datetime.UTC)
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority_name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Authority of the Transit stub")])

    def certificate(name: x509.Name, public_key, extensions: list[tuple[x509.ExtensionType, bool]]) -> bytes:
        builder = x509.CertificateBuilder(authority_name, name, public_key, x509.random_serial_number(), now - _DAY, now + _DAY)
        for extension, is_critical in extensions:
            builder = builder.add_extension(extension, is_critical)
        return builder.sign(authority_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    authority_file.write_bytes(certificate(
        authority_name, authority_key.public_key(), [(x509.BasicConstraints(ca=True, path_length=0), True)]))
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Transit stub")])
    own = certificate(
        name, key.public_key(), [
            (x509.SubjectAlternativeName([x509.IPAddress(ip_address(_HOST))]), False),
            (x509.BasicConstraints(ca=False, path_length=None), True),
        ])
    server_file.touch(0o600)
    server_file.write_bytes(own + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
