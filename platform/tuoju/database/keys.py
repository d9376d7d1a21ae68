"""The key ring of a process: what seals personal data at rest, and what finds them without reading them.

A master key is never used itself. Each purpose and suite has a key of its own, derived from the master by HKDF
(RFC 5869), so that no key serves two algorithms and a derived key that leaks opens nothing else.
"""

import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12
_TAG = 16


class EncryptionError(Exception):
    """Personal data cannot be sealed or opened with the keys of this process."""


class Purpose(StrEnum):
    """What a derived key is for; the value is part of the derivation, so it never changes."""

    sealing = "sealed columns"
    files = "files"
    blind_index = "blind index"
    referral_links = "referral links"
    resident_pages = "resident pages"
    contact_changes = "contact changes"


class AuthenticatedCipher(Protocol):
    """A cipher that keeps a text secret and whole, with the data it is bound to (AEAD)."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...
    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


class SM4GCM:
    """SM4 (GB/T 32907) in Galois/counter mode (RFC 8998), with the interface of `AESGCM`."""

    def __init__(self, key: bytes) -> None:
        self._algorithm = algorithms.SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Ciphertext and tag."""
        encryptor = Cipher(self._algorithm, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(associated_data or b"")
        return encryptor.update(data) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """The text again. Raises InvalidTag."""
        if len(data) < _TAG:
            raise InvalidTag
        decryptor = Cipher(self._algorithm, modes.GCM(nonce, data[-_TAG:])).decryptor()
        decryptor.authenticate_additional_data(associated_data or b"")
        return decryptor.update(data[:-_TAG]) + decryptor.finalize()


@dataclass(frozen=True)
class Suite:
    """A cipher and a hash that go together; `name` stands in the header of all that they wrote."""

    name: str
    cipher: Callable[[bytes], AuthenticatedCipher]
    cipher_key_length: int
    digest: Callable[[], hashes.HashAlgorithm]


AES = Suite("aes", AESGCM, 32, hashes.SHA256)
"""AES-256-GCM, HMAC-SHA-256."""
SM = Suite("sm", SM4GCM, 16, hashes.SM3)
"""SM4-GCM and HMAC-SM3, for operators whom GB/T 39786 asks for the national algorithms."""
SUITES = {suite.name: suite for suite in (AES, SM)}


@lru_cache(maxsize=256)
def derive_key(master: bytes, purpose: str, length: int = 32, suite: Suite = AES) -> bytes:
    """The key of one purpose under a master key (HKDF). Equal arguments give equal keys, on every machine."""
    info = f"tuoju/{suite.name}/{purpose}".encode()
    return HKDF(algorithm=suite.digest(), length=length, salt=None, info=info).derive(master)


@dataclass(frozen=True)
class KeyRing:
    """Named 32-byte master keys: `current` seals under `suite`; every key still on the ring opens, under any suite.

    What was sealed reads `suite:key:base64(nonce + ciphertext)`. Suite and key are authenticated together with the
    `binding` of the value (table, column and row, or a file's key), so a value that was moved does not open.
    """

    masters: Mapping[str, bytes]
    current: str
    signing: bytes
    """The master of signatures on what leaves the platform (links); it does not rotate with the others."""
    suite: Suite = AES
    _ciphers: dict[tuple[str, str, Purpose], AuthenticatedCipher] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _index_keys: dict[tuple[str, str], bytes] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def header(self) -> str:
        """How everything begins that is sealed now."""
        return f"{self.suite.name}:{self.current}:"

    def seal(self, text: str, binding: str) -> str:
        """The sealed text, which opens under the same binding only; another one each time."""
        return self.header + b64encode(self._sealed(text.encode(), binding, Purpose.sealing)).decode()

    def open(self, sealed: str, binding: str) -> str:
        """The text again.

        Raises EncryptionError if the key is not on the ring, or the value was changed or moved from elsewhere.
        """
        suite, key, body = _parts_of(sealed)
        try:
            raw = b64decode(body, validate=True)
        except ValueError as error:
            raise EncryptionError("a sealed value was changed") from error
        if b64encode(raw).decode() != body:  # base64 has several spellings of the same bytes
            raise EncryptionError("a sealed value was changed")
        return self._opened(suite, key, raw, binding, Purpose.sealing).decode()

    def seal_bytes(self, content: bytes, binding: str) -> bytes:
        """As `seal`, for a file: the header, then nonce and ciphertext as they are."""
        return self.header.encode() + self._sealed(content, binding, Purpose.files)

    def open_bytes(self, sealed: bytes, binding: str) -> bytes:
        """The bytes again. Raises EncryptionError as `open` does."""
        suite, _, rest = sealed.partition(b":")
        key, _, raw = rest.partition(b":")
        return self._opened(suite.decode(errors="replace"), key.decode(errors="replace"), raw, binding, Purpose.files)

    def blind_index(self, text: str) -> str:
        """A keyed hash by which equal texts are found without reading them, with its suite and key: `suite:key:hex`."""
        return self._index(self.suite, self.current, text)

    def blind_indexes(self, text: str) -> tuple[str, ...]:
        """All that `blind_index` may have written for a text under the keys and suites of this ring."""
        return tuple(self._index(suite, key, text) for key in self.masters for suite in SUITES.values())

    def signing_key(self, purpose: Purpose) -> bytes:
        """The key that signs for one purpose."""
        return derive_key(self.signing, purpose, suite=self.suite)

    def _cipher(self, suite: str, key: str, purpose: Purpose) -> AuthenticatedCipher:
        cipher = self._ciphers.get((suite, key, purpose))
        if cipher is None:
            if suite not in SUITES:
                raise EncryptionError(f"no suite named {suite!r}: not sealed, or sealed before values were bound")
            if key not in self.masters:
                raise EncryptionError(f"no key named {key!r} on the key ring")
            of = SUITES[suite]
            cipher = of.cipher(derive_key(self.masters[key], purpose, of.cipher_key_length, of))
            self._ciphers[suite, key, purpose] = cipher
        return cipher

    def _sealed(self, content: bytes, binding: str, purpose: Purpose) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        cipher = self._cipher(self.suite.name, self.current, purpose)
        return nonce + cipher.encrypt(nonce, content, (self.header + binding).encode())

    def _opened(self, suite: str, key: str, raw: bytes, binding: str, purpose: Purpose) -> bytes:
        cipher = self._cipher(suite, key, purpose)
        if len(raw) < _NONCE + _TAG:
            raise EncryptionError("a sealed value was cut short")
        try:
            return cipher.decrypt(raw[:_NONCE], raw[_NONCE:], f"{suite}:{key}:{binding}".encode())
        except InvalidTag as error:
            raise EncryptionError("a sealed value was changed or moved, or belongs to another key") from error

    def _index(self, suite: Suite, key: str, text: str) -> str:
        derived = self._index_keys.get((suite.name, key))
        if derived is None:
            derived = derive_key(self.masters[key], Purpose.blind_index, suite=suite)
            self._index_keys[suite.name, key] = derived
        keyed_hash = hmac.HMAC(derived, suite.digest())
        keyed_hash.update(text.encode())
        return f"{suite.name}:{key}:{keyed_hash.finalize().hex()}"


def _parts_of(sealed: str) -> tuple[str, str, str]:
    """Suite, key and body of a sealed text; of any other text a suite that does not exist."""
    suite, _, rest = sealed.partition(":")
    key, _, body = rest.partition(":")
    return suite, key, body


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
