"""The key ring of tests and benchmarks, and of the processes that they start."""

import hashlib
import os

from tuoju.accounts.audit import use_audit_key
from tuoju.database.keys import AES, SUITES, KeyRing
from tuoju.launch.keys import use_key_ring

SUITE = SUITES[os.environ.get("TUOJU_TEST_CRYPTO", AES.name)]
"""TUOJU_TEST_CRYPTO=sm runs everything with SM4 and SM3."""


def invented_key(name: str) -> bytes:
    """A key that looks like a random one and is the same in every process."""
    return hashlib.sha256(f"tuoju test key {name}".encode()).digest()


def use_invented_keys() -> None:
    """Set the keys of this process."""
    use_key_ring(make_ring())
    use_audit_key(invented_key("audit"))


def make_ring() -> KeyRing:
    """One key named "test"."""
    return KeyRing({"test": invented_key("test")}, "test", invented_key("web"), SUITE)
