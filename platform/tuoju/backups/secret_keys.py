"""The keys of an installation as they are backed up: apart from what they open."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from tuoju.accounts.audit_verifier import AuditKey
from tuoju.backups.errors import BadBackup
from tuoju.database.keys import SUITES, KeyRing


@dataclass(frozen=True)
class SecretKeys:
    """All secrets that the data of an installation need; hexadecimal where they are keys."""

    secret_key: str
    encryption_keys: Mapping[str, str]
    encryption_key_in_use: str
    crypto: str
    audit_key: str
    retired_audit_keys: list[str] = field(default_factory=list)

    def ring(self) -> KeyRing:
        """The key ring of the installation."""
        return KeyRing(
            masters={name: bytes.fromhex(key) for name, key in self.encryption_keys.items()},
            current=self.encryption_key_in_use,
            signing=self.secret_key.encode(),
            suite=SUITES[self.crypto],
        )

    def audit_keys(self) -> list[AuditKey]:
        """All audit keys, the present one first."""
        return [AuditKey(bytes.fromhex(key)) for key in (self.audit_key, *self.retired_audit_keys)]

    def as_settings(self) -> dict[str, str]:
        """The environment variables that give these keys to a process."""
        return {
            "TUOJU_SECRET_KEY": self.secret_key,
            "TUOJU_ENCRYPTION_KEYS": json.dumps(dict(self.encryption_keys)),
            "TUOJU_ENCRYPTION_KEY_IN_USE": self.encryption_key_in_use,
            "TUOJU_CRYPTO": self.crypto,
            "TUOJU_AUDIT_KEY": self.audit_key,
            "TUOJU_RETIRED_AUDIT_KEYS": json.dumps(self.retired_audit_keys),
        }

    def to_bytes(self) -> bytes:
        """As JSON."""
        return json.dumps(asdict(self)).encode()


def read_secret_keys(content: bytes) -> SecretKeys:
    """The keys of what `to_bytes` gave. Raises BadBackup."""
    try:
        return SecretKeys(**json.loads(content))
    except (ValueError, TypeError) as error:
        raise BadBackup("The part with the keys cannot be read.") from error
