"""Removes old backups, with their keys: what was erased since must not lie in them for good."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from tuoju.backups.errors import BadBackup
from tuoju.backups.making import keys_file_of
from tuoju.backups.manifest import FILE, read_manifest


def remove_older(folder: Path, keys_folder: Path, than: timedelta, *, moment: datetime) -> list[str]:
    """Remove every backup in `folder` that was made longer than `than` before `moment`, and its keys; their ids.

    The newest one stays in any case, and what is no complete backup is left alone. Raises OSError.
    """
    made_at = {path.parent: _made_at(path.parent) for path in folder.glob(f"*/{FILE}")}
    backups = sorted((made, path) for path, made in made_at.items() if made is not None)
    removed = [path for made, path in backups[:-1] if moment - made > than]
    for path in removed:
        shutil.rmtree(path)
        keys_file_of(keys_folder, path.name).unlink(missing_ok=True)
    return [path.name for path in removed]


def _made_at(folder: Path) -> datetime | None:
    """When a backup was made; None if this is none, or lies under another name."""
    try:
        manifest = read_manifest(folder)
        return datetime.fromisoformat(manifest.made_at) if manifest.id == folder.name else None
    except (BadBackup, ValueError):
        return None
