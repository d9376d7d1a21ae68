"""Seals a stream of any length for whoever may restore it: to the public key of a recipient, or under a passphrase.

The construction is that of age (age-encryption.org/v1): a random file key is wrapped for the recipient with X25519,
HKDF-SHA-256 and ChaCha20-Poly1305, or under a passphrase with scrypt; the content follows in chunks of 64 KiB under a
key derived from it, numbered, the last one marked, so that no chunk can be changed, moved, left out or cut off. The
header is authenticated by being part of the derivation. Whoever makes backups holds no key that opens them.
"""

import io
import json
import os
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from tuoju.backups.errors import BadKey, CannotOpen

CHUNK = 64 * 1024
SCRYPT_COST = 2**17
"""Memory 128 MiB: about half a second, once a part."""
_MAX_SCRYPT_COST = 2**20
_FORMAT = "tuoju-sealed/1"
_MAX_HEADER = 4096
_TAG = 16
_RECIPIENT, _IDENTITY = "tuoju-recipient-", "tuoju-identity-"


@dataclass(frozen=True)
class Recipient:
    """Whoever may open what is sealed: a public key, or a passphrase where `public_key` is empty."""

    public_key: bytes = b""
    passphrase: str = ""


@dataclass(frozen=True)
class Opener:
    """What opens: the private key that belongs to a recipient, or the passphrase."""

    private_key: bytes = b""
    passphrase: str = ""


def make_identity() -> tuple[str, str]:
    """A new key pair as text: the identity, to be kept where no backup is, and its recipient."""
    private = X25519PrivateKey.generate()
    return _IDENTITY + _encode(private.private_bytes_raw()), _RECIPIENT + _encode(
        private.public_key().public_bytes_raw()
    )


def read_recipient(text: str) -> Recipient:
    """The recipient of its text. Raises BadKey."""
    return Recipient(_read(text, _RECIPIENT))


def read_identity(text: str) -> Opener:
    """The opener of the text of an identity. Raises BadKey."""
    return Opener(_read(text, _IDENTITY))


def _read(text: str, prefix: str) -> bytes:
    words = [word for word in text.split() if word.startswith(prefix)]
    try:
        key = _decode(words[0].removeprefix(prefix)) if len(words) == 1 else b""
    except ValueError:
        key = b""
    if len(key) != 32:
        raise BadKey("A key that begins with %(prefix)s is needed. `tuoju keys backup FILE` makes one.", prefix=prefix)
    return key


class SealedWriter(io.BufferedIOBase):
    """Seals what is written to it into `target`; `finish` ends the stream, and without it nothing opens."""

    def __init__(self, target: BinaryIO, recipient: Recipient) -> None:
        super().__init__()
        file_key = secrets.token_bytes(32)
        header = json.dumps({"format": _FORMAT, **_wrap(file_key, recipient)}, sort_keys=True).encode()
        self._target, self._buffer, self._number = target, bytearray(), 0
        self._cipher = ChaCha20Poly1305(_payload_key(file_key, header))
        target.write(header + b"\n")

    def write(self, content: bytes, /) -> int:  # type: ignore[override]
        """Seal `content`; how many bytes it has."""
        self._buffer += content
        while len(self._buffer) > CHUNK:  # the last chunk is written by `finish`, and may be a full one
            self._write_chunk(bytes(self._buffer[:CHUNK]), last=False)
            del self._buffer[:CHUNK]
        return len(content)

    def finish(self) -> None:
        """End the stream."""
        self._write_chunk(bytes(self._buffer), last=True)

    def _write_chunk(self, chunk: bytes, *, last: bool) -> None:
        self._target.write(self._cipher.encrypt(_nonce(self._number, last=last), chunk, None))
        self._number += 1


