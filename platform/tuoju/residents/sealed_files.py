"""Files at rest: sealed under the key ring, in a folder outside the database, named by random keys alone."""

import secrets
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from tuoju.residents.encryption import EncryptionError, keys

_folder: Path | None = None


def use_files(folder: Path) -> None:
    """Set the folder of this process; done once by launch.bootstrap."""
    global _folder
    _folder = folder


def _path(key: str) -> Path:
    if _folder is None:
        raise EncryptionError("no folder for files: the process was not bootstrapped")
    return _folder / key[:2] / key


def put_file(content: bytes) -> str:
    """Seal and keep a file; its key. Written whole under another name first, so that none is ever half there."""
    key = secrets.token_hex(16)
    path = _path(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(keys().seal_bytes(content, key))
    unfinished.rename(path)
    return key


def get_file(key: str) -> bytes:
    """The content again. Raises EncryptionError if it is gone or was changed."""
    try:
        return keys().open_bytes(_path(key).read_bytes(), key)
    except FileNotFoundError as error:
        raise EncryptionError("the file is gone") from error


def sweep_files(known: Collection[str], before: datetime) -> int:
    """Remove files older than `before` that no row names, which a rolled-back transaction left; how many."""
    if _folder is None or not _folder.exists():
        return 0
    stray = [
        path for path in _folder.glob("*/*") if path.name not in known and path.stat().st_mtime < before.timestamp()
    ]
    for path in stray:
        path.unlink(missing_ok=True)
    return len(stray)
