"""Brings a backup back: checked first, into a scratch database if asked, and marked as a copy."""

import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import Session

from tuoju.accounts.audit import ACCOUNTS, Subject, record
from tuoju.backups.databases import facts_of, is_empty, load, scratch_database
from tuoju.backups.envelope import OpenedReader, Opener, opened_chunks
from tuoju.backups.errors import BadBackup, CannotOpen, NotSound, TargetInUse
from tuoju.backups.making import ANCHORS, keys_file_of
from tuoju.backups.manifest import DATABASE, FILE, FILES, KEYS, Manifest, part_of, read_manifest
from tuoju.backups.secret_keys import SecretKeys, read_secret_keys
from tuoju.database import row_security
from tuoju.database.file_stores import FileStore
from tuoju.database.scopes import SYSTEM
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.invariants.service import Findings, check_invariants
from tuoju_notifications.copies import mark_as_copy

Tell = Callable[[str, int], None]
"""Told what is being done, and how many bytes of it were done since the last call."""
Migrate = Callable[[Engine], None]
"""Brings a database to the tables of this version and seals what release 0.1.0 left unsealed."""


@dataclass(frozen=True)
class Backup:
    """A backup whose parts were found whole, and its keys."""

    folder: Path
    manifest: Manifest
    keys: SecretKeys
    opener: Opener

    @property
    def made_at(self) -> datetime:
        """When it was made."""
        return datetime.fromisoformat(self.manifest.made_at)


def find_backup(folder: Path) -> Path:
    """The folder of a backup: `folder` itself, or the latest one within it. Raises BadBackup."""
    if (folder / FILE).is_file():
        return folder
    backups = sorted(path.parent for path in folder.glob(f"*/{FILE}") if not path.parent.name.startswith("."))
    if not backups:
        raise BadBackup("%(folder)s holds no complete backup.", folder=folder)
    return backups[-1]


def open_backup(folder: Path, keys_folder: Path, opener: Opener, *, tell: Tell = lambda _words, _bytes: None) -> Backup:
    """Check that every part is there and unchanged, and open the keys. Raises BadBackup, CannotOpen."""
    manifest = read_manifest(folder)
    files = {
        DATABASE: folder / DATABASE,
        FILES: folder / FILES,
        KEYS: keys_file_of(keys_folder, manifest.id),
    }
    for name, file in files.items():
        if not file.is_file():
            raise BadBackup("%(file)s is missing.", file=file)
        if part_of(file) != manifest.parts.get(name):
            raise BadBackup(
                "%(file)s is not what was backed up: its SHA-256 differs from that in the manifest.", file=file
            )
        tell("hashes", file.stat().st_size)
    with files[KEYS].open("rb") as source:
        keys = read_secret_keys(b"".join(opened_chunks(source, opener)))
    manifest.require_made_with(keys.audit_keys())
    return Backup(folder, manifest, keys, opener)


def verify(
    backup: Backup, near: Engine, files: FileStore, migrate: Migrate, *, tell: Tell = lambda _words, _bytes: None
) -> Findings:
    """Restore into a scratch database beside `near`, which is dropped again, and into the empty store `files`; compare
    with the manifest and check the invariants. The process has the keys of the backup.

    Raises BackupError if the copy is not what was backed up.
    """
    with scratch_database(near, backup.manifest.id) as scratch:
        _load(backup, scratch, tell)
        _load_files(backup, files, None, tell)
        migrate(scratch)
        tell("invariants", 0)
        return check_invariants(scratch)


def require_empty(engine: Engine, files: FileStore) -> None:
    """Raises TargetInUse if there are tables or files where a backup is to be restored."""
    if not is_empty(engine):
        raise TargetInUse("The database is not empty. Name an empty one, or add --replace to move what is there aside.")
    if next(files.list(), None) is not None:
        raise TargetInUse("The file store is not empty. Name an empty one, or add --replace to keep what is there too.")


def restore(
    backup: Backup,
    engine: Engine,
    files: FileStore,
    anchor_file: Path,
    migrate: Migrate,
    *,
    tell: Tell = lambda _words, _bytes: None,
) -> str:
    """Restore database, files and anchors, bring the tables to this version, and mark the database as a copy. Returns
    where the database that was there is now, "" if there was none. The process has the keys of the backup.

    The files come first: what fails before the database is loaded, or while it is, leaves the database as it was.
    Raises BackupError.
    """
    count = _load_files(backup, files, anchor_file, tell)
    aside = _load(backup, engine, tell)
    migrate(engine)
    with UnitOfWork(engine).write(SYSTEM) as session:
        _mark(session, backup, count)
    return aside


def _mark(session: Session, backup: Backup, files: int) -> None:
    mark_as_copy(session, backup.made_at)
    subject = Subject("Backup", backup.manifest.id)
    record(session, None, "restore_backup", subject, scope=ACCOUNTS, files=files, made_at=backup.manifest.made_at)


def _load(backup: Backup, engine: Engine, tell: Tell) -> str:
    """Load the database and compare it with the manifest. Raises BackupError."""
    with _opened(backup, DATABASE, lambda done: tell("database", done)) as reader:
        aside = load(engine, reader, backup.manifest.id)
    with engine.connect() as connection, connection.begin() as unsecured:
        row_security.remove(connection)  # whoever owns the tables sees their rows only without the policies
        facts = facts_of(connection)
        unsecured.rollback()
    manifest = backup.manifest
    if (facts.revision, facts.counts, facts.audit_heads) != (manifest.revision, manifest.counts, manifest.audit_heads):
        raise NotSound("The restored database does not have the rows that the manifest counts.")
    return aside


def _load_files(backup: Backup, files: FileStore, anchor_file: Path | None, tell: Tell) -> int:
    """Put the files into the store, and the anchors where they belong unless there is a newer file; how many files."""
    count = 0
    with (
        _opened(backup, FILES, lambda done: tell("files", done)) as reader,
        tarfile.open(fileobj=reader, mode="r|") as archive,
    ):
        for entry in archive:
            source = archive.extractfile(entry)
            if source is None:
                raise CannotOpen("The part with the files was changed.")
            content = source.read()
            if entry.name == ANCHORS:
                if anchor_file is not None and not anchor_file.exists():
                    anchor_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                    anchor_file.touch(mode=0o600)
                    anchor_file.write_bytes(content)
                continue
            files.put(entry.name, content)
            count += 1
    if count != backup.manifest.files:
        raise NotSound("The restored files are not as many as the manifest counts.")
    return count


@contextmanager
def _opened(backup: Backup, part: str, tell: Callable[[int], None]) -> Iterator[OpenedReader]:
    with (backup.folder / part).open("rb") as source:
        yield OpenedReader(source, backup.opener, tell)