def opened_chunks(source: BinaryIO, opener: Opener) -> Iterator[bytes]:
    """The content of a sealed stream. Raises CannotOpen, also at its end if it was cut off."""
    header = source.readline(_MAX_HEADER)
    if not header.endswith(b"\n"):
        raise CannotOpen("This is not a sealed file of a backup.")
    header = header[:-1]
    cipher = ChaCha20Poly1305(_payload_key(_unwrap(header, opener), header))
    number, chunk = 0, source.read(CHUNK + _TAG)
    while True:
        following = source.read(CHUNK + _TAG)
        try:
            yield cipher.decrypt(_nonce(number, last=not following), chunk, None)
        except InvalidTag as error:
            raise CannotOpen("A part of the backup was changed or cut off.") from error
        if not following:
            return
        number, chunk = number + 1, following


class OpenedReader(io.BufferedIOBase):
    """Reads the content of a sealed stream like a file, for tarfile and pg_restore; tells how far it is."""

    def __init__(self, source: BinaryIO, opener: Opener, tell: Callable[[int], None] = lambda _bytes: None) -> None:
        super().__init__()
        self._chunks, self._buffer, self._tell_read = opened_chunks(source, opener), b"", tell

    def read(self, size: int | None = -1, /) -> bytes:
        """Up to `size` bytes, all where it is negative; b"" at the end."""
        size = -1 if size is None else size
        parts, wanted = [self._buffer], size - len(self._buffer) if size >= 0 else None
        self._buffer = b""
        while wanted is None or wanted > 0:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            self._tell_read(len(chunk))
            parts.append(chunk)
            wanted = None if wanted is None else wanted - len(chunk)
        content = b"".join(parts)
        if size >= 0:
            content, self._buffer = content[:size], content[size:]
        return content


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def _payload_key(file_key: bytes, header: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=b"tuoju/backup payload/" + header).derive(file_key)


def _wrapping_key(shared: bytes, salt: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=salt, info=b"tuoju/backup X25519").derive(shared)


def _wrap(file_key: bytes, recipient: Recipient) -> dict[str, object]:
    """The file key for the recipient. A wrapping key is used once, so its nonce may be fixed, as in age."""
    if recipient.public_key:
        ephemeral = X25519PrivateKey.generate()
        public = ephemeral.public_key().public_bytes_raw()
        shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(recipient.public_key))
        wrapping = _wrapping_key(shared, public + recipient.public_key)
        return {"to": "x25519", "ephemeral": _encode(public), "key": _encode(_sealed_key(wrapping, file_key))}
    salt = os.urandom(16)
    wrapping = _from_passphrase(recipient.passphrase, salt, SCRYPT_COST)
    return {
        "to": "passphrase",
        "salt": _encode(salt),
        "cost": SCRYPT_COST,
        "key": _encode(_sealed_key(wrapping, file_key)),
    }


def _sealed_key(wrapping: bytes, file_key: bytes) -> bytes:
    return ChaCha20Poly1305(wrapping).encrypt(bytes(12), file_key, None)


def _unwrap(header: bytes, opener: Opener) -> bytes:
    try:
        fields = json.loads(header)
        if fields["format"] != _FORMAT:
            raise CannotOpen(
                "This backup has the format %(format)s, which this version cannot read.", format=fields["format"]
            )
        if fields["to"] == "x25519":
            if not opener.private_key:
                raise CannotOpen("This backup opens with an identity: name its file with --identity.")
            private, public = X25519PrivateKey.from_private_bytes(opener.private_key), _decode(fields["ephemeral"])
            shared = private.exchange(X25519PublicKey.from_public_bytes(public))
            wrapping = _wrapping_key(shared, public + private.public_key().public_bytes_raw())
        else:
            if not opener.passphrase:
                raise CannotOpen("This backup opens with a passphrase.")
            if not 2 <= fields["cost"] <= _MAX_SCRYPT_COST:
                raise CannotOpen("The header of the backup was changed.")
            wrapping = _from_passphrase(opener.passphrase, _decode(fields["salt"]), fields["cost"])
        return ChaCha20Poly1305(wrapping).decrypt(bytes(12), _decode(fields["key"]), None)
    except InvalidTag as error:
        raise CannotOpen("This identity or passphrase does not open the backup.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise CannotOpen("This is not a sealed file of a backup.") from error


def _from_passphrase(passphrase: str, salt: bytes, cost: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=cost, r=8, p=1).derive(passphrase.encode())


def _encode(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
