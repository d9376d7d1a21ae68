"""Personal fields at rest: AES-256-GCM under a key ring, and keyed hashes to look them up by."""

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator


class EncryptionError(Exception):
    """A personal field cannot be sealed or opened with the keys of this process."""


@dataclass(frozen=True)
class KeyRing:
    """Named 32-byte keys: `current` seals, every key still on the ring opens; `index` hashes."""

    keys: Mapping[str, bytes]
    current: str
    index: bytes

    def seal(self, text: str) -> str:
        """`name:base64(nonce + ciphertext)`; another text each time."""
        nonce = secrets.token_bytes(12)
        sealed = AESGCM(self.keys[self.current]).encrypt(nonce, text.encode(), None)
        return f"{self.current}:{b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str) -> str:
        """The text again. Raises EncryptionError if the key is gone or the value was changed."""
        name, _, body = sealed.partition(":")
        return self._opened(name, b64decode(body), None).decode()

    def seal_bytes(self, content: bytes, bound_to: str) -> bytes:
        """`name:nonce + ciphertext`, which opens only under the same `bound_to` (a file's own key)."""
        nonce = secrets.token_bytes(12)
        sealed = AESGCM(self.keys[self.current]).encrypt(nonce, content, bound_to.encode())
        return self.current.encode() + b":" + nonce + sealed

    def open_bytes(self, sealed: bytes, bound_to: str) -> bytes:
        """The bytes again. Raises EncryptionError as `open` does, and for a file put in another's place."""
        name, _, body = sealed.partition(b":")
        return self._opened(name.decode(errors="replace"), body, bound_to.encode())

    def _opened(self, name: str, raw: bytes, bound_to: bytes | None) -> bytes:
        if name not in self.keys:
            raise EncryptionError(f"no key named {name!r} on the key ring")
        try:
            return AESGCM(self.keys[name]).decrypt(raw[:12], raw[12:], bound_to)
        except InvalidTag as error:
            raise EncryptionError("a sealed value was changed or belongs to another key") from error

    def blind_index(self, text: str) -> str:
        """A keyed hash (HMAC-SHA-256, hex) by which equal texts are found without reading them."""
        return hmac.new(self.index, text.encode(), hashlib.sha256).hexdigest()


_ring: KeyRing | None = None


def use_keys(ring: KeyRing) -> None:
    """Set the key ring of this process; done once by launch.bootstrap."""
    global _ring
    _ring = ring


def keys() -> KeyRing:
    """The key ring of this process. Raises EncryptionError before bootstrap."""
    if _ring is None:
        raise EncryptionError("no key ring: the process was not bootstrapped")
    return _ring


class EncryptedText(TypeDecorator[str]):
    """Text sealed in the database, plain in Python."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else keys().seal(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else keys().open(value)


class EncryptedDate(TypeDecorator[date]):
    """A calendar day sealed in the database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:
        return None if value is None else keys().seal(value.isoformat())

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        return None if value is None else date.fromisoformat(keys().open(value))
