"""Files at rest: sealed under the key ring, in the file store of the process, named by random keys alone."""

import secrets
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import event
from sqlalchemy.orm import Session

from tuoju.database.file_stores import FileGone, FileStore
from tuoju.database.keys import EncryptionError, keys

MOST_STRAYS = 20
"""So many files that no row names may be set aside at once, or one in fifty of all files: a rolled-back upload leaves
one now and then. More means that the database is older than the files."""
KEPT_ASIDE = timedelta(days=35)
"""How long files that were set aside are kept; as long as backups are."""
_HEADER_BYTES = 200

_store: FileStore | None = None


def use_files(store: FileStore) -> None:
    """Set the file store of this process; done once by launch.bootstrap."""
    global _store
    _store = store


def file_store() -> FileStore:
    """The file store of this process. Raises EncryptionError before bootstrap."""
    if _store is None:
        raise EncryptionError("no file store: the process was not bootstrapped")
    return _store


def _binding(key: str) -> str:
    """What a file is bound to, as a sealed value is to its column and row."""
    return f"file:{key}"


def put_file(content: bytes) -> str:
    """Seal and keep a file; its key."""
    key = secrets.token_hex(16)
    file_store().put(key, keys().seal_bytes(content, _binding(key)))
    return key


def get_file(key: str) -> bytes:
    """The content again. Raises EncryptionError if it is gone or was changed."""
    try:
        return keys().open_bytes(file_store().get(key), _binding(key))
    except FileGone as error:
        raise EncryptionError("the file is gone") from error


def all_files() -> Iterator[str]:
    """The keys of all files that are kept."""
    for stored in file_store().list():
        yield stored.key


def header_of(key: str) -> str:
    """Suite and key under which a file is sealed, as `suite:key:`. Raises FileGone."""
    suite, name, *_ = [*file_store().get(key, first=_HEADER_BYTES).split(b":", 2), b"", b""]
    return f"{suite.decode(errors='replace')}:{name.decode(errors='replace')}:"


def reseal_file(key: str, opened: Callable[[bytes, str], bytes] | None = None) -> bool:
    """Seal a file again under the current key; whether that was to be done. It keeps its time, by which `sweep_files`
    knows strays. `opened` opens a file of an older format. Raises EncryptionError; a file removed meanwhile is none.
    """
    store = file_store()
    try:
        if header_of(key) == keys().header:
            return False
        sealed, written_at = store.get(key), store.written_at(key)
    except FileGone:
        return False
    content = opened(sealed, key) if opened else keys().open_bytes(sealed, _binding(key))
    store.put(key, keys().seal_bytes(content, _binding(key)), written_at=written_at)
    return True


@dataclass(frozen=True)
class Sweep:
    """What a sweep of the files did."""

    strays: int = 0
    """Files that no row names."""
    stopped: bool = False
    """There were too many strays: none was moved, a person has to look."""
    taken_back: int = 0
    """Files that had been set aside and that a row names."""
    destroyed: int = 0
    """Files that had been set aside KEPT_ASIDE ago."""


def sweep_files(known: Collection[str], before: datetime, moment: datetime) -> Sweep:
    """Set aside the files older than `before` that no row names, which a rolled-back transaction left.

    Files that were set aside come back if a row names them after all: a newer database was put back. Those that none
    names are destroyed after KEPT_ASIDE. Where too many files are unknown nothing is moved or destroyed.
    """
    store = file_store()
    taken_back = [stored.key for stored in store.list_aside() if stored.key in known]
    for key in taken_back:
        store.take_back(key)
    total, strays = 0, []
    for stored in store.list():
        total += 1
        if stored.key not in known and stored.written_at < before:
            strays.append(stored.key)
    if len(strays) > max(MOST_STRAYS, total // 50):
        return Sweep(len(strays), stopped=True, taken_back=len(taken_back))
    for key in strays:
        store.set_aside(key)
    ended = [stored.key for stored in store.list_aside() if stored.written_at < moment - KEPT_ASIDE]
    for key in ended:
        store.delete(key)
    return Sweep(len(strays), taken_back=len(taken_back), destroyed=len(ended))


def remove_file(key: str) -> None:
    """Destroy a file; nothing happens if it is gone already."""
    file_store().delete(key)


def remove_after_commit(session: Session, file_keys: Sequence[str]) -> None:
    """Destroy files once the rows that named them are changed for good; the sweep removes what a crash between the two
    leaves."""
    waiting = list(file_keys)

    def remove(committed: Session) -> None:
        if committed.in_nested_transaction():  # the event also comes for savepoints
            return
        while waiting:
            remove_file(waiting.pop())

    event.listen(session, "after_commit", remove)
