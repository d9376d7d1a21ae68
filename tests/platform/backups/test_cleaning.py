"""Old backups go with their keys; the newest stays however old it is, and what is no backup is left alone."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tuoju.backups.cleaning import remove_older
from tuoju.backups.making import keys_file_of
from tuoju.backups.manifest import Manifest

MOMENT = datetime(2026, 11, 29, 1, 30, tzinfo=UTC)


def backup(folder: Path, days_old: int) -> str:
    made_at = MOMENT - timedelta(days=days_old)
    name = f"{made_at:%Y%m%dT%H%M%SZ}-a1b2"
    (folder / name).mkdir(parents=True)
    facts = {"version": "1", "revision": "r", "dialect": "sqlite", "environment": "demo"}
    Manifest(id=name, made_at=made_at.isoformat(), counts={}, files=0, audit_heads={}, **facts).write(folder / name)
    (folder / "keys").mkdir(exist_ok=True)
    keys_file_of(folder / "keys", name).write_bytes(b"sealed")
    return name


def clean(folder: Path) -> list[str]:
    return remove_older(folder, folder / "keys", timedelta(days=35), moment=MOMENT)


def names(folder: Path) -> set[str]:
    return {path.name.partition(".")[0] for path in folder.iterdir()} - {"keys"}


def test_backups_beyond_the_limit_go_with_their_keys(tmp_path: Path) -> None:
    ages = {days: backup(tmp_path, days) for days in (0, 34, 35, 36, 400)}
    assert sorted(clean(tmp_path)) == sorted((ages[36], ages[400]))
    assert names(tmp_path) == names(tmp_path / "keys") == {ages[0], ages[34], ages[35]}


def test_the_newest_stays_however_old_it_is(tmp_path: Path) -> None:
    backup(tmp_path, 100)
    newest = backup(tmp_path, 90)
    clean(tmp_path)
    assert names(tmp_path) == {newest}


def test_what_is_no_backup_is_left_alone(tmp_path: Path) -> None:
    backup(tmp_path, 0)
    copied = tmp_path / backup(tmp_path, 100)
    copied.rename(tmp_path / "by hand")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "manifest.json").write_text("{", encoding="utf-8")
    assert clean(tmp_path) == []
    assert {"by hand", "broken"} <= names(tmp_path)
