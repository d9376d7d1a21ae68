"""What a backup says of itself: in plain, so that anybody can tell backups apart, and keyed, so that nobody else can
make one."""

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tuoju.accounts.audit_verifier import AuditKey, canonical
from tuoju.backups.errors import BadBackup

FORMAT = 1
FILE = "manifest.json"
DATABASE, FILES, KEYS = "database.sealed", "files.sealed", "keys.sealed"
_READ = 1024 * 1024


@dataclass(frozen=True)
class Part:
    """A sealed file of the backup."""

    size: int
    sha256: str
    """Of the sealed file, in hexadecimal."""


@dataclass(frozen=True)
class Manifest:
    """A backup. Nothing in it is personal."""

    id: str
    """The moment, as 20261129T081500Z-a1b2."""
    made_at: str
    version: str
    """Of Tuoju."""
    revision: str
    """The schema of the database."""
    dialect: str
    environment: str
    counts: dict[str, int]
    """Rows of each table."""
    files: int
    audit_heads: dict[str, tuple[int, str]]
    """By chain: how many entries, and the hash of the last."""
    parts: dict[str, Part] = field(default_factory=dict)
    key_id: str = ""
    """The audit key of `mac`."""
    mac: str = ""
    format: int = FORMAT

    def keyed(self, key: AuditKey) -> "Manifest":
        """The manifest with its HMAC under the audit key."""
        unkeyed = Manifest(**{**self.__dict__, "key_id": key.id, "mac": ""})
        return Manifest(**{**unkeyed.__dict__, "mac": unkeyed._mac(key)})

    def require_made_with(self, keys: list[AuditKey]) -> None:
        """Raises BadBackup unless one of the keys made the manifest as it is."""
        of = next((key for key in keys if key.id == self.key_id), None)
        if of is None or not hmac.compare_digest(Manifest(**{**self.__dict__, "mac": ""})._mac(of), self.mac):
            raise BadBackup("The manifest was changed, or was made with other keys than those in the backup.")

    def _mac(self, key: AuditKey) -> str:
        return key.mac("backup", canonical(asdict(self)).decode())

    def write(self, folder: Path) -> None:
        """Write it into the folder of the backup, as its last file."""
        (folder / FILE).write_text(json.dumps(asdict(self), indent=1, sort_keys=True), encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup. Raises BadBackup."""
    try:
        values: dict[str, Any] = json.loads((folder / FILE).read_text(encoding="utf-8"))
        if values.get("format") != FORMAT:
            raise BadBackup(
                "%(folder)s was made by another version of Tuoju. Restore it with that version.", folder=folder
            )
        values["parts"] = {name: Part(**part) for name, part in values["parts"].items()}
        values["audit_heads"] = {scope: (head[0], head[1]) for scope, head in values["audit_heads"].items()}
        return Manifest(**values)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadBackup("%(folder)s holds no complete backup.", folder=folder) from error


def part_of(file: Path) -> Part:
    """Size and hash of a sealed file. Raises OSError."""
    digest = hashlib.sha256()
    with file.open("rb") as source:
        while piece := source.read(_READ):
            digest.update(piece)
    return Part(file.stat().st_size, digest.hexdigest())
