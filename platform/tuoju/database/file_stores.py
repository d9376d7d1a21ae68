"""Where sealed files lie outside the database: the interface of a file store, and the store in a folder.

A store sees only sealed bytes under random keys. `s3_files` has the store in an S3-compatible bucket, which all hosts
share; a folder is shared where the operating system mounts it on all of them.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

_UNFINISHED = ".part"
_ASIDE = "quarantine"


class FileGone(LookupError):
    """The store has no file under this key."""


@dataclass(frozen=True)
class StoredFile:
    """A file of a store."""

    key: str
    written_at: datetime


class FileStore(Protocol):
    """Keeps bytes by key. Keys are 32 hexadecimal digits."""

    def put(self, key: str, content: bytes, *, written_at: datetime | None = None) -> None:
        """Keep `content` whole or not at all, in place of what was there. `written_at` stands for the present time,
        where the store can keep it."""

    def get(self, key: str, *, first: int | None = None) -> bytes:
        """The content, or its `first` bytes. Raises FileGone."""

    def exists(self, key: str) -> bool:
        """Whether there is a file under the key."""

    def written_at(self, key: str) -> datetime:
        """When it was put there. Raises FileGone."""

    def delete(self, key: str) -> None:
        """Destroy a file, also one that was set aside; nothing happens if it is gone."""

    def list(self) -> Iterator[StoredFile]:
        """All files but those that were set aside."""

    def set_aside(self, key: str) -> None:
        """Move a file out of the list, where it waits for `delete` or `take_back`. Nothing happens if it is gone."""

    def take_back(self, key: str) -> None:
        """Undo `set_aside`. Raises FileGone."""

    def list_aside(self) -> Iterator[StoredFile]:
        """The files that were set aside, and when."""


class FolderStore:
    """Files in a folder that only the user of the processes can read (0700, 0600). A file is written under another
    name first and renamed, so that none is ever half there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, key: str, content: bytes, *, written_at: datetime | None = None) -> None:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(path, content, written_at=written_at)

    def get(self, key: str, *, first: int | None = None) -> bytes:
        try:
            with self._path(key).open("rb") as file:
                return file.read() if first is None else file.read(first)
        except FileNotFoundError as error:
            raise FileGone(key) from error

    def exists(self, key: str) -> bool:
        return self._path(key).exists()

    def written_at(self, key: str) -> datetime:
        try:
            return _changed_at(self._path(key))
        except FileNotFoundError as error:
            raise FileGone(key) from error

    def delete(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)
        self._path_aside(key).unlink(missing_ok=True)

    def list(self) -> Iterator[StoredFile]:
        yield from _stored(self.folder, "[0-9a-f][0-9a-f]/*")

    def set_aside(self, key: str) -> None:
        aside = self._path_aside(key)
        aside.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileNotFoundError):
            os.utime(self._path(key))
            self._path(key).replace(aside)

    def take_back(self, key: str) -> None:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self._path_aside(key).replace(path)
        except FileNotFoundError as error:
            raise FileGone(key) from error

    def list_aside(self) -> Iterator[StoredFile]:
        yield from _stored(self.folder / _ASIDE, "*")

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / key

    def _path_aside(self, key: str) -> Path:
        return self.folder / _ASIDE / key


def write_whole(path: Path, content: bytes, *, written_at: datetime | None = None) -> None:
    """Write a file that only this user reads, whole or not at all. Raises OSError, and then leaves what was there: half
    a file would keep a full disk full."""
    unfinished = path.with_suffix(_UNFINISHED)
    try:
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if written_at is not None:
            os.utime(unfinished, (written_at.timestamp(), written_at.timestamp()))
        unfinished.replace(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise


def _changed_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _stored(folder: Path, pattern: str) -> Iterator[StoredFile]:
    for path in folder.glob(pattern):
        if path.suffix != _UNFINISHED:
            with suppress(FileNotFoundError):  # deleted meanwhile
                yield StoredFile(path.name, _changed_at(path))
