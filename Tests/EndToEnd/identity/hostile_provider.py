"""An OpenID provider that says whatever a test wants said. Everybody who comes is who the test says they are."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils


def encoded(value: bytes | dict | list) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int, size: int) -> str:
    return encoded(value.to_bytes(size, "big"))


class Keys:
    """One key of each kind that is accepted, and the words with which they are published."""

    def __init__(self):
        self.rsa = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.p256 = ec.generate_private_key(ec.SECP256R1())
        self.ed25519 = ed25519.Ed25519PrivateKey.generate()

    def published(self) -> list[dict]:
        public, point = self.rsa.public_key().public_numbers(), self.p256.public_key().public_numbers()
        raw = self.ed25519.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return [
            {"kty": "RSA", "kid": "rsa", "use": "sig", "alg": "RS256", "n": number(public.n, 256), "e": number(public.e, 3)},
            {"kty": "EC", "kid": "p256", "use": "sig", "crv": "P-256", "x": number(point.x, 32), "y": number(point.y, 32)},
            {"kty": "OKP", "kid": "ed25519", "use": "sig", "crv": "Ed25519", "x": encoded(raw)},
            {"kty": "RSA", "kid": "encryption", "use": "enc", "n": number(public.n, 256), "e": number(public.e, 3)},
        ]

    def public_pem(self) -> bytes:
        return self.rsa.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def sign(self, header: dict, claims: dict | list, with_key: str = "rsa") -> str:
        message = f"{encoded(header)}.{encoded(claims)}"
        data = message.encode()
        if with_key == "rsa":
            signature = self.rsa.sign(data, padding.PKCS1v15(), hashes.SHA256())
        elif with_key == "pss":
            signature = self.rsa.sign(data, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
        elif with_key == "p256":
            r, s = utils.decode_dss_signature(self.p256.sign(data, ec.ECDSA(hashes.SHA256())))
            signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        elif with_key == "ed25519":
            signature = self.ed25519.sign(data)
        elif with_key == "public":
            # The public key as a shared secret.
            signature = hmac.new(self.public_pem(), data, hashlib.sha256).digest()
        elif with_key == "none":
            signature = b""
        else:
            raise ValueError(with_key)
        return f"{message}.{encoded(signature)}"


class HostileProvider:
    """Listens on a free port until it is stopped."""

    def __init__(self):
        self.keys = Keys()
        self.client_id, self.client_secret = "client", secrets.token_urlsafe(16)
        self.subject = "somebody"
        # What it does with the token, and with the redirect back.
        self.token = self.good
        self.redirect = lambda fields: fields
        self.key_looks = 0
        self.codes: dict[str, dict] = {}
        self._lock = threading.Lock()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *arguments):
                pass

            def answer(self, value: dict, status: int = 200):
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                place = urlsplit(self.path)
                if place.path == "/.well-known/openid-configuration":
                    self.answer(provider.metadata())
                elif place.path == "/keys":
                    provider.key_looks += 1
                    self.answer({"keys": provider.keys.published()})
                elif place.path == "/authorize":
                    asked = {name: values[0] for name, values in parse_qs(place.query).items()}
                    self.send_response(302)
                    self.send_header("Location", provider.answer(asked))
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                else:
                    self.answer({}, 404)

            def do_POST(self):
                length = int(self.headers.get("Content-Length", 0))
                fields = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
                self.answer(*provider.exchange(fields))

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host_and_port = f"127.0.0.1:{self._server.server_address[1]}"
        self.issuer = f"http://{self.host_and_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def metadata(self) -> dict:
        return {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
            "code_challenge_methods_supported": ["S256"], "authorization_response_iss_parameter_supported": True,
        }

    def answer(self, asked: dict) -> str:
        """Where the browser is sent back to."""
        code = secrets.token_urlsafe(16)
        with self._lock:
            self.codes[code] = asked
        fields = self.redirect({"code": code, "state": asked["state"], "iss": self.issuer})
        return f"{asked['redirect_uri']}?{urlencode(fields)}"

    def exchange(self, fields: dict) -> tuple[dict, int]:
        """Each code once, and only with the verifier of its own trip (RFC 7636 section 4.6)."""
        with self._lock:
            asked = self.codes.pop(fields.get("code", ""), None)
        challenge = encoded(hashlib.sha256(fields.get("code_verifier", "").encode()).digest())
        if asked is None or asked["code_challenge"] != challenge:
            return {"error": "invalid_grant"}, 400
        answer = {"access_token": "access", "token_type": "Bearer", "expires_in": 60, "id_token": self.token(asked)}
        return {name: value for name, value in answer.items() if value is not None}, 200

    def claims(self, asked: dict, **changes) -> dict:
        now = int(time.time())
        claims = {
            "iss": self.issuer, "sub": self.subject, "aud": self.client_id, "exp": now + 300, "iat": now,
            "nonce": asked["nonce"], "email": "somebody@hostile.example", "auth_time": now, **changes}
        return {name: value for name, value in claims.items() if value is not None}

    def good(self, asked: dict, **changes) -> str:
        return self.keys.sign({"alg": "RS256", "kid": "rsa"}, self.claims(asked, **changes))
