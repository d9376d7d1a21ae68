"""Makes a backup of a running installation."""

import io
import os
import secrets
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from tuoju.accounts.audit import audit_keys
from tuoju.backups.databases import dump
from tuoju.backups.envelope import Recipient, SealedWriter
from tuoju.backups.manifest import DATABASE, FILES, KEYS, Manifest, part_of
from tuoju.backups.secret_keys import SecretKeys
from tuoju.database.file_stores import FileGone, FileStore
from tuoju.database.records import now

ANCHORS = "audit-anchors.jsonl"
"""The name of the file of anchors among the files of a backup."""

Tell = Callable[[str, int], None]
"""Told what is being done, and how many bytes of it were done since the last call."""


@dataclass(frozen=True)
class Installation:
    """What is backed up."""

    engine: Engine
    """As a role that reads every row."""
    files: FileStore
    keys: SecretKeys
    anchor_file: Path
    environment: str
    version: str


def make_backup(
    installation: Installation,
    folder: Path,
    keys_folder: Path,
    recipient: Recipient,
    *,
    tell: Tell = lambda _words, _bytes: None,
) -> tuple[Path, Manifest]:
    """Back up database, files and keys into three sealed parts: the first two into a new folder within `folder`, the
    keys into a file in `keys_folder`. Returns the new folder and its manifest.

    The database is dumped first, so that every file that it names is there when the files are read. What fails leaves
    nothing behind. Raises BackupError, OSError.
    """
    made_at = now()
    stamp = f"{made_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
    unfinished, keys_file = folder / f".{stamp}.part", keys_file_of(keys_folder, stamp)
    unfinished.mkdir(parents=True, mode=0o700)
    try:
        keys_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _sealed(unfinished / DATABASE, recipient) as part:
            facts = dump(installation.engine, part, lambda done: tell("database", done))
        with _sealed(unfinished / FILES, recipient) as part:
            count = _write_files(installation, part, lambda done: tell("files", done))
        with _sealed(keys_file, recipient) as part:
            part.write(installation.keys.to_bytes())
        manifest = Manifest(
            id=stamp,
            made_at=made_at.astimezone(UTC).isoformat(),
            version=installation.version,
            revision=facts.revision,
            dialect=installation.engine.dialect.name,
            environment=installation.environment,
            counts=facts.counts,
            files=count,
            audit_heads=facts.audit_heads,
            parts={
                DATABASE: part_of(unfinished / DATABASE),
                FILES: part_of(unfinished / FILES),
                KEYS: part_of(keys_file),
            },
        ).keyed(audit_keys().current)
        manifest.write(unfinished)
        unfinished.rename(folder / stamp)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        keys_file.unlink(missing_ok=True)
        raise
    return folder / stamp, manifest


def keys_file_of(keys_folder: Path, backup_id: str) -> Path:
    """Where the keys of a backup lie."""
    return keys_folder / f"{backup_id}.{KEYS}"


@contextmanager
def _sealed(file: Path, recipient: Recipient) -> Iterator[SealedWriter]:
    """A sealed file that is whole on the disk after the block."""
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        writer = SealedWriter(target, recipient)
        yield writer
        writer.finish()
        target.flush()
        os.fsync(target.fileno())


def _write_files(installation: Installation, target: SealedWriter, tell: Callable[[int], None]) -> int:
    """All files of the store, as they are sealed there, and the anchors, as one tar; how many files there are."""
    count = 0
    with tarfile.open(fileobj=target, mode="w|") as archive:
        if installation.anchor_file.exists():
            _add(archive, ANCHORS, installation.anchor_file.read_bytes(), now())
        for stored in installation.files.list():
            try:
                content = installation.files.get(stored.key)
            except FileGone:  # destroyed meanwhile
                continue
            _add(archive, stored.key, content, stored.written_at)
            count += 1
            tell(len(content))
    return count


def _add(archive: tarfile.TarFile, name: str, content: bytes, written_at: datetime) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = len(content), 0o600, int(written_at.timestamp())
    archive.addfile(entry, io.BytesIO(content))
