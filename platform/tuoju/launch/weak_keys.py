"""Refuses keys that are not random: typed, repeated, counted up, copied from an example, or used twice."""

import hashlib
from collections.abc import Mapping
from itertools import pairwise

from tuoju.words.languages import N_

_LEAST_DISTINCT = 16
"""Of 32 random bytes 30 are distinct on average; fewer than 16 occur once in about 10**14 keys."""
_LEAST_TOKEN = 16
"""Characters of a token that a machine presents, as the sentence below says: 64 bits where it is hexadecimal."""
_EXAMPLES = ("", "a", "test", "demo", "example", "secret", "password", "changeme", "tuoju", "123456", "admin", "key")
"""Words whose hashes people copy as keys."""
_EXAMPLE_KEYS = frozenset(hashlib.sha256(word.encode()).digest() for word in _EXAMPLES)
_WORDS = ("secret", "change", "example", "password", "default", "insecure", "tuoju", "test")


def weakness_of(key: bytes) -> str:
    """Why a 32-byte key is not a random one; empty if nothing speaks against it."""
    reason = ""
    if key in _EXAMPLE_KEYS:
        reason = N_("is the hash of a common word")
    elif _is_counted(key):
        reason = N_("counts up or repeats one byte")
    elif _repeats(key):
        reason = N_("repeats itself")
    elif all(0x20 <= byte < 0x7F for byte in key):
        reason = N_("is a typed text")
    elif len(set(key)) < _LEAST_DISTINCT:
        reason = N_("has too few different bytes")
    return reason


def weakness_of_secret(secret: str) -> str:
    """The same for a secret of any form."""
    try:
        key = bytes.fromhex(secret)
    except ValueError:
        key = b""
    if len(key) >= 32:
        return weakness_of(key)
    if len(secret) < 32:
        return N_("is shorter than 32 characters")
    if any(word in secret.lower() for word in _WORDS):
        return N_("contains a common word")
    if _repeats(secret.encode()) or len(set(secret)) < _LEAST_DISTINCT // 2:
        return N_("repeats itself")
    return ""


def weakness_of_token(token: str) -> str:
    """Why a token that a machine presents can be guessed; empty if nothing speaks against it."""
    if len(token) < _LEAST_TOKEN:
        return N_("is shorter than 16 characters")
    if any(word in token.lower() for word in _WORDS):
        return N_("contains a common word")
    if len(set(token)) < _LEAST_DISTINCT // 2:
        return N_("repeats itself")
    return ""


def used_twice(secrets: Mapping[str, str]) -> list[str]:
    """The names whose values another name has, too."""
    values = [value.lower() for value in secrets.values()]
    return [name for name, value in secrets.items() if values.count(value.lower()) > 1]


def _is_counted(key: bytes) -> bool:
    return len({(second - first) % 256 for first, second in pairwise(key)}) == 1


def _repeats(key: bytes) -> bool:
    return any(key[period:] == key[:-period] for period in range(1, len(key) // 2 + 1))
