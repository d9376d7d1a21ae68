"""The data folder: readable by its user alone, and used by one supervisor at a time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from tuoju.launch.language import gettext


class AlreadyRunning(Exception):
    """Another `tuoju serve` or `tuoju demo` uses this data folder."""

    def __init__(self, folder: Path) -> None:
        sentence = gettext(
            "Tuoju is running with the data in %(folder)s already. Use that one, stop it first, or name another folder "
            "with TUOJU_DATA_FOLDER."
        )
        super().__init__(sentence % {"folder": folder.resolve()})


def keep_files_private(folder: Path) -> None:
    """Let only the user of this process read the data folder and every file that the process creates from now on."""
    os.umask(0o077)
    folder.mkdir(parents=True, exist_ok=True)
    for path in (folder, *folder.iterdir()):
        with suppress(PermissionError):  # another user's, who has to do the same
            path.chmod(0o700 if path.is_dir() else 0o600)


@contextmanager
def lock_data_folder(folder: Path) -> Iterator[None]:
    """Keep the data folder for this process until the end of the block, or of the process. Raises AlreadyRunning."""
    lock = FileLock(folder / "serve.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise AlreadyRunning(folder) from error
    try:
        yield
    finally:
        lock.release()
