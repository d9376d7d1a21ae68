"""A passkey authenticator in software for tests: one ES256 key pair (WebAuthn Level 3, 5.8.1, 6.1 and 6.5.4)."""

import hashlib
import json
import secrets
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url

USER_PRESENT, USER_VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


class Authenticator:
    """Holds one passkey and answers for the site at `origin`."""

    def __init__(self, host: str = "testserver", origin: str = "http://testserver") -> None:
        self.host = host
        self.origin = origin
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential_id = secrets.token_bytes(16)
        self.sign_count = 0
        self.user_handle = ""

    def create(self, options: str) -> str:
        """The answer of navigator.credentials.create(), as the page sends it."""
        wanted = json.loads(options)
        self.user_handle = wanted["user"]["id"]
        numbers = self.key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        public_key = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        length = len(self.credential_id).to_bytes(2, "big")
        data = self._data(USER_PRESENT | USER_VERIFIED | HAS_KEY) + bytes(16) + length + self.credential_id + public_key
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client_data = self._client_data("webauthn.create", wanted["challenge"])
        return self._answer(clientDataJSON=client_data, attestationObject=attestation)

    def get(self, options: str, *, flags: int = USER_PRESENT | USER_VERIFIED) -> str:
        """The answer of navigator.credentials.get()."""
        self.sign_count += 1
        client_data = self._client_data("webauthn.get", json.loads(options)["challenge"])
        data = self._data(flags)
        signature = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(clientDataJSON=client_data, authenticatorData=data, signature=signature)

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.sign_count.to_bytes(4, "big")

    def _answer(self, **response: bytes) -> str:
        encoded = {name: bytes_to_base64url(value) for name, value in response.items()}
        own_id = bytes_to_base64url(self.credential_id)
        body: dict[str, Any] = {"id": own_id, "rawId": own_id, "type": "public-key", "response": encoded}
        return json.dumps(body)
